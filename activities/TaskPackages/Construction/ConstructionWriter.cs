using System.Text;
using System.Text.Json;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.TaskPackages.Construction;

/// <summary>Puts an accepted task into its place in one step, and writes the result of every version.</summary>
internal sealed class ConstructionWriter(IArtifactStore store)
{
    private const string ReportName = ConstructionReport.FileName;
    private const string LockName = ".lock";

    /// <exception cref="ResultFormatException">The folder has a report of a newer schema; it is left unchanged.</exception>
    public async Task<FinishReply> WriteAsync(FinishRequest request, string workflowId, CancellationToken cancellationToken)
    {
        var generated = Path.Combine(request.Input.OutDir, TaskPlaces.Generated);
        var reports = Directory.CreateDirectory(Path.Combine(generated, TaskPlaces.Artifacts)).FullName;

        // One at a time: when two end together with the same answer, or under the same name, the second must see the first.
        await using var alone = await HostLock.TakeFileAsync(Path.Combine(reports, LockName), cancellationToken);
        var duplicate = Duplicate(request, reports, workflowId);
        var accepted = request.Accepted is not null && duplicate is null;
        var name = Free(generated, accepted ? request.Result.TaskId! : request.Result.Name, workflowId);
        var artifacts = Path.Combine(reports, name);
        var staging = TaskPlaces.Staging(request.Input.OutDir, workflowId);
        RefuseNewer(Path.Combine(artifacts, ReportName));
        Directory.CreateDirectory(artifacts);
        var target = accepted ? Path.GetFullPath(Path.Combine(generated, name)) : null;
        var findings = await FindingsAsync(request, cancellationToken);
        await KeepVersionsAsync(request, artifacts, cancellationToken);

        // The report first: if the move is tried again, the report says which run the folder belongs to.
        var report = new ConstructionReport
        {
            Status = JsonNamingPolicy.SnakeCaseLower.ConvertName((duplicate is null ? request.Result.Status : ConstructionStatus.Rejected).ToString()),
            TaskId = request.Result.TaskId,
            VariantOf = request.Input.Given?.VariantOf,
            Choices = request.Input.Given?.Choices,
            TaskDir = target,
            WorkflowId = workflowId,
            Error = duplicate ?? request.Result.Error,
            Rounds = request.Result.Rounds,
            ReferenceTasks = request.References,
            Model = request.Input.ModelSlug,
            ModelCalls = request.Result.ModelCalls,
            Usage = request.Result.Usage,
            CostUsd = request.Result.CostUsd,
            Unpriced = request.Result.Unpriced,
            Estimated = request.Result.Estimated,
            DurationMs = request.Result.DurationMs,
            Proof = request.Versions.Count > 0 ? Proof(request.Versions[^1]) : null,
            Versions = [.. request.Versions.Select((version, index) => new VersionEntry
            {
                Number = version.Number, Refused = version.Refused, Findings = findings[index], Proof = Proof(version),
            })],
        };
        await File.WriteAllTextAsync(Path.Combine(artifacts, ReportName), report.Write(), cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(artifacts, "report.md"), Readable(request, findings, duplicate), cancellationToken);
        if (target is not null)
        {
            await MoveAsync(request, staging, name, target, cancellationToken);
        }

        if (Directory.Exists(staging))
        {
            Directory.Delete(staging, recursive: true);
        }

        return new FinishReply(target, Path.GetFullPath(Path.Combine(artifacts, ReportName)), duplicate);
    }

    private static string? Duplicate(FinishRequest request, string artifacts, string workflowId) =>
        request.Accepted is not null && request.Input.Given is { } given
            ? FamilyPlanner.DuplicateOf(artifacts, workflowId, given, request.Versions[^1].Proof!)
            : null;

    /// <summary>The name, or the first with a number that is free or ours already.</summary>
    private static string Free(string generated, string wanted, string workflowId)
    {
        for (var number = 1; ; number++)
        {
            var name = number == 1 ? wanted : $"{wanted}-{number}";
            var report = Path.Combine(generated, TaskPlaces.Artifacts, name, ReportName);
            if (!Directory.Exists(Path.Combine(generated, name)) || Owner(report) == workflowId)
            {
                return name;
            }
        }
    }

    /// <summary>The run that a report belongs to; null if the report cannot be read.</summary>
    private static string? Owner(string report)
    {
        try
        {
            return ConstructionReport.Read(report, File.ReadAllText(report)).WorkflowId;
        }
        catch (Exception none) when (none is IOException or ResultFormatException)
        {
            return null;
        }
    }

    private static void RefuseNewer(string report)
    {
        if (File.Exists(report))
        {
            ResultJson.RefuseNewer(report, File.ReadAllBytes(report));
        }
    }

    private static ProofEntry? Proof(BlueprintVersion version) => version.Proof is { } proof ? ResultJson.As<ProofEntry>(proof) : null;

