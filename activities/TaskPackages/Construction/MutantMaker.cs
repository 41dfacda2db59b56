using System.Security.Cryptography;
using System.Text;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.TaskPackages.Construction;

/// <summary>Wrong answers made from the right one.</summary>
internal sealed class MutantMaker(IArtifactStore store)
{
    /// <summary>Entry that holds the oracle's output; it is not one of the files that it wrote.</summary>
    private const string OracleOutput = "spark-oracle-stdout.txt";

    /// <summary>Answers are small; a dozen files are enough.</summary>
    private const int MostFiles = 12;

    /// <summary>A few places are enough to show that the answer can be read.</summary>
    private const int MostPlaces = 8;

    private const int MostTestBytes = 4 * 1024 * 1024;

    public async Task<MutantSet> MakeAsync(MutantsRequest request, CancellationToken cancellationToken)
    {
        var written = await ReadAsync(request.Changes, cancellationToken);
        written.RemoveAll(file => file.Path == OracleOutput || file.Content.Length == 0);
        var (chosen, how) = await ChooseAsync(request, written, cancellationToken);
        if (chosen.Count == 0)
        {
            return new MutantSet([], null, [], how);
        }

        var wrong = new List<MutantFiles>();
        foreach (var group in chosen.SelectMany(file => Mutants.Of(file.Content).Select(mutant => (file, mutant))).GroupBy(pair => pair.mutant.Name))
        {
            var files = group.Select(pair => pair.file with { Content = pair.mutant.Content }).ToList();
            wrong.Add(new MutantFiles(group.Key, await PackAsync(files, cancellationToken)));
        }

        return new MutantSet([.. chosen.Select(file => $"/{file.Path}")], await PackAsync(chosen, cancellationToken), wrong, how)
        {
            AnswerDigest = Convert.ToHexStringLower(SHA256.HashData(chosen.SelectMany(file => SHA256.HashData(file.Content)).ToArray())),
            SeenIn = [.. (await SeenAsync(request, chosen, cancellationToken)).Distinct(StringComparer.Ordinal).Take(MostPlaces)],
        };
    }

    /// <summary>Where the agent could read the answer: a file of the image with the same content, the build context, the instruction.</summary>
    private async Task<List<string>> SeenAsync(MutantsRequest request, List<WrittenFile> answers, CancellationToken cancellationToken)
    {
        var seen = new List<string>();
        var instruction = await store.ReadTextAsync(request.Package.Instruction, cancellationToken);
        var given = request.Package.Environment is { } context
            ? (await ReadAsync(context, cancellationToken)).Where(file => file.Content.Length <= MostTestBytes && !file.Path.EndsWith(DataBuild.Path, StringComparison.Ordinal)).ToList()
            : [];
        var before = request.Before is { } hashes ? (await store.ReadTextAsync(hashes, cancellationToken)).Split('\n') : [];
        foreach (var answer in answers.Where(file => file.Content.Length <= MostTestBytes))
        {
            seen.AddRange(CritiqueRules.AnswerSeenIn(
                Encoding.UTF8.GetString(answer.Content), instruction, given.Select(file => KeyValuePair.Create($"environment/{file.Path}", Encoding.UTF8.GetString(file.Content)))));
            var digest = Convert.ToHexStringLower(SHA256.HashData(answer.Content));
            seen.AddRange(before.Where(line => line.StartsWith(digest, StringComparison.Ordinal)).Select(line => line[digest.Length..].Trim()));
        }

        return seen;
    }

    private async Task<(List<WrittenFile> Files, string How)> ChooseAsync(
        MutantsRequest request, List<WrittenFile> written, CancellationToken cancellationToken)
    {
        if (request.OutputPath is { } output)
        {
            var answer = written.Where(file => file.Path == output.TrimStart('/')).ToList();
            return (answer, answer.Count > 0 ? "The file that the task names." : $"The oracle wrote no {output}.");
        }

        if (written.Count == 0)
        {
            return ([], "The oracle wrote no file, so there is nothing to make wrong answers from.");
        }

        var said = await store.ReadTextAsync(request.Package.Instruction, cancellationToken);
        said += string.Concat((await ReadAsync(request.Package.Tests, cancellationToken))
            .Where(file => file.Content.Length <= MostTestBytes).Select(file => Encoding.UTF8.GetString(file.Content)));
        var named = written.Where(file => said.Contains(Path.GetFileName(file.Path), StringComparison.Ordinal)).Take(MostFiles).ToList();
        return named.Count > 0
            ? (named, "Files that the oracle wrote and that instruction or tests name.")
            : ([.. written.Take(MostFiles)], "Files that the oracle wrote; neither instruction nor tests name one.");
    }

    private async Task<List<WrittenFile>> ReadAsync(ArtifactRef archive, CancellationToken cancellationToken)
    {
        await using var stream = await store.OpenAsync(archive, cancellationToken);
        var files = new List<WrittenFile>();
        await foreach (var entry in TarPack.ReadAsync(stream, cancellationToken))
        {
            if (TarPack.IsFile(entry))
            {
                files.Add(new WrittenFile(entry.Name, await TarPack.BytesAsync(entry, long.MaxValue, cancellationToken), entry.Mode, new TarOwner(entry.Uid, entry.Gid)));
            }
        }

        return files;
    }

    private async Task<ArtifactRef> PackAsync(IReadOnlyList<WrittenFile> files, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        await using (var packer = TarPacker.Reproducible(buffer))
        {
            foreach (var file in files)
            {
                packer.File(file.Path, file.Content, file.Mode, file.Owner);
            }
        }

        buffer.Position = 0;
        return await store.PutAsync(buffer, MediaTypes.Tar, cancellationToken);
    }

    /// <param name="Path">Absolute path without the leading slash.</param>
    /// <param name="Content">Its bytes.</param>
    /// <param name="Mode">Permissions.</param>
    /// <param name="Owner">Its owner.</param>
    private sealed record WrittenFile(string Path, byte[] Content, UnixFileMode Mode, TarOwner Owner);
}
