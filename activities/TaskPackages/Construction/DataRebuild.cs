using System.Formats.Tar;
using System.Text;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.TaskPackages.Construction;

/// <summary>
/// Changes a build context so that the engine makes the data again: a label stands before the first instruction that
/// touches the builder, so everything before comes from the cache and everything after does not.
/// </summary>
internal sealed class DataRebuild(IArtifactStore store)
{
    /// <summary>Where tasks keep the program that makes their data.</summary>
    public const string Builder = $"scripts/{Program}";

    /// <summary>Its name alone: a step of a Dockerfile that has it makes the data.</summary>
    public const string Program = "build_data.py";

    public async Task<SecondBuild> OfAsync(TaskPackage package, CancellationToken cancellationToken)
    {
        if (package.Environment is not { } context)
        {
            return new SecondBuild(null, Why: "The task names an image and builds none, so its data cannot be built twice.");
        }

        await using var stored = await store.OpenAsync(context, cancellationToken);
        await using var reader = new TarReader(stored);
        using var result = new MemoryStream();
        var (hasBuilder, changed) = (false, false);
        await using (var writer = new TarWriter(result, TarEntryFormat.Pax, leaveOpen: true))
        {
            while (await reader.GetNextEntryAsync(copyData: true, cancellationToken) is { } entry)
            {
                hasBuilder |= entry.Name.EndsWith(Builder, StringComparison.Ordinal);
                if (entry.Name.TrimStart('.', '/') == "Dockerfile" && entry.DataStream is { } source)
                {
                    using var text = new StreamReader(source, Encoding.UTF8);
                    var labelled = Labelled(await text.ReadToEndAsync(cancellationToken));
                    changed = labelled is not null;
                    await writer.WriteEntryAsync(
                        new PaxTarEntry(TarEntryType.RegularFile, entry.Name)
                        {
                            Mode = entry.Mode,
                            ModificationTime = entry.ModificationTime,
                            DataStream = new MemoryStream(Encoding.UTF8.GetBytes(labelled ?? "")),
                        },
                        cancellationToken);
                    continue;
                }

                await writer.WriteEntryAsync(entry, cancellationToken);
            }
        }

        if (!hasBuilder || !changed)
        {
            return new SecondBuild(null, Why: $"The task has no environment/{Builder} that its Dockerfile uses, so its data is not built but given.");
        }

        var second = await store.PutBytesAsync(result.ToArray(), MediaTypes.Tar, cancellationToken);
        return new SecondBuild(second, second.Sha256);
    }

    /// <summary>A Dockerfile with the label; null where no instruction names the builder.</summary>
    internal static string? Labelled(string dockerfile)
    {
        var lines = dockerfile.Split('\n').ToList();
        var start = -1;
        for (var index = 0; index < lines.Count; index++)
        {
            var continues = index > 0 && lines[index - 1].TrimEnd().EndsWith('\\');
            if (!continues)
            {
                start = index;
            }

            var line = lines[index].TrimStart();
            if (!line.StartsWith('#') && (line.Contains("build_data", StringComparison.Ordinal) || line.Contains("scripts/", StringComparison.Ordinal)))
            {
                lines.Insert(start, "LABEL spark.data-build=\"2\"");
                return string.Join('\n', lines);
            }
        }

        return null;
    }
}
