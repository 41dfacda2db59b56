using Spark.Temporal.Domain.Results;
using Spark.Temporal.Workflows.Messages;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Spark.Temporal.Activities.TaskPackages;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Wire.TaskFiles;

namespace Spark.Temporal.Activities.Batches;

/// <summary>
/// What the items of a batch are made from, a class for each kind of work: which sources there are, what their content is, and
/// the settings that decide the result (not where it is written, nor what it may cost).
/// </summary>
internal abstract class ItemSources
{
    /// <summary>Those of the kind of work.</summary>
    public static ItemSources Of(BatchWork work) => work switch
    {
        SkillWork { Run.Agent: AgentNames.Replay } skill => new RecordingSources(skill.Run),
        SkillWork skill => new SkillSources(skill.Run),
        ConstructionWork construction => new PromptSources(construction.Run),
        TrialWork trials => new TrialSources(trials),
        _ => throw new NotSupportedException($"{work.GetType().Name} has no sources."),
    };

    /// <summary>All items, in order, not yet numbered; and the tasks that cannot run.</summary>
    /// <exception cref="FormatException">The selection gives nothing that can run.</exception>
    public async Task<(List<BatchItem> Items, IReadOnlyList<LeftOutTasks> LeftOut)> ItemsAsync(BatchSource selection, CancellationToken cancellationToken)
    {
        var (sources, leftOut) = Find(selection);
        var content = new string[sources.Length];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, sources.Length),
            new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken },
            async (index, cancelled) => content[index] = await DigestAsync(sources[index].Path, cancelled));
        return ([.. Items([.. sources.Select((source, index) => (source.Name, source.Path, content[index]))])], leftOut);
    }

    protected abstract Found Find(BatchSource selection);

    /// <param name="Sources">What items are made from.</param>
    /// <param name="LeftOut">Tasks that cannot run.</param>
    protected sealed record Found((string Name, string Path)[] Sources, IReadOnlyList<LeftOutTasks> LeftOut);

    /// <summary>Digest of a source's content.</summary>
    protected virtual Task<string> DigestAsync(string path, CancellationToken cancellationToken) =>
        TaskPackager.DigestAsync(TaskFolderReader.Read(path), cancellationToken);

    protected abstract IEnumerable<BatchItem> Items(IReadOnlyList<(string Name, string Path, string Content)> sources);

    /// <summary>One item for each source.</summary>
    protected static IEnumerable<BatchItem> OneEach<T>(IEnumerable<(string Name, string Path, string Content)> sources, T settings)
    {
        var json = Json(settings);
        return sources.Select(source => new BatchItem { Number = 0, Name = source.Name, Source = source.Path, Digest = Digest(source.Content, json) });
    }

    protected static async Task<string> FileDigestAsync(string path, CancellationToken cancellationToken) =>
        Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path, cancellationToken)));

    public static string Json<T>(T value) => JsonSerializer.Serialize(value, SparkJson.Options);

    /// <summary>Digest of an item: of its content and the settings that decide its result.</summary>
    public static string Digest(string content, string settings) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{content}\n{settings}")))[..32];

    /// <summary>Tasks; a skill is made for each.</summary>
    private class SkillSources(SkillGenerationInput run) : ItemSources
    {
        protected override Found Find(BatchSource selection) => Tasks(selection);

        protected override IEnumerable<BatchItem> Items(IReadOnlyList<(string Name, string Path, string Content)> sources) => OneEach(
            sources, run with { TaskDir = "", Batch = "", OutDir = "", ResultsRoot = null, BudgetUsd = null, BudgetTokens = null, Parent = null });
    }

    /// <summary>Recorded skill runs.</summary>
    private sealed class RecordingSources(SkillGenerationInput run) : SkillSources(run)
    {
        protected override Found Find(BatchSource selection) =>
            new([.. BatchSelection.Recordings(selection).Select(recording => (recording.Name, recording.Folder))], []);

        protected override Task<string> DigestAsync(string path, CancellationToken cancellationToken) =>
            FileDigestAsync(Path.Combine(path, TrajectoryFile.FileName), cancellationToken);
    }

    /// <summary>Prompt files; a task is made from each.</summary>
    private sealed class PromptSources(ConstructionInput run) : ItemSources
    {
        protected override Found Find(BatchSource selection) =>
            new([.. BatchSelection.Prompts(selection).Select(prompt => (prompt.Name, prompt.File))], []);

        protected override Task<string> DigestAsync(string path, CancellationToken cancellationToken) => FileDigestAsync(path, cancellationToken);

        protected override IEnumerable<BatchItem> Items(IReadOnlyList<(string Name, string Path, string Content)> sources) => OneEach(
            sources, run with { PromptFile = "", Name = "", Batch = "", OutDir = "", BudgetUsd = null, BudgetTokens = null, Parent = null });
    }

    /// <summary>Tasks, each tried with every template, several times.</summary>
    private sealed class TrialSources(TrialWork work) : ItemSources
    {
        protected override Found Find(BatchSource selection) => Tasks(selection);

        /// <summary>Arms side by side: a batch that ends early has compared some tasks, not run one arm of all.</summary>
        protected override IEnumerable<BatchItem> Items(IReadOnlyList<(string Name, string Path, string Content)> sources)
        {
            var settings = work.Trials.Select(trial => Json(trial with
            {
                Key = "",
                Input = trial.Input with { TaskDir = null, Batch = "", OutDir = null, BudgetUsd = null, BudgetTokens = null, Parent = null },
            })).ToList();
            return Enumerable.Range(1, Math.Max(1, work.Repeats)).SelectMany(repeat => sources.SelectMany(source =>
                work.Trials.Select((trial, arm) => new BatchItem
                {
                    Number = 0,
                    Name = source.Name,
                    Source = source.Path,
                    Template = trial.Key,
                    Repeat = repeat,
                    Digest = Digest(source.Content, $"{settings[arm]}\n{repeat}"),
                })));
        }
    }

    private static Found Tasks(BatchSource selection)
    {
        var chosen = BatchSelection.Tasks(selection);
        return new Found([.. chosen.Tasks.Select(task => (task.Name, task.Directory))], chosen.LeftOut);
    }
}
