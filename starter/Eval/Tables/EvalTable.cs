using Spark.Temporal.Domain.Pictures;

namespace Spark.Temporal.Starter.Eval.Tables;

/// <param name="Name">For people.</param>
/// <param name="Key">For CSV.</param>
/// <param name="Format">Of numbers, for people; null for text and whole numbers.</param>
internal sealed record TableColumn(string Name, string Key, string? Format = null)
{
    public const string Reward = "0.000";
    public const string Difference = "+0.000;-0.000;0.000";
}

/// <summary>A table of evaluations, before it is written in one form or another.</summary>
/// <param name="Kind">As the command names it.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Columns">From the left.</param>
/// <param name="Rows">Cells: a text, a whole number, a number, or null for none.</param>
/// <param name="Notes">What a reader must know.</param>
/// <param name="Data">The rows for JSON, each with all it knows.</param>
/// <param name="Picture">Draws it.</param>
internal sealed record EvalTable(
    string Kind, string Title, IReadOnlyList<TableColumn> Columns, IReadOnlyList<IReadOnlyList<object?>> Rows, IReadOnlyList<string> Notes,
    IReadOnlyList<object> Data, Func<SvgPicture> Picture);
