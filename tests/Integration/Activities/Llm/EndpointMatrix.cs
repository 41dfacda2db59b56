using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Spark.Temporal.Tests.Support.Endpoints;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>One field of the matrix.</summary>
/// <param name="Ok">Whether it is as it must be.</param>
/// <param name="Text">What it shows.</param>
internal sealed record Cell(bool Ok, string Text);

/// <summary>One endpoint's line.</summary>
internal sealed record MatrixRow(string Endpoint, IReadOnlyList<Cell> Cells, IReadOnlyList<string> Faults)
{
    public TimeSpan Took { get; init; }
}

/// <summary>Endpoint × what was tried, as one table of Markdown.</summary>
internal sealed class EndpointMatrix
{
    private static readonly string[] Columns = ["first turn", "second turn", "empty end", "long reply", "schema", "errors", "cost"];

    private readonly ConcurrentQueue<MatrixRow> _rows = new();

    public bool IsEmpty => _rows.IsEmpty;

    public void Add(MatrixRow row) => _rows.Enqueue(row);

    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"| endpoint | {string.Join(" | ", Columns)} | s |");
        text.AppendLine(CultureInfo.InvariantCulture, $"| --- |{string.Concat(Columns.Select(_ => " --- |"))} --- |");
        var names = EndpointKinds.Names.ToList();
        var rows = _rows.OrderBy(row => names.IndexOf(row.Endpoint)).ToList();
        foreach (var row in rows)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {row.Endpoint} | {string.Join(" | ", row.Cells.Select(cell => cell.Text.Replace("|", "/", StringComparison.Ordinal)))} | {row.Took.TotalSeconds:0.0} |");
        }

        var cells = rows.SelectMany(row => row.Cells).Where(cell => cell.Text != "–").ToList();
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"{rows.Count} endpoints, {cells.Count} cells tried: {cells.Count(cell => cell.Ok)} ok, {cells.Count(cell => !cell.Ok)} not; {rows.Sum(row => row.Took.TotalSeconds):0} s.");
        foreach (var fault in rows.SelectMany(row => row.Faults.Select(fault => $"{row.Endpoint}: {fault}")))
        {
            text.AppendLine().AppendLine(fault);
        }

        return text.ToString();
    }
}
