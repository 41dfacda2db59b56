using System.Text;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>Reads and checks a whole task folder. Pure: it sees a listing and reads content through it.</summary>
public static class TaskPackageReader
{
    public const string Instruction = "instruction.md";
    public const string Environment = "environment";
    public const string Dockerfile = "environment/Dockerfile";
    public const string Tests = "tests";
    public const string TestScript = "tests/test.sh";
    public const string VerifierDockerfile = "tests/Dockerfile";
    public const string Solution = "solution";
    public const string SolutionScript = "solution/solve.sh";
    private const string Compose = ComposeProject.File;
    private const string ComposeOtherName = "environment/docker-compose.yml";

    /// <summary>Longest text file that is read whole, in bytes.</summary>
    private const int MostTextBytes = 1024 * 1024;

    public static TaskReadResult Read(TaskFolder folder)
    {
        var findings = new TaskFindings();
        var file = folder.Find(TomlSection.File);
        var there = file is { Kind: TaskEntryKind.File };
        if (!there)
        {
            findings.Refuse(TaskRefusal.Incomplete, TomlSection.File, 0, "is missing", "every Harbor task has this file; write one, or name the task's own folder");
        }

        var text = !there ? null : ReadText(folder, TomlSection.File, findings);
        var toml = text is null ? null : TaskTomlReader.Read(text, findings);
        if (toml is not null && Foreign(folder, toml) is { } foreign)
        {
            return new TaskReadResult(null, null, null, [foreign]) { IsHarborTask = false };
        }

        CheckLinks(folder, findings);
        string? instruction = null;
        IReadOnlyList<string>? instructions = null;
        var settings = ReadEnvironment(folder, toml?.Settings, findings);
        if (toml is { MultiStep: true, Settings.Steps: { } steps })
        {
            instructions = StepsReader.Instructions(folder, steps, path => ReadText(folder, path, findings), findings);
            instruction = StepsReader.Whole(steps, instructions);
        }
        else
        {
            instruction = ReadInstruction(folder, findings);
            CheckTests(folder, toml?.Settings.Separate, findings);
            CheckSolution(folder, findings);
        }

        IReadOnlyList<TaskFinding> ordered = [.. findings.All.OrderBy(finding => finding.File == TomlSection.File ? 0 : 1).ThenBy(finding => finding.Line)];
        if (settings?.Separate is { } separate)
        {
            settings = settings with { Separate = separate with { OwnImage = folder.Find(VerifierDockerfile) is { Kind: TaskEntryKind.File, Length: > 0 } } };
        }

        return new TaskReadResult(settings, toml?.QualifiedName, instruction, ordered) { StepInstructions = instructions };
    }

    /// <summary>
    /// A file of another tool: it has that tool's keys, and parts that a Harbor task needs are missing. If Harbor's layout
    /// is complete, the task runs, and the other keys are only unknown ones.
    /// </summary>
    private static TaskFinding? Foreign(TaskFolder folder, TaskToml toml)
    {
        string[] missing = [.. new[] { Instruction, TestScript }.Where(path => folder.Find(path) is null)];
        if (toml.MultiStep || missing.Length == 0)
        {
            return null;
        }

        if (ForeignTaskFile.Sign(toml.Root) is { } sign)
        {
            return new TaskFinding(
                FindingSeverity.Error, TomlSection.File, sign.Line,
                $"is not a Harbor task: it has '{sign.Key}', which Harbor does not know, and {string.Join(" and ", missing)} is missing",
                "convert it to Harbor's layout") { Refusal = TaskRefusal.NotATask };
        }

        return missing.Length == 2 && !folder.Entries.Any(entry => entry.Path is Environment or Tests or Solution)
            ? new TaskFinding(
                FindingSeverity.Error, TomlSection.File, 0,
                "is not a Harbor task: neither instruction.md nor environment/ nor tests/ is beside it",
                "name the folder of a task") { Refusal = TaskRefusal.NotATask }
            : null;
    }

    private static string? ReadInstruction(TaskFolder folder, TaskFindings findings)
    {
        if (folder.Find(Instruction) is not { Kind: TaskEntryKind.File })
        {
            findings.Refuse(TaskRefusal.Incomplete, Instruction, 0, "is missing", "write what the agent must do");
            return null;
        }

        var text = ReadText(folder, Instruction, findings);
        var instruction = text is null ? null : CanaryComments.Off(text);
        if (instruction is not null && string.IsNullOrWhiteSpace(instruction))
        {
            findings.Refuse(TaskRefusal.Incomplete, Instruction, 0, "is empty", "write what the agent must do");
        }

        return instruction;
    }

