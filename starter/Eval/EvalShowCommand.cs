using System.CommandLine;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Eval;

/// <summary><c>spark eval show</c>: what an evaluation found.</summary>
internal static class EvalShowCommand
{
    public static Command Create(CliOutput output)
    {
        var name = new Argument<string>("RUN") { Description = $"Name of an evaluation below {SummaryFiles.Root}/, a summary.json, or a folder of them." };
        var root = new Option<string>("--eval-result-dir") { Description = "Folder of evaluations in which RUN is looked for.", DefaultValueFactory = _ => SummaryFiles.Root };
        var json = CommonOptions.Json();
        var command = new Command(
            "show",
            """
            Print the arms and comparisons of an evaluation, also while it runs; several students as a table students x arms.

            Example:
              spark eval show first
            """)
        {
            name, root, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var summaries = await SummaryFiles.NamedAsync(parsed.GetValue(name)!, cancellationToken, parsed.GetValue(root)!);
            if (parsed.GetValue(json))
            {
                output.Json(summaries);
                return ExitCodes.Good;
            }

            foreach (var summary in summaries)
            {
                SummaryPrinter.Print(summary, output);
            }

            if (summaries.FirstOrDefault(summary => summary.Transfer is { Count: > 0 })?.Transfer is { } transfer)
            {
                SummaryPrinter.Transfer(transfer, output);
            }

            return ExitCodes.Good;
        });
        return command;
    }
}
