using System.CommandLine;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Eval;

/// <summary>The group <c>spark eval</c>.</summary>
internal static class EvalCommands
{
    public static Command Create(CliOutput output) => new("eval", "Measure whether a skill helps, on which tasks, and at what cost.")
    {
        EvalRunCommand.Create(output),
        EvalShowCommand.Create(output),
        EvalCompareCommand.Create(output),
        EvalTableCommand.Create(output),
    };
}
