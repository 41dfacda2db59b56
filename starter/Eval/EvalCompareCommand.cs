using System.CommandLine;
using System.Globalization;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Starter.Cli;
using Spectre.Console;

namespace Spark.Temporal.Starter.Eval;

/// <summary><c>spark eval compare</c>: two evaluations side by side, student by student.</summary>
internal static class EvalCompareCommand
{
    public static Command Create(CliOutput output)
    {
        var first = new Argument<string>("A") { Description = "An evaluation: its name, its folder, or its summary.json." };
        var second = new Argument<string?>("B") { Description = "The one to compare it with.", Arity = ArgumentArity.ZeroOrOne };
        var reference = new Option<string?>("--ref-eval-result-dir") { Description = "Instead of B: a folder of evaluations; A is compared with the latest one of the same model, for each of its students." };
        var json = CommonOptions.Json();
        var command = new Command(
            "compare",
            """
            Compare two evaluations arm by arm, on the tasks that both scored: skills made with and without
            interventions, before and after a change, or two students. Evaluations of several students are compared student
            by student.

            Example:
              spark eval compare without with
            """)
        {
            first, second, reference, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var here = await StudentsAsync(parsed.GetValue(first)!, cancellationToken);
            var pairs = (parsed.GetValue(second), parsed.GetValue(reference)) switch
            {
                ({ } name, null) => Pairs(here, await StudentsAsync(name, cancellationToken), output),
                (null, { } folder) => [.. await Task.WhenAll(here.Select(async summary => (summary, await LatestAsync(folder, summary, cancellationToken))))],
                _ => throw new CliException("name a second evaluation, or a folder of them with --ref-eval-result-dir", ExitCodes.Usage),
            };
            List<EvaluationComparison> comparisons = [.. pairs.Select(pair => EvaluationComparison.Of(pair.Here, pair.There))];
            if (comparisons.FirstOrDefault(one => one.CommonTasks.Count == 0 || one.Arms.Count == 0) is { } apart)
            {
                throw new CliException($"{apart.First} and {apart.Second} have no {(apart.Arms.Count == 0 ? "arm" : "task")} in common");
            }

            if (!parsed.GetValue(json))
            {
                comparisons.ForEach(comparison => Print(comparison, output));
            }
            else if (comparisons is [var only])
            {
                output.Json(only);
            }
            else
            {
                output.Json(comparisons);
            }

            return ExitCodes.Good;
        });
        return command;
    }

    /// <summary>The summaries that a name has, one for each student.</summary>
    private static async Task<IReadOnlyList<EvaluationSummary>> StudentsAsync(string name, CancellationToken cancellationToken)
    {
        var found = await SummaryFiles.NamedAsync(name, cancellationToken);
        return found.GroupBy(summary => summary.Model, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } several
            ? throw new CliException(
                $"{name} names {several.Count()} summaries of {several.Key} ({string.Join(", ", several.Select(summary => $"{summary.Model}/{summary.Run}"))}); name one of their folders",
                ExitCodes.Usage)
            : found;
    }

    /// <summary>One student may be compared with another; of several, each with itself.</summary>
    private static List<(EvaluationSummary Here, EvaluationSummary There)> Pairs(
        IReadOnlyList<EvaluationSummary> here, IReadOnlyList<EvaluationSummary> there, CliOutput output)
    {
        if (here.Count == 1 && there.Count == 1)
        {
            return [(here[0], there[0])];
        }

        List<(EvaluationSummary Here, EvaluationSummary There)> pairs =
            [.. here.Join(there, summary => summary.Model, summary => summary.Model, (first, second) => (first, second), StringComparer.Ordinal)];
        string[] alone = [.. here.Concat(there).Select(summary => summary.Model).Distinct(StringComparer.Ordinal).Except(pairs.Select(pair => pair.Here.Model))];
        if (pairs.Count == 0)
        {
            throw new CliException($"A and B have no student in common ({string.Join(", ", alone)}); name the folder of one student on each side", ExitCodes.Usage);
        }

        if (alone.Length > 0)
        {
            output.Note($"on one side alone: {string.Join(", ", alone)}");
        }

        return pairs;
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
