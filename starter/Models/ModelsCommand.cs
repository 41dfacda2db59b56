using System.CommandLine;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Models;

/// <summary><c>spark models</c>: what is known about the models that the workers ask.</summary>
internal static class ModelsCommand
{
    public static Command Create(CliOutput output) => new("models", "Shows how models are asked.") { ModelsShowCommand.Create(output) };
}
