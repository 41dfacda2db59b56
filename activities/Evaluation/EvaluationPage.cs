using System.Net;
using System.Text;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Pictures;

namespace Spark.Temporal.Activities.Evaluation;

/// <summary>The report as one HTML file: pictures and style are in it, nothing is fetched.</summary>
internal static class EvaluationPage
{
    private const string Style =
        """
        body{font:15px/1.5 system-ui,sans-serif;color:#1f2937;max-width:1040px;margin:2rem auto;padding:0 1rem}
        table{border-collapse:collapse;margin:.5rem 0}th,td{border:1px solid #d1d5db;padding:.25rem .6rem;text-align:left;vertical-align:top}
        th{background:#f3f4f6}figure{margin:1rem 0}figcaption,.note{color:#4b5563;font-size:13px}svg{max-width:100%;height:auto}
        .wide{overflow-x:auto}.harm{color:#b91c1c;font-weight:600}
        """;

    public static string Of(EvaluationSummary summary)
    {
        var body = new StringBuilder();
        var harmed = summary.Comparisons.Where(pair => pair.Against == EvaluationArm.Baseline && pair.Harmed.Count > 0).ToList();
        body.Append("<p>").Append(Text(EvaluationReport.Facts(summary))).Append("</p>\n");
        foreach (var pair in harmed)
        {
            body.Append("<p class=\"harm\">").Append(Text($"{pair.Arm} harms {(pair.Harmed.Count == 1 ? "one task" : $"{pair.Harmed.Count} tasks")}: {string.Join(", ", pair.Harmed)}")).Append("</p>\n");
        }

        Figure(body, EvaluationPictures.PassRates(summary), "Pass rate of each arm with its 95 % interval.");
        foreach (var pair in summary.Comparisons.Where(pair => pair.Against == EvaluationArm.Baseline && pair.Tasks.Count > 0))
        {
            Figure(body, EvaluationPictures.Deltas(pair), $"Δr of each task, {pair.Arm} against {pair.Against}; red tasks are harmed.");
        }

        Figure(body, EvaluationPictures.Costs(summary), "What each arm costs and what it gets for it.");
        if (summary.Transfer is { } transfer)
        {
            Figure(body, EvaluationPictures.Transfer(transfer), "Mean reward of each student in each arm.");
        }

        foreach (var table in EvaluationTables.Of(summary))
        {
            Table(body, table);
        }

        return Page($"{summary.Run}: {summary.Model}", body);
    }

    public static string OfTransfer(IReadOnlyList<EvaluationSummary> summaries)
    {
        var (body, rows) = (new StringBuilder(), summaries[0].Transfer ?? []);
        Figure(body, EvaluationPictures.Transfer(rows), "Mean reward of each student in each arm.");
        Table(body, EvaluationTables.Transfer(rows));
        return Page($"{summaries[0].Run}: {summaries.Count} students", body);
    }

    private static void Figure(StringBuilder body, SvgPicture picture, string caption) =>
        body.Append("<figure>").Append(picture).Append("<figcaption>").Append(Text(caption)).Append("</figcaption></figure>\n");

    private static void Table(StringBuilder body, ReportTable table)
    {
        body.Append("<h2>").Append(Text(table.Title)).Append("</h2>\n<div class=\"wide\"><table><thead><tr>");
        body.Append(string.Concat(table.Columns.Select(column => $"<th>{Text(column)}</th>"))).Append("</tr></thead><tbody>\n");
        foreach (var row in table.Rows)
        {
            body.Append("<tr>").Append(string.Concat(row.Select(cell => $"<td>{Text(cell)}</td>"))).Append("</tr>\n");
        }

        body.Append("</tbody></table></div>\n");
        if (table.Note is { } note)
        {
            body.Append("<p class=\"note\">").Append(Text(note)).Append("</p>\n");
        }
    }

    private static string Page(string title, StringBuilder body) =>
        $"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{Text(title)}</title>\n<style>{Style}</style></head>\n<body><h1>{Text(title)}</h1>\n{body}</body></html>\n";

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
