using System.Globalization;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Statistics;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Workflows.Messages;
using Spectre.Console;

namespace Spark.Temporal.Starter.Eval;

/// <summary>Prints evaluations as tables for a terminal.</summary>
internal static class SummaryPrinter
{
    public static void Print(StudentResult student, CliOutput output)
    {
        Arms(student.Arms, student.Model, output);
        foreach (var pair in student.Comparisons.Where(pair => pair.DeltaR is not null))
        {
            output.Line($"{pair.Arm} against {pair.Against}: Δr {Signed(pair.DeltaR)}{Between(pair.Interval)}, McNemar p {pair.McNemarP.ToString("0.000", CultureInfo.InvariantCulture)}; "
                + Harmed(pair.Harmed, pair.HarmedCount));
        }

        foreach (var sums in student.Arms.Where(sums => sums.SkillsKnown is not null))
        {
            output.Line(Opened(sums));
        }

        output.Line(student.SummaryPath);
    }

    public static void Print(EvaluationSummary summary, CliOutput output)
    {
        output.Line($"{summary.Run}: {summary.Model}, agent {summary.Agent}{(summary.Complete ? "" : $", not complete: {summary.Trials.Count} of {summary.Planned} trials")}");
        Arms(summary.Sums, summary.Model, output);
        foreach (var pair in summary.Comparisons.Where(pair => pair.DeltaR is not null))
        {
            output.Line($"{pair.Arm} against {pair.Against}: Δr {Signed(pair.DeltaR)}{Between(pair.DeltaRInterval)}, pass gain {Signed(pair.PassGain)}, "
                + $"McNemar p {pair.Agreement.McNemarP.ToString("0.000", CultureInfo.InvariantCulture)}; {Harmed(pair.Harmed, pair.Harmed.Count)}");
        }

        foreach (var sums in summary.Sums.Where(sums => sums.SkillsKnown is not null))
        {
            output.Line(Opened(sums)
                + string.Concat(summary.Comparisons.Where(pair => pair.Arm == sums.Arm && pair.DeltaROpened is not null).Select(pair => $"; against {pair.Against} Δr {Signed(pair.DeltaROpened)} where it was")));
        }

        foreach (var trial in summary.Trials.Where(trial => !trial.IsScored()))
        {
            output.Line($"not scored: {trial.Task}, {trial.Arm} {trial.Repeat}: {(trial.NoVerdict ? "no verdict" : PlainText.Words(trial.Outcome))}, {trial.Error}");
        }

        TaskFolders.Print(summary.LeftOut, output);
    }

    /// <summary>Students × arms.</summary>
    public static void Transfer(IReadOnlyList<TransferRow> rows, CliOutput output)
    {
        var table = new Table().Border(TableBorder.Ascii).AddColumn("student").AddColumns([.. rows[0].Cells.Select(cell => Markup.Escape(cell.Arm))]);
        foreach (var row in rows)
        {
            table.AddRow([Markup.Escape(row.Model), .. row.Cells.Select(cell => cell.MeanReward is not { } reward ? "-"
                : (100 * reward).ToString("0.0", CultureInfo.InvariantCulture) + (cell.DeltaR is { } delta ? $" ({(100 * delta).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture)})" : ""))]);
        }

        output.Console.Write(table);
    }

    public static string Signed(double? value) => value is { } number ? number.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture) : "-";

    public static string Between(Interval? interval) => interval is { } between ? $" [{Signed(between.Low)}, {Signed(between.High)}]" : "";

    private static void Arms(IReadOnlyList<ArmSums> arms, string model, CliOutput output)
    {
        var table = new Table().Border(TableBorder.Ascii).AddColumns(Markup.Escape(model), "pass rate", "95 %", "passed", "mean reward", "cost", "per task", "time", "skipped", "infra");
        var unjudged = arms.Any(sums => sums.NoVerdict > 0);
        if (unjudged)
        {
            table.AddColumn("no verdict");
        }

        foreach (var sums in arms)
        {
            string[] row =
            [
                Markup.Escape(sums.Arm),
                Percent(sums.PassRate),
                sums.PassRate is null ? "-" : $"{Percent(sums.PassRateInterval.Low)} - {Percent(sums.PassRateInterval.High)}",
                $"{sums.Passed}/{sums.Scored}",
                sums.MeanReward is { } reward ? reward.ToString("0.000", CultureInfo.InvariantCulture) : "-",
                Money.Of(sums),
                sums.CostPerTaskUsd is { } cost ? Money.Of(cost, estimated: sums.Estimated) : sums.Unpriced ? Money.Unknown : "-",
                sums.MedianDurationMs is { } ms ? (ms / 1000).ToString("0.0 s", CultureInfo.InvariantCulture) : "-",
                $"{sums.Skipped}",
                $"{sums.Infrastructure}",
                .. unjudged ? [$"{sums.NoVerdict}"] : Array.Empty<string>(),
            ];
            table.AddRow(row);
        }

        output.Console.Write(table);
    }

    private static string Opened(ArmSums sums) => $"{sums.Arm}: a skill was opened in {sums.SkillsOpened} of {sums.SkillsKnown} scored trials";

    private static string Percent(double? share) => share is { } value ? (100 * value).ToString("0.0", CultureInfo.InvariantCulture) + " %" : "-";

    private static string Harmed(IReadOnlyList<string> tasks, int count) =>
        count == 0 ? "no task harmed" : $"{(count == 1 ? "1 task" : $"{count} tasks")} harmed: {string.Join(", ", tasks)}{(count > tasks.Count ? ", …" : "")}";
}
