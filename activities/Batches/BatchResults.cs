using System.Text;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Batches;

/// <summary>
/// Results of a batch: in the store as a chain of links, which decides, and as lines of
/// <c>batches/&lt;batch&gt;/results.jsonl</c> for users to follow while it runs. Writing the same again changes neither.
/// </summary>
internal sealed class BatchResults(IArtifactStore store)
{
    public const string FileName = BatchResultLine.FileName;

    /// <summary>Results of a link: small enough to be written anew for each one that is added.</summary>
    private const int LinkResults = 32;

    public static string Folder(string outDir, string batch) => Path.Combine(Root(outDir)!, batch);

    /// <summary>The folder of all batches of an output folder; null without an output folder.</summary>
    public static string? Root(string? outDir) => outDir is null ? null : Path.Combine(outDir, "batches");

    /// <summary>Starts the file of a batch with the results that it takes over. The file is replaced whole: a second try finds the old or the new one.</summary>
    /// <exception cref="ResultFormatException">The file is of a newer schema; it is left unchanged.</exception>
    public async Task<(ArtifactRef? Results, long Exported)> StartAsync(
        string outDir, string batch, IReadOnlyList<ItemResult> takenOver, CancellationToken cancellationToken)
    {
        var lines = Lines(takenOver);
        var file = Path.Combine(Directory.CreateDirectory(Folder(outDir, batch)).FullName, FileName);
        RefuseNewer(file);
        var temporary = $"{file}.{Guid.NewGuid():n}.tmp";
        await File.WriteAllBytesAsync(temporary, lines, cancellationToken);
        File.Move(temporary, file, overwrite: true);

        ArtifactRef? results = null;
        foreach (var some in takenOver.Chunk(LinkResults))
        {
            results = await store.PutJsonAsync(new ResultsLink { Previous = results, Results = some }, cancellationToken);
        }

        return (results, lines.Length);
    }

    public async Task<BatchRecord> AppendAsync(RecordItemsRequest request, CancellationToken cancellationToken)
    {
        var newest = request.Results is { } head ? await store.ReadJsonAsync<ResultsLink>(head, cancellationToken) : null;
        var link = newest is not null && newest.Results.Count + request.Ended.Count <= LinkResults
            ? newest with { Results = [.. newest.Results, .. request.Ended] }
            : new ResultsLink { Previous = request.Results, Results = request.Ended };
        var results = await store.PutJsonAsync(link, cancellationToken);
        return new BatchRecord(results, await ExportAsync(request, results, cancellationToken));
    }

    /// <summary>All results of a chain, oldest first.</summary>
    public async Task<List<ItemResult>> ReadAsync(ArtifactRef? results, CancellationToken cancellationToken)
    {
        var links = new Stack<ResultsLink>();
        for (var next = results; next is not null; next = links.Peek().Previous)
        {
            links.Push(await store.ReadJsonAsync<ResultsLink>(next, cancellationToken));
        }

        return [.. links.SelectMany(link => link.Results)];
    }

    /// <summary>
    /// Writes at a known length of the file, so that a second try, even one that overlaps the first, writes the same bytes to the
    /// same place. A file that is shorter than that was removed meanwhile: it is written anew.
    /// </summary>
    private async Task<long> ExportAsync(RecordItemsRequest request, ArtifactRef results, CancellationToken cancellationToken)
    {
        var file = Path.Combine(Directory.CreateDirectory(Folder(request.OutDir, request.Batch)).FullName, FileName);
        var all = (File.Exists(file) ? new FileInfo(file).Length : 0) < request.Exported;
        if (all)
        {
            RefuseNewer(file);
        }

        await using var stream = new FileStream(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        stream.Position = all ? 0 : request.Exported;
        await stream.WriteAsync(Lines(all ? await ReadAsync(results, cancellationToken) : request.Ended), cancellationToken);
        await stream.FlushAsync(cancellationToken);
        return stream.Position;
    }

    /// <summary>The first line decides for the whole file: older programs write no version.</summary>
    private static void RefuseNewer(string file)
    {
        if (File.Exists(file) && File.ReadLines(file).FirstOrDefault() is { } first)
        {
            ResultJson.RefuseNewer(file, Encoding.UTF8.GetBytes(first));
        }
    }

    private static byte[] Lines(IReadOnlyList<ItemResult> results)
    {
        var lines = new StringBuilder();
        foreach (var result in results)
        {
            lines.Append(ResultJson.As<BatchResultLine>(result).Write());
        }

        return Encoding.UTF8.GetBytes(lines.ToString());
    }
}
