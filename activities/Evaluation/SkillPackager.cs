using System.Text;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Wire.TaskFiles;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Evaluation;

/// <summary>
/// Finds the skills of an arm for a task and stores what is installed of them (<see cref="SkillContents"/>), as an archive that
/// is the same bytes for the same content.
/// </summary>
internal sealed class SkillPackager(IArtifactStore store)
{
    private const long LargestSkill = 64L << 20;
    private const int LargestText = 4 << 20;
    private const int ProblemCharacters = 300;
    private const int LeftOutCharacters = 600;

    /// <summary>The skills of an arm for a task, or where they were looked for.</summary>
    /// <param name="arm">An arm with skills.</param>
    /// <param name="model">The student.</param>
    /// <param name="task">Slug of the task.</param>
    /// <param name="taskDir">Its folder.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<ArmSkills> PackAsync(EvaluationArm arm, string model, string task, string taskDir, CancellationToken cancellationToken)
    {
        var found = new ArmSkills { Arm = arm.Name, Model = arm is { Source: SkillSource.Generated, SkillSourceModel: null } ? model : null };
        var places = Places(arm, model, task, taskDir).ToList();
        var (place, skills) = places.Select(one => (one, Find(one))).FirstOrDefault(one => one.Item2.Count > 0, ("", []));
        if (skills.Count == 0)
        {
            return found with { Missing = $"no {SkillDocument.FileName} in {string.Join(" or ", places)}" };
        }

        List<string> problems = [], leftOut = [];
        await using var tar = TarPack.Scratch();
        await using (var packer = TarPacker.Reproducible(tar))
        {
            foreach (var skill in skills)
            {
                var (folder, entries, left) = SkillFolderReader.Whole(skill);
                if (arm.Source == SkillSource.Generated)
                {
                    (entries, left) = (SkillContents.Own(folder), []);
                }

                if (Refusal(folder, entries, problems) is { } refusal)
                {
                    return found with { Missing = $"{skill}: {refusal}" };
                }

                await WriteAsync(folder, entries, packer, cancellationToken);
                leftOut.AddRange(left.Select(name => $"{folder.Name}/{name}"));
            }
        }

        if (arm.Source != SkillSource.Generated && skills[0] != place)
        {
            leftOut.AddRange(Beside(place, skills));
        }

        tar.Position = 0;
        return found with
        {
            Tar = await store.PutAsync(tar, MediaTypes.Tar, cancellationToken),
            Names = string.Join(", ", skills.Select(Path.GetFileName)),
            Problem = problems.Count == 0 ? null : PlainText.OneLine(string.Join("; ", problems), ProblemCharacters),
            LeftOut = leftOut.Count == 0 ? null : PlainText.OneLine(string.Join(", ", leftOut), LeftOutCharacters),
        };
    }

    /// <summary>Whether the image of a task may hold skills: the task's own, or those of an image that was made elsewhere.</summary>
    public static bool ImageBringsSkills(string taskDir)
    {
        var dockerfile = Path.Combine(taskDir, TaskPackageReader.Dockerfile);
        return Directory.Exists(OwnSkills(taskDir)) || !File.Exists(dockerfile) || Dockerfile.Parse(File.ReadAllText(dockerfile)).Instructions.Any(one => one.Mentions("skills"))
            || TaskPackageReader.Read(TaskFolderReader.Read(taskDir)).Settings?.DockerImage is not null;
    }

    private static string OwnSkills(string taskDir) => Path.Combine(taskDir, TaskPackageReader.Environment, "skills");

    private static IEnumerable<string> Places(EvaluationArm arm, string model, string task, string taskDir)
    {
        if (arm.Source == SkillSource.Generated)
        {
            yield return ResultFolders.Below(ResultFolders.Below(arm.Root!, arm.SkillSourceModel ?? model), task);
            yield break;
        }

        // Folders keep the spelling of the task's folder, ids its slug.
        foreach (var name in arm.Root is null ? [] : new[] { Path.GetFileName(taskDir), task }.Distinct(StringComparer.Ordinal))
        {
            yield return Path.Combine(arm.Root!, name);
        }

        if (arm.Source == SkillSource.Human)
        {
            yield return OwnSkills(taskDir);
        }
        else
        {
            yield return arm.Root!;
        }
    }

    /// <summary>The folder itself when it is a skill, else the skills in it or in its folder <c>skills</c>.</summary>
    private static List<string> Find(string folder)
    {
        if (IsSkill(folder))
        {
            return [folder];
        }

        return !Directory.Exists(folder) ? []
            : [.. Directory.EnumerateDirectories(folder)
                .Where(inner => IsSkill(inner) && new DirectoryInfo(inner).LinkTarget is null)
                .Order(StringComparer.Ordinal)];
    }

    private static bool IsSkill(string folder) => SkillDocument.FileNames.Any(name => File.Exists(Path.Combine(folder, name)));

    /// <summary>What stands in a folder of skills and is none.</summary>
    private static IEnumerable<string> Beside(string place, List<string> skills) => Directory.EnumerateFileSystemEntries(place)
        .Where(entry => !skills.Contains(entry))
        .Select(entry => Path.GetFileName(entry) + (Directory.Exists(entry) ? "/" : ""))
        .Order(StringComparer.Ordinal);

    /// <summary>Why a skill cannot be installed at all; null when it can. A skill that breaks other rules is installed and listed.</summary>
    private static string? Refusal(TaskFolder folder, IReadOnlyList<TaskEntry> entries, List<string> problems)
    {
        if (entries.Sum(entry => entry.Length) > LargestSkill)
        {
            return $"its files have more than {LargestSkill >> 20} MiB";
        }

        if (SkillContents.Document(folder) is not { } file || folder.ReadBytes(file, LargestText) is not { } bytes)
        {
            return $"{SkillDocument.FileName} is not a file, or larger than {LargestText >> 20} MiB";
        }

        var text = Encoding.UTF8.GetString(bytes);
        if (string.IsNullOrWhiteSpace(text))
        {
            return $"{file.Path} is empty";
        }

        problems.AddRange(SpecificationRules.Check(text, folder.Name).Select(problem => $"{folder.Name}/{file.Path}:{problem.Line}: {problem.Message}"));
        return null;
    }

    private static async Task WriteAsync(TaskFolder folder, IReadOnlyList<TaskEntry> entries, TarPacker packer, CancellationToken cancellationToken)
    {
        packer.Folder(folder.Name + "/");
        foreach (var entry in entries)
        {
            if (entry.Kind == TaskEntryKind.Folder)
            {
                packer.Folder($"{folder.Name}/{entry.Path}/");
            }
            else
            {
                await using var content = folder.Open(entry);
                await packer.FileAsync($"{folder.Name}/{entry.Path}", content, entry.Mode | TaskEntry.PlainFile, default, cancellationToken);
            }
        }
    }
}
