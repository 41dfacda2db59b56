using System.CommandLine;

namespace Spark.Temporal.Starter.Cli;

/// <summary>Options that every command has.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Data as JSON on standard output, everything else on standard error." };
}
