using System.CommandLine;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Worlds;

namespace Spark.Temporal.Starter.Tasks;

/// <summary><c>spark tasks</c>: Harbor tasks on disk.</summary>
internal static class TasksCommands
{
    public static Command Create(CliOutput output) =>
        new("tasks", "Harbor tasks on disk.")
        { TasksCheckCommand.Create(output), TasksProveCommand.Create(output), TasksCreateCommand.Create(output), TasksVaryCommand.Create(output), TasksWorldCommand.Create(output), TasksShowCommands.List(output), TasksShowCommands.Show(output) };
}