    /// <summary>The settings with those of a compose file.</summary>
    private static TaskSettings? ReadEnvironment(TaskFolder folder, TaskSettings? settings, TaskFindings findings)
    {
        if (folder.Find(Environment) is { Kind: not TaskEntryKind.Folder })
        {
            findings.Refuse(TaskRefusal.Unreadable, Environment, 0, "is not a folder", "it must be a folder with a Dockerfile");
            return settings;
        }

        var dockerfile = folder.Find(Dockerfile);
        if (folder.Find(Compose) is { Kind: TaskEntryKind.File } && ReadText(folder, Compose, findings) is { } compose)
        {
            var composed = ComposeReader.Read(compose, settings ?? new TaskSettings(), dockerfile is not null, findings);
            settings = settings is null ? null : composed;
            if (settings is { Compose.Services.Count: > 0 } && NetworkMode.Allowlist is var list
                && (settings.Network == list || settings.AgentNetwork == list || settings.VerifierNetwork == list || (settings.Steps?.Any(step => step.AgentNetwork == list || step.VerifierNetwork == list) ?? false)))
            {
                findings.NotSupported(Compose, 0, "a task with several services and a network that lets only listed hosts pass", "write network_mode = \"public\" or \"no-network\"");
            }
        }
        else if (folder.Find(ComposeOtherName) is not null)
        {
            findings.Warning(ComposeOtherName, 0, "is not read, and Harbor does not read it either", "remove it, or name it docker-compose.yaml");
        }

        switch (dockerfile)
        {
            case { Kind: TaskEntryKind.File, Length: > 0 }:
                break;
            case { Kind: TaskEntryKind.File }:
                findings.Refuse(TaskRefusal.Incomplete, Dockerfile, 0, "is empty", "write the image's build, or remove the file and name docker_image in task.toml");
                break;
            case null when settings?.DockerImage is not null || findings.All.Any(finding => finding is { File: Compose, Severity: FindingSeverity.Error }):
                break;
            default:
                findings.Refuse(TaskRefusal.Incomplete, Dockerfile, 0, "is missing", "write one, or name docker_image under [environment] in task.toml");
                break;
        }

        return settings;
    }

    private static void CheckTests(TaskFolder folder, SeparateVerifier? separate, TaskFindings findings)
    {
        switch (folder.Find(TestScript))
        {
            case { Kind: TaskEntryKind.File, Length: > 0 }:
                break;
            case { Kind: TaskEntryKind.File }:
                findings.Refuse(TaskRefusal.Incomplete, TestScript, 0, "is empty", "it must write /logs/verifier/reward.txt or reward.json");
                break;
            default:
                findings.Refuse(TaskRefusal.Incomplete, TestScript, 0, "is missing", "write the script that checks the result and writes /logs/verifier/reward.txt");
                break;
        }

        if (separate is null && folder.Find(VerifierDockerfile) is not null)
        {
            findings.Note("tests/Dockerfile", 0, "is not built: the verifier runs in the agent's container");
        }
    }

    private static void CheckSolution(TaskFolder folder, TaskFindings findings)
    {
        if (folder.Find(SolutionScript) is not { Kind: TaskEntryKind.File })
        {
            var what = folder.Find(Solution) is null ? "is missing" : "is missing though there is a solution folder";
            findings.Warning(SolutionScript, 0, what, "without it the oracle cannot run");
        }
    }

    private static void CheckLinks(TaskFolder folder, TaskFindings findings)
    {
        foreach (var entry in folder.Entries)
        {
            if (entry.Kind == TaskEntryKind.Special)
            {
                findings.Refuse(TaskRefusal.Unreadable, entry.Path, 0, "is neither a file nor a folder nor a link", "remove it");
            }
            else if (entry.Kind == TaskEntryKind.Link && folder.LeadsOut(entry.Path))
            {
                findings.Refuse(TaskRefusal.Forbidden, entry.Path, 0, $"is a link that leads out of the task's folder, to {entry.Target}", "put the content itself there");
            }
        }
    }

    private static string? ReadText(TaskFolder folder, string path, TaskFindings findings)
    {
        if (folder.ReadBytes(folder.Find(path)!, MostTextBytes) is not { } bytes)
        {
            findings.Refuse(TaskRefusal.Unreadable, path, 0, "is longer than 1 MiB", "keep data in environment/");
            return null;
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            findings.Refuse(TaskRefusal.Unreadable, path, 0, "is not UTF-8 text", "save it as UTF-8");
            return null;
        }
    }
}
