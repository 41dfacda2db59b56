using System.CommandLine;
using System.Globalization;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Starter.Cli;
using Spectre.Console;

namespace Spark.Temporal.Starter.Eval;

/// <summary><c>spark eval compare</c>: two evaluations side by side.</summary>
internal static class EvalCompareCommand
{
    public static Command Create(CliOutput output)
    {
        var first = new Argument<string>("A") { Description = "An evaluation: its name, its folder, or its summary.json." };
        var second = new Argument<string?>("B") { Description = "The one to compare it with.", Arity = ArgumentArity.ZeroOrOne };
        var reference = new Option<string?>("--ref-eval-result-dir") { Description = "Instead of B: a folder of evaluations; A is compared with the latest one of the same model." };
        var json = CommonOptions.Json();
        var command = new Command(
            "compare",
            """
            Compare two evaluations arm by arm, on the tasks that both scored: skills made with and without
            interventions, before and after a change, or two students.

            Example:
              spark eval compare without with
            """)
        {
            first, second, reference, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var here = await OneAsync(parsed.GetValue(first)!, cancellationToken);
            var there = (parsed.GetValue(second), parsed.GetValue(reference)) switch
            {
                ({ } name, null) => await OneAsync(name, cancellationToken),
                (null, { } folder) => await LatestAsync(folder, here, cancellationToken),
                _ => throw new CliException("name a second evaluation, or a folder of them with --ref-eval-result-dir", ExitCodes.Usage),
            };
            var comparison = EvaluationComparison.Of(here, there);
            if (comparison.CommonTasks.Count == 0 || comparison.Arms.Count == 0)
            {
                throw new CliException($"{comparison.First} and {comparison.Second} have no {(comparison.Arms.Count == 0 ? "arm" : "task")} in common");
            }

            if (parsed.GetValue(json))
            {
                output.Json(comparison);
            }
            else
            {
                Print(comparison, output);
            }

            return ExitCodes.Good;
        });
        return command;
    }

    private static async Task<EvaluationSummary> OneAsync(string name, CancellationToken cancellationToken)
    {
        var found = await SummaryFiles.NamedAsync(name, cancellationToken);
        return found.Count == 1 ? found[0]
            : throw new CliException($"{name} names {found.Count} summaries ({string.Join(", ", found.Select(summary => $"{summary.Model}/{summary.Run}"))}); name one of their folders", ExitCodes.Usage);
    }

    private static async Task<EvaluationSummary> LatestAsync(string folder, EvaluationSummary of, CancellationToken cancellationToken) =>
        (await SummaryFiles.ReadAllAsync(folder, cancellationToken))
            .Where(summary => summary.Model == of.Model && (summary.Run != of.Run || summary.StartedAt != of.StartedAt)).MaxBy(summary => summary.StartedAt)
        ?? throw new CliException($"{folder} has no other evaluation of {of.Model}", ExitCodes.Usage);

    private static void Print(EvaluationComparison comparison, CliOutput output)
    {
        output.Line($"A {comparison.First}, B {comparison.Second}; {comparison.CommonTasks.Count} tasks in common"
            + (comparison.OnlyFirst.Count + comparison.OnlySecond.Count > 0 ? $", {comparison.OnlyFirst.Count} in A alone, {comparison.OnlySecond.Count} in B alone" : ""));
        foreach (var difference in comparison.Differences)
        {
            output.Line($"not alike: {difference}");
        }

        var table = new Table().Border(TableBorder.Ascii).AddColumns("arm", "A reward", "B reward", "B - A", "95 %", "A passed", "B passed", "McNemar p", "A cost", "B cost");
        foreach (var arm in comparison.Arms)
        {
            table.AddRow(
                Markup.Escape(arm.Arm),
                Number(arm.First.MeanReward),
                Number(arm.Second.MeanReward),
                SummaryPrinter.Signed(arm.Pair.DeltaR),
                Markup.Escape(SummaryPrinter.Between(arm.Pair.DeltaRInterval).Trim()),
                $"{arm.First.Passed}/{arm.First.Scored}",
                $"{arm.Second.Passed}/{arm.Second.Scored}",
                arm.Pair.Tasks.Count == 0 ? "-" : Number(arm.Pair.Agreement.McNemarP),
                Money.Of(arm.First),
                Money.Of(arm.Second));
        }

        output.Console.Write(table);
        foreach (var arm in comparison.Arms.Where(arm => arm.Pair.Harmed.Count > 0))
        {
            output.Line($"{arm.Arm}: worse in B: {string.Join(", ", arm.Pair.Harmed)}");
        }
    }

    private static string Number(double? value) => value is { } number ? number.ToString("0.000", CultureInfo.InvariantCulture) : "-";
}
