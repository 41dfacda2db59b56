using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Demo;

/// <summary>What the parts of the demo share.</summary>
/// <param name="Name">Name of this demo in ids.</param>
/// <param name="Folder">Folder of everything that the demo writes.</param>
/// <param name="Model">Name of the model that answers.</param>
/// <param name="Json">Whether standard output belongs to one JSON document.</param>
/// <param name="Session">The demo's own server, up for as long as the demo runs.</param>
/// <param name="Output">Where it prints.</param>
internal sealed record DemoStage(string Name, string Folder, ModelChoice Model, bool Json, SparkSession Session, CliOutput Output);
