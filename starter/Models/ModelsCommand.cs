using System.CommandLine;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Models;

/// <summary><c>spark models</c>: what is known about the models that the workers ask.</summary>
internal static class ModelsCommand
{
    public static Command Create(CliOutput output) => new("models", "Lists models with their prices, tests them, and shows how they are asked.")
    {
        ModelsListCommand.Create(output), ModelsTestCommand.Create(output), ModelsShowCommand.Create(output),
    };
}
