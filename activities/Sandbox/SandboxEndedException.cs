namespace Spark.Temporal.Activities.Sandbox;

/// <summary>A container that was expected to run has ended.</summary>
internal sealed class SandboxEndedException(string container) : Exception($"Container {SandboxFailures.Short(container)} has ended.");
