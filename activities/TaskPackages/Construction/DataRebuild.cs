using System.Formats.Tar;
using System.Text;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.TaskPackages.Construction;

/// <summary>
/// Changes a build context so that the engine makes the data again (<see cref="DataBuild.Again"/>).
/// </summary>
internal sealed class DataRebuild(IArtifactStore store)
{
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
                hasBuilder |= entry.Name.EndsWith(DataBuild.Path, StringComparison.Ordinal);
                if (entry.Name.TrimStart('.', '/') == "Dockerfile" && entry.DataStream is { } source)
                {
                    using var text = new StreamReader(source, Encoding.UTF8);
                    var labelled = DataBuild.Again(await text.ReadToEndAsync(cancellationToken));
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
            return new SecondBuild(null, Why: $"The task has no environment/{DataBuild.Path} that its Dockerfile uses, so its data is not built but given.");
        }

        var second = await store.PutBytesAsync(result.ToArray(), MediaTypes.Tar, cancellationToken);
        return new SecondBuild(second, second.Sha256);
    }
}