    private async Task MoveAsync(FinishRequest request, string staging, string name, string target, CancellationToken cancellationToken)
    {
        var last = request.Versions[^1];
        var proof = last.Proof!;
        var spec = await store.ReadJsonAsync<PromptSpec>(request.Spec!, cancellationToken);

        // If the author's name was taken, the task gets the folder's name.
        var blueprint = await store.ReadJsonAsync<TaskBlueprint>(last.Blueprint, cancellationToken) with { TaskId = name };
        var files = TaskRenderer.WithProof(TaskPlaces.Render(blueprint, spec), new ProofNumbers
        {
            OracleReward = proof.OracleRewards.Min() ?? 0,
            OracleRuns = proof.OracleRewards.Count,
            NopReward = proof.NothingReward ?? 0,
            Mutants = proof.Mutants,
            MutantsRefused = proof.MutantsRefused,
            DataDigest = proof.DataDigest,
            Rounds = request.Result.Rounds,
        });
        var ready = TaskPlaces.Write(Path.Combine(staging, "accepted", name), files);
        if (Directory.Exists(target))
        {
            Directory.Delete(target, recursive: true);
        }

        Directory.Move(ready, target);
    }

    private async Task<IReadOnlyList<IReadOnlyList<CritiqueFinding>>> FindingsAsync(FinishRequest request, CancellationToken cancellationToken)
    {
        var all = new List<IReadOnlyList<CritiqueFinding>>();
        foreach (var version in request.Versions)
        {
            var findings = new List<CritiqueFinding>();
            foreach (var set in new[] { version.Rules, version.Model }.OfType<FindingSet>())
            {
                findings.AddRange(await store.ReadJsonAsync<IReadOnlyList<CritiqueFinding>>(set.Stored, cancellationToken));
            }

            all.Add(findings);
        }

        return all;
    }

    /// <summary>Every version's blueprint, the last one under its own name, and what was said to the models.</summary>
    private async Task KeepVersionsAsync(FinishRequest request, string artifacts, CancellationToken cancellationToken)
    {
        if (request.Spec is { } spec)
        {
            await File.WriteAllTextAsync(Path.Combine(artifacts, "prompt.json"), await IndentedAsync(spec, cancellationToken), cancellationToken);
        }

        Directory.CreateDirectory(Path.Combine(artifacts, "versions"));
        var trace = new StringBuilder();
        foreach (var version in request.Versions)
        {
            var blueprint = await IndentedAsync(version.Blueprint, cancellationToken);
            await File.WriteAllTextAsync(Path.Combine(artifacts, "versions", $"blueprint-{version.Number}.json"), blueprint, cancellationToken);
            if (version == request.Versions[^1])
            {
                await File.WriteAllTextAsync(Path.Combine(artifacts, "blueprint.json"), blueprint, cancellationToken);
            }

            foreach (var message in version.Conversation is { } said ? await store.ReadConversationAsync(said, cancellationToken) : [])
            {
                trace.Append(JsonSerializer.Serialize(new { Version = version.Number, message.Role, message.Content }, SparkJson.Options)).Append('\n');
            }
        }

        await File.WriteAllTextAsync(Path.Combine(artifacts, "trace.jsonl"), trace.ToString(), cancellationToken);
    }

    private async Task<string> IndentedAsync(ArtifactRef json, CancellationToken cancellationToken) =>
        JsonSerializer.Serialize(await store.ReadJsonAsync<JsonElement>(json, cancellationToken), SparkJson.Indented) + "\n";

    private static string Readable(FinishRequest request, IReadOnlyList<IReadOnlyList<CritiqueFinding>> findings, string? duplicate)
    {
        var status = duplicate is null ? request.Result.Status : ConstructionStatus.Rejected;
        var text = new StringBuilder($"# {request.Result.TaskId ?? request.Result.Name}: {status.ToString().ToLowerInvariant()}\n\n");
        if (request.Input.Given is { } given)
        {
            text.Append("Variant of ").Append(given.VariantOf).Append(": ").Append(given.Choices).Append("\n\n");
        }

        if ((duplicate ?? request.Result.Error) is { } error)
        {
            text.Append(error).Append("\n\n");
        }

        for (var index = 0; index < request.Versions.Count; index++)
        {
            var version = request.Versions[index];
            text.Append("## Version ").Append(version.Number).Append("\n\n").Append(version.Refused ?? "Accepted.").Append("\n\n");
            foreach (var finding in findings[index])
            {
                text.Append("- ").Append(finding).Append('\n');
            }

            foreach (var check in version.Proof?.Checks ?? [])
            {
                text.Append("- proof, ").Append(check.Name).Append(", ").Append(check.Status.ToString().ToLowerInvariant()).Append(": ").Append(check.Words).Append('\n');
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
