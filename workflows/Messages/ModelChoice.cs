namespace Spark.Temporal.Workflows.Messages;

/// <summary>Which model answers.</summary>
/// <param name="Profile">Named profile in the worker's settings; it also names the task queue.</param>
/// <param name="Name">Model name sent to the endpoint; null for the profile's own.</param>
/// <param name="ApiBase">Endpoint to use instead of the profile's; the worker's settings say which are allowed.</param>
public sealed record ModelChoice(string Profile = "default", string? Name = null, string? ApiBase = null);
