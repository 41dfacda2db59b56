using System.CommandLine;
using System.Text.Json;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Exports;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;

namespace Spark.Temporal.Starter.Runs;

/// <summary><c>spark runs export</c>: everything that is known about a run, in one folder.</summary>
internal static partial class RunsExportCommand
{
    /// <summary>References in one request: some 30 KB.</summary>
    private const int Chunk = 300;

    public static Command Create(CliOutput output)
    {
        var id = new Argument<string>("ID") { Description = "Id of a run, open or closed." };
        var outDir = new Option<string>("--out", "--output-dir") { Description = "Folder to write; made where it is missing. A worker writes part of it, so the worker must see it too.", Required = true };
        var json = CommonOptions.Json();
        var command = new Command(
            "export",
            """
            Writes a run into a folder: run.json, the histories of the run and of its attempts (which replay), its result
            folder, and every artifact that they refer to, named by its hash.

            Example:
              spark runs export skill/night/gpt/3d-scan-calc --out /tmp/3d-scan-calc
            """) { id, outDir, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var session = await SparkSession.OpenAsync(output, new(), cancellationToken);
            var exported = await ExportAsync(session, parsed.GetValue(id)!, Path.GetFullPath(parsed.GetValue(outDir)!), cancellationToken);
            if (parsed.GetValue(json))
            {
                output.Json(exported);
            }
            else
            {
                output.Line($"{exported.Dir}  {exported.Histories} histories, {exported.Artifacts} artifacts, {exported.Bytes} bytes{(exported.Results ? ", results" : "")}");
            }

            foreach (var lost in exported.Missing)
            {
                output.Note($"The store no longer has {lost}.");
            }

            return exported.Missing.Count == 0 ? ExitCodes.Good : ExitCodes.SomeFailed;
        });
        return command;
    }

    private static async Task<Exported> ExportAsync(SparkSession session, string id, string dir, CancellationToken cancellationToken)
    {
        var details = await RunDetails.ReadAsync(session, id, askWorker: true, cancellationToken);
        Make(Path.Combine(dir, "history"));
        var described = Path.Combine(dir, ExportedRun.FileName);
        RefuseNewer(described);
        await File.WriteAllTextAsync(described, ResultJson.As<ExportedRun>(details).Write(), cancellationToken);
        var references = new HashSet<string>();
        string? results = null;
        foreach (var run in new[] { id }.Concat(details.Children.Select(child => child.Id)))
        {
            var history = await RunRecords.HistoryAsync(session, run, cancellationToken);
            await File.WriteAllTextAsync(Path.Combine(dir, "history", $"{run.Replace('/', '.')}.json"), RunRecords.Json(history), cancellationToken);
            foreach (var text in RunRecords.Payloads(history))
            {
                references.UnionWith(Reference().Matches(text).Select(match => match.Value));
                results ??= run == id && ResultDir().Match(text) is { Success: true } found ? JsonSerializer.Deserialize<string>(found.Groups[1].Value) : null;
            }
        }

        var replies = new List<ExportReply>();
        var chunks = references.Order(StringComparer.Ordinal).Select(ArtifactRef.Parse).Chunk(Chunk).DefaultIfEmpty([]).ToList();
        for (var part = 0; part < chunks.Count; part++)
        {
            var request = new ExportRequest { OutDir = dir, Artifacts = chunks[part], ResultDir = part == 0 ? results : null };
            replies.Add(await session.Client.ExecuteWorkflowAsync(
                (ExportWorkflow export) => export.RunAsync(request),
                new WorkflowOptions(WorkflowIds.Export(id, $"{Guid.NewGuid():n}"), SparkSession.Queue) { Rpc = new() { CancellationToken = cancellationToken } }));
        }

        var files = Directory.Exists(Path.Combine(dir, "artifacts")) ? Directory.GetFiles(Path.Combine(dir, "artifacts")) : [];
        if (replies.Sum(reply => reply.Artifacts) > 0 && files.Length == 0)
        {
            throw new CliException($"the worker wrote the artifacts into {dir} on its own machine; export to a folder that both see");
        }

        return new Exported(
            id, dir, details.Children.Count + 1, files.Length, files.Sum(file => new FileInfo(file).Length), Directory.Exists(Path.Combine(dir, "results")),
            [.. replies.SelectMany(reply => reply.Missing).Select(lost => lost.ToString()).Distinct()]);
    }

    private static void RefuseNewer(string file)
    {
        try
        {
            if (File.Exists(file))
            {
                ResultJson.RefuseNewer(file, File.ReadAllBytes(file));
            }
        }
        catch (ResultFormatException newer)
        {
            throw new CliException(newer.Message);
        }
    }

    private static void Make(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"--out: {folder} cannot be created: {closed.Message}", ExitCodes.Usage);
        }
    }

    [GeneratedRegex("(?<![0-9a-f])[0-9a-f]{64}:[0-9]+:[a-z]+/[a-z0-9.+-]+", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();

    /// <summary>The reply of the activity that writes results, with its folder.</summary>
    [GeneratedRegex("^\\{\"dir\":(\"[^\"]*\")", RegexOptions.CultureInvariant)]
    private static partial Regex ResultDir();

    private sealed record Exported(
        string Id, string Dir, int Histories, int Artifacts, long Bytes, bool Results, IReadOnlyList<string> Missing);
}
