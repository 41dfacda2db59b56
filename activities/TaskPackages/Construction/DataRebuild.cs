using System.Text;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

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
        await using var result = TarPack.Scratch();
        var (hasBuilder, changed) = (false, false);
        await using (var packer = TarPacker.Into(result))
        {
            await foreach (var entry in TarPack.ReadAsync(stored, cancellationToken))
            {
                hasBuilder |= entry.Name.EndsWith(DataBuild.Path, StringComparison.Ordinal);
                if (TarPack.PlainName(entry) == "Dockerfile" && TarPack.IsFile(entry))
                {
                    var text = await TarPack.TextAsync(entry, cancellationToken);
                    var again = DataBuild.Again(text);
                    changed = again is not null;
                    // With the time of its own entry: the archive's digest names the image, so the same context must give the same bytes.
                    using var content = new MemoryStream(Encoding.UTF8.GetBytes(again ?? text));
                    await packer.CopyAsync(entry, entry.Name, cancellationToken, content);
                    continue;
                }

                await packer.CopyAsync(entry, entry.Name, cancellationToken);
            }
        }

        if (!hasBuilder || !changed)
        {
            return new SecondBuild(null, Why: $"The task has no environment/{DataBuild.Path} that its Dockerfile uses, so its data is not built but given.");
        }

        result.Position = 0;
        var second = await store.PutAsync(result, MediaTypes.Tar, cancellationToken);
        return new SecondBuild(second, second.Sha256);
    }
}
