using System.Globalization;
using System.Text.RegularExpressions;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunState;

namespace Spark.Temporal.Starter.Runs;

/// <summary>Runs as text: aligned on a terminal, separated by tabs when piped.</summary>
internal static partial class RunPrinter
{
    // The id is last: ids can be long, and an id that is cut or wrapped at a terminal's edge cannot be copied.
    private static readonly string[] Columns = ["started", "type", "state", "attempt", "outcome", "reward", "pdi", "cost", "run"];

    public static void Print(CliOutput output, IReadOnlyList<RunRow> runs)
    {
        if (!output.Console.Profile.Out.IsTerminal)
        {
            output.Line(string.Join('\t', Columns));
            foreach (var run in runs)
            {
                output.Line(string.Join('\t', Cells(run)));
            }

            return;
        }

        string[][] rows = [Columns, .. runs.Select(Cells)];
        var widths = Columns.Select((_, column) => rows.Max(row => row[column].Length)).ToList();
        foreach (var row in rows)
        {
            output.Line(string.Join("  ", row.Select((cell, column) => column == row.Length - 1 ? cell : cell.PadRight(widths[column]))));
        }
    }

    public static void Print(CliOutput output, RunDetails details)
    {
        var run = details.Run;
        output.Line($"{run.Id}  {run.Type}, {run.Now()}");
        Field(output, "summary", details.Summary);
        Field(output, "outcome", run.Outcome);
        Field(output, "reward", Number(run.Reward));
        Field(output, "attempt", run.Attempt?.ToString(CultureInfo.InvariantCulture));
        Field(output, "pdi", Number(run.Pdi));
        Field(output, "cost", run.Spent());
        Field(output, "started", Time(run.StartedAt));
        Field(output, "closed", run.ClosedAt is { } closed ? Time(closed) : null);
        Field(output, "failure", details.Failure);
        Field(output, "web UI", details.Ui);
        Field(output, "forked from", details.ForkedFrom);
        foreach (var fork in details.Forks)
        {
            Field(output, "fork", $"{fork.Id}  {fork.Now()}{(fork.Outcome is null ? "" : $", {fork.Outcome}")}");
        }

        foreach (var step in details.Pending)
        {
            Field(output, "in flight", step);
        }

        foreach (var child in details.Children)
        {
            Field(output, "child", $"{child.Id}  {child.Now()}{(child.Outcome is null ? "" : $", {child.Outcome}")}");
        }

        foreach (var text in new[] { details.Details, details.CurrentDetails })
        {
            if (!string.IsNullOrWhiteSpace(text))
            {
                output.Line();
                output.Line(EscapedMark().Replace(text, "$1").TrimEnd());
            }
        }
    }

    /// <summary>A run on one line, for following it.</summary>
    public static string Line(RunRow run) => string.Join(
        "  ",
        new[]
        {
            run.Now(),
            run.Attempt is { } attempt ? $"attempt {attempt}" : null,
            run.Outcome,
            run.Reward is { } reward ? $"reward {Number(reward)}" : null,
            run.Pdi is { } pdi ? $"pdi {Number(pdi)}" : null,
            run.Spent(),
        }.Where(part => part is not null));

    private static string[] Cells(RunRow run) =>
    [
        Time(run.StartedAt),
        run.Type,
        run.Now(),
        run.Attempt?.ToString(CultureInfo.InvariantCulture) ?? "",
        run.Outcome ?? "",
        Number(run.Reward) ?? "",
        Number(run.Pdi) ?? "",
        run.Spent() ?? "",
        run.Id,
    ];

    private static void Field(CliOutput output, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            output.Line($"  {name,-11} {value}");
        }
    }

    /// <summary>Escaped characters that Markdown would take for markup.</summary>
    [GeneratedRegex(@"\\([\\`*_\[|$])", RegexOptions.CultureInvariant)]
    private static partial Regex EscapedMark();

    private static string? Number(double? value) => value?.ToString("0.####", CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
