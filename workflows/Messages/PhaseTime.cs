namespace Spark.Temporal.Workflows.Messages;

/// <param name="Phase"><c>build</c>, <c>start</c>, <c>agent</c>, <c>verify</c>, <c>remove</c>.</param>
/// <param name="StartedAt">When it started (UTC).</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
public sealed record PhaseTime(string Phase, DateTime StartedAt, long DurationMs);
