using System.Text;
using Spark.Temporal.Activities.Agents.Proxy;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Skills;

namespace Spark.Temporal.Activities.Agents;

/// <summary>Reads what a run's skills are called and say, to tell an agent of them and to see whether it was shown them.</summary>
internal sealed class SkillTracer(IArtifactStore store)
{
    private const long MostBytes = 1024 * 1024;

    /// <param name="skills">Tar with one folder per skill at its root.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<SkillTrace>> ReadAsync(ArtifactRef skills, CancellationToken cancellationToken)
    {
        List<SkillTrace> found = [];
        await using var stored = await store.OpenAsync(skills, cancellationToken);
        await foreach (var entry in TarPack.ReadAsync(stored, cancellationToken))
        {
            if (TarPack.IsFile(entry) && entry.Name.Split('/', StringSplitOptions.RemoveEmptyEntries) is [var name, var file]
                && SkillDocument.FileNames.Contains(file) && !found.Exists(known => known.Name == name))
            {
                found.Add(SkillTrace.Of(name, Encoding.UTF8.GetString(await TarPack.BytesAsync(entry, MostBytes, cancellationToken))) with { File = file });
            }
        }

        return found;
    }

    /// <summary>The task with its skills named, for an agent that knows none by itself.</summary>
    public static string Tell(string task, IReadOnlyList<SkillTrace> skills, string? folder) => skills.Count == 0 || folder is null ? task
        : $"""
        {task.TrimEnd()}

        Skills: notes by people who did such tasks before. Read a skill's file with the shell before you begin, where it fits the task.
        {string.Join('\n', skills.Select(skill => $"- {skill.Name}{(skill.Description.Length > 0 ? $": {skill.Description}" : "")} (file: {folder.TrimEnd('/')}/{skill.Name}/{skill.File})"))}

        """;
}
