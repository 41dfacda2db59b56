using System.Globalization;
using System.Text;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spectre.Console;

namespace Spark.Temporal.Starter.Eval.Tables;

/// <summary>Writes a table for a terminal, as CSV, Markdown or JSON.</summary>
internal static class TableWriter
{
    private const int CellCharacters = 200;

    /// <summary>For a terminal, with its title and notes.</summary>
    public static void Text(EvalTable table, CliOutput output)
    {
        output.Line(table.Title);
        var grid = new Table().Border(TableBorder.Ascii);
        foreach (var column in table.Columns)
        {
            var head = new Spectre.Console.TableColumn(Markup.Escape(column.Name));
            grid.AddColumn(column.Format is null ? head : head.RightAligned());
        }

        foreach (var row in table.Rows)
        {
            grid.AddRow([.. row.Select((cell, at) => Markup.Escape(Shown(cell, table.Columns[at])))]);
        }

        output.Console.Write(grid);
        foreach (var note in table.Notes)
        {
            output.Line(note);
        }
    }

    /// <summary>By RFC 4180 with line feeds: names of the columns, then numbers in full, nothing where there is no value. Notes go to standard error.</summary>
    public static void Csv(EvalTable table, CliOutput output)
    {
        output.Line(string.Join(',', table.Columns.Select(column => column.Key)));
        foreach (var row in table.Rows)
        {
            output.Line(string.Join(',', row.Select(cell => Quoted(Convert.ToString(cell, CultureInfo.InvariantCulture) ?? ""))));
        }

        Notes(table, output);
    }

    /// <summary>With title and notes, for a document.</summary>
    public static void Markdown(EvalTable table, CliOutput output)
    {
        var text = new StringBuilder($"**{Safe(table.Title)}**\n\n");
        text.Append("| ").AppendJoin(" | ", table.Columns.Select(column => Safe(column.Name))).Append(" |\n|");
        text.Append(string.Concat(table.Columns.Select(column => column.Format is null ? "---|" : "---:|"))).Append('\n');
        foreach (var row in table.Rows)
        {
            text.Append("| ").AppendJoin(" | ", row.Select((cell, at) => Safe(Shown(cell, table.Columns[at])))).Append(" |\n");
        }

        foreach (var note in table.Notes)
        {
            text.Append('\n').Append(Safe(note)).Append('\n');
        }

        foreach (var line in text.ToString().TrimEnd('\n').Split('\n'))
        {
            output.Line(line);
        }
    }

    /// <summary>One document with the rows and all they know.</summary>
    public static void Json(EvalTable table, CliOutput output) => output.Json(new { Table = table.Kind, table.Title, Rows = table.Data, table.Notes });

    /// <exception cref="CliException">The file cannot be written.</exception>
    public static async Task PictureAsync(EvalTable table, string path, CliOutput output, CancellationToken cancellationToken)
    {
        try
        {
            await File.WriteAllTextAsync(path, table.Picture().ToString(), cancellationToken);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"the picture cannot be written to {path}: {refused.Message}; name another file with --picture");
        }

        output.Note(path);
    }

    private static void Notes(EvalTable table, CliOutput output)
    {
        foreach (var note in table.Notes)
        {
            output.Note(note);
        }
    }

    private static string Shown(object? cell, TableColumn column) => cell switch
    {
        null => "-",
        double number => number.ToString(column.Format, CultureInfo.InvariantCulture),
        _ => Convert.ToString(cell, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Quoted(string text)
    {
        var line = PlainText.OneLine(text, CellCharacters);
        return line.AsSpan().IndexOfAny(",\"") < 0 ? line : $"\"{line.Replace("\"", "\"\"")}\"";
    }

    /// <summary>Names come from files of others and must not become markup.</summary>
    private static string Safe(string text) => PlainText.OneLine(text, 1_000).Replace("|", "\\|").Replace("<", "&lt;").Replace("[", "\\[");
}
