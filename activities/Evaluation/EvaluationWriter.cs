using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Artifacts.Results;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Evaluation;

/// <summary>
/// Writes <c>skills_eval_result/&lt;model&gt;/&lt;run&gt;/</c>: <c>summary.json</c>, <c>report.md</c> and <c>report.html</c>; with
/// several students also <c>skills_eval_result/transfer/&lt;run&gt;/</c>.
/// </summary>
internal sealed class EvaluationWriter(IArtifactStore store)
{
    /// <summary>Harmed tasks that a history names; the summary names all.</summary>
    private const int HarmedNames = 10;

    /// <summary>Folder of all evaluations.</summary>
    public static string Root(string outDir, string? given) => given ?? Path.Combine(outDir, "skills_eval_result");

    public static string SummaryPath(string root, string model, string run) => Path.Combine(Folder(root, model, run), EvaluationSummary.FileName);

    /// <exception cref="ResultFormatException">The folder has a summary of a newer schema; it is left unchanged.</exception>
    public async Task<EvaluationRecord> WriteAsync(string root, IReadOnlyList<EvaluationSummary> summaries, CancellationToken cancellationToken)
    {
        List<StudentResult> students = [];
        foreach (var summary in summaries)
        {
            var folder = new ResultFolder(store, Folder(root, summary.Model, summary.Run));
            await folder.RefuseNewerAsync(EvaluationSummary.FileName, cancellationToken);
            await folder.WriteAsync("report.md", EvaluationReport.Of(summary), cancellationToken);
            await folder.WriteAsync("report.html", EvaluationPage.Of(summary), cancellationToken);
            students.Add(Result(summary, await folder.WriteResultAsync(EvaluationSummary.FileName, EvaluationSummaryFile.Write(summary), cancellationToken)));
        }

        if (summaries.Count == 1)
        {
            return new EvaluationRecord(students);
        }

        var all = new ResultFolder(store, Folder(root, "transfer", summaries[0].Run));
        await all.WriteJsonAsync("transfer.json", summaries[0].Transfer, cancellationToken);
        await all.WriteAsync("report.html", EvaluationPage.OfTransfer(summaries), cancellationToken);
        return new EvaluationRecord(students, await all.WriteAsync("report.md", EvaluationReport.OfTransfer(summaries), cancellationToken));
    }

    private static string Folder(string root, string model, string run) => Path.Combine(root, PlainText.Slug(model), PlainText.Slug(run));

    private static StudentResult Result(EvaluationSummary summary, string path) => new()
    {
        Model = summary.Model,
        SummaryPath = path,
        Complete = summary.Complete,
        Arms = summary.Sums,
        Comparisons = [.. summary.Comparisons.Select(pair => new PairResult(
            pair.Arm, pair.Against, pair.DeltaR, pair.DeltaRInterval, pair.Agreement.McNemarP, [.. pair.Harmed.Take(HarmedNames)], pair.Harmed.Count))],
    };
}
