using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Wire.TaskFiles;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.TaskPackages;

/// <summary>A task's folder holds errors; they are in <see cref="Findings"/> and, one a line, in the message.</summary>
internal sealed class InvalidTaskException(string path, IReadOnlyList<TaskFinding> findings)
    : Exception($"The task in {path} cannot be run:\n{string.Join('\n', findings)}")
{
    public IReadOnlyList<TaskFinding> Findings { get; } = findings;
}

/// <summary>
/// Puts a task into the artifact store: its parts as archives that are the same bytes for the same content (sorted, no
/// times, no owners), streamed, so that size costs no memory.
/// </summary>
internal sealed class TaskPackager(IArtifactStore store)
{
    /// <summary>Reads, checks and stores a task.</summary>
    /// <exception cref="InvalidTaskException">It cannot be run as it is.</exception>
    public async Task<TaskPackage> PackAsync(string path, CancellationToken cancellationToken)
    {
        var root = Path.GetFullPath(path);
        if (!Directory.Exists(root))
        {
            throw new InvalidTaskException(path, [new TaskFinding(FindingSeverity.Error, path, 0, "there is no such folder", "name the folder of a Harbor task")]);
        }

        var folder = Listed(path, root);
        var read = TaskPackageReader.Read(folder);
        if (!read.IsValid || read.Settings is null || read.Instruction is null)
        {
            throw new InvalidTaskException(path, read.Findings);
        }

        var ignore = ReadIgnore(folder);
        var compose = read.Settings.Compose;
        var environment = folder.Find(TaskPackageReader.Dockerfile) is null && compose is not { Services.Count: > 0 }
            ? null
            : await StoreAsync(folder, TaskPackageReader.Environment, ignore, cancellationToken);
        var tests = await StoreAsync(folder, TaskPackageReader.Tests, null, cancellationToken);
        return new TaskPackage
        {
            Name = PlainText.Slug(folder.Name),
            QualifiedName = read.QualifiedName,
            SourcePath = root,
            Digest = await DigestAsync(folder, cancellationToken),
            EnvironmentDigest = EnvironmentDigest(environment, read.Settings.DockerImage, compose?.BuildArgs),
            Instruction = await store.PutTextAsync(read.Instruction, cancellationToken, MediaTypes.Markdown),
            Environment = environment,
            Tests = tests,
            Solution = folder.Find(TaskPackageReader.SolutionScript) is null
                ? null
                : await StoreAsync(folder, TaskPackageReader.Solution, null, cancellationToken),
            Steps = read.Settings.Steps is { } steps ? await StepsAsync(folder, steps, read.StepInstructions ?? [], cancellationToken) : null,
            VerifierEnvironment = read.Settings.Separate is { OwnImage: true } ? tests : null,
            Settings = read.Settings,
            Notes = [.. read.Findings.Select(finding => finding.ToString())],
        };
    }

    private async Task<IReadOnlyList<StepPackage>> StepsAsync(
        TaskFolder folder, IReadOnlyList<TaskStep> steps, IReadOnlyList<string> instructions, CancellationToken cancellationToken)
    {
        List<StepPackage> packages = [];
        foreach (var (step, instruction) in steps.Zip(instructions))
        {
            var root = $"{StepsReader.Folder}/{step.Name}";
            packages.Add(new StepPackage(
                step.Name,
                await store.PutTextAsync(instruction, cancellationToken, MediaTypes.Markdown),
                await StoreAsync(folder, TaskPackageReader.Tests, null, cancellationToken, over: $"{root}/{TaskPackageReader.Tests}"),
                await PartAsync(folder, $"{root}/{TaskPackageReader.Solution}", folder.Find($"{root}/{TaskPackageReader.SolutionScript}") is not null, cancellationToken),
                await PartAsync(folder, $"{root}/{StepsReader.Workdir}", folder.Find($"{root}/{StepsReader.Workdir}") is { Kind: TaskEntryKind.Folder }, cancellationToken))
            {
                Setup = folder.Find($"{root}/{StepsReader.Workdir}/{StepsReader.SetupScript}") is { Kind: TaskEntryKind.File },
            });
        }

        return packages;
    }

    private async Task<ArtifactRef?> PartAsync(TaskFolder folder, string part, bool there, CancellationToken cancellationToken) =>
        there ? await StoreAsync(folder, part, null, cancellationToken) : null;

    private static TaskFolder Listed(string path, string root)
    {
        try
        {
            return TaskFolderReader.Read(root);
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new InvalidTaskException(path, [new TaskFinding(FindingSeverity.Error, path, 0, refused.Message, "let the worker's user read the whole folder")]);
        }
    }

    private static DockerIgnore? ReadIgnore(TaskFolder folder) =>
        folder.Find("environment/.dockerignore") is { Kind: TaskEntryKind.File } file && folder.ReadBytes(file, 1024 * 1024) is { } bytes
            ? new DockerIgnore(Encoding.UTF8.GetString(bytes))
            : null;

    /// <summary>If an image is named beside a Dockerfile, the container may start from either.</summary>
    private static string EnvironmentDigest(ArtifactRef? environment, string? image, IReadOnlyDictionary<string, string>? arguments) =>
        environment is not null && image is null && arguments is null
            ? environment.Sha256
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{environment?.Sha256}\n{image}{string.Concat((arguments ?? new Dictionary<string, string>()).Select(pair => $"\0{pair.Key}={pair.Value}"))}")));

    private async Task<ArtifactRef> StoreAsync(TaskFolder folder, string part, DockerIgnore? ignore, CancellationToken cancellationToken, string? over = null)
    {
        var pipe = new Pipe();
        var writing = WriteAsync();
        await using var reading = pipe.Reader.AsStream();
        var reference = await store.PutVerbatimAsync(reading, MediaTypes.Tar, cancellationToken);
        await writing;
        return reference;

        async Task WriteAsync()
        {
            try
            {
                await using var stream = pipe.Writer.AsStream(leaveOpen: true);
                await TaskTar.WriteAsync(folder, part, ignore, stream, cancellationToken, over);
                await pipe.Writer.CompleteAsync();
            }
            catch (Exception failure)
            {
                // The reader gets the error: the store must not take half an archive for a whole one.
                await pipe.Writer.CompleteAsync(failure);
            }
        }
    }

    /// <summary>SHA-256 over the path, kind, run bit and content of every entry.</summary>
    internal static async Task<string> DigestAsync(TaskFolder folder, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var entry in folder.Entries)
        {
            var content = entry.Target ?? "";
            if (entry.Kind == TaskEntryKind.File)
            {
                await using var stream = folder.Open(entry);
                content = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
            }

            var runs = entry.Kind == TaskEntryKind.File && entry.Mode.HasFlag(UnixFileMode.UserExecute);
            hash.AppendData(Encoding.UTF8.GetBytes($"{entry.Path}\0{entry.Kind}\0{runs}\0{content}\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
