using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Builds a task's context with the builder that it gets, and rewrites for the classic one what that cannot read.</summary>
internal sealed class ImageBuilds(IContainerGateway gateway, BuildKitClient buildKit, SandboxOptions options)
{
    private const string File = "Dockerfile";
    private const long MiB = 1024 * 1024;

    /// <summary>Builds an image from a context (tar with a Dockerfile at its root).</summary>
    /// <exception cref="ImageException">The Dockerfile does not build.</exception>
    public async Task<ImageFacts> BuildAsync(Stream context, BuildSpec spec, Action<string> output, List<string> notes, CancellationToken cancellationToken)
    {
        await using var kept = await SeekableAsync(context, cancellationToken);
        var text = (await TarPack.TextsAsync(kept, [File], cancellationToken)).GetValueOrDefault(File, "");
        kept.Position = 0;
        var file = Dockerfile.Parse(text);
        var limited = options.BuildCgroup is { Length: > 0 };
        var ready = options.Builder != ImageBuilder.Classic && await buildKit.IsReadyAsync(cancellationToken);
        if (BuildKitFeatures.Takes(options.Builder, ready, limited, file))
        {
            return await ByBuildKitAsync(kept, spec, ready, limited, output, notes, cancellationToken);
        }

        if (BuildKitFeatures.Missing(file) is { Count: > 0 } missing)
        {
            throw new ImageException($"{string.Join("; ", missing)} needs BuildKit, which this host does not {(ready ? "use" : "have")}; install Docker's buildx plugin beside an engine with BuildKit, or leave it out");
        }

        if (!ClassicDockerfile.IsNeeded(file))
        {
            return await ByClassicAsync(kept, spec, output, cancellationToken);
        }

        var classic = await ClassicAsync(file, spec, output, cancellationToken);
        await using var rewritten = await WithAsync(kept, File, classic.Text, classic.Files, cancellationToken);
        return await ByClassicAsync(rewritten, spec, output, cancellationToken);
    }

    /// <summary>Builds by the classic builder as it is, within the host's limits.</summary>
    /// <exception cref="ImageException">The Dockerfile does not build.</exception>
    public async Task<ImageFacts> ByClassicAsync(Stream context, BuildSpec spec, Action<string> output, CancellationToken cancellationToken)
    {
        var memory = Math.Min(options.BuildMemoryMb * MiB, (await gateway.DescribeAsync(cancellationToken)).MemoryBytes);
        var limits = new BuildLimits(BuildLimits.Own(memory), options.BuildCpus, options.BuildPids);
        try
        {
            return await gateway.BuildImageAsync(context, spec with { Limits = limits }, output, cancellationToken);
        }
        catch (ImageException killed) when (killed.Message.Contains("non-zero code: 137", StringComparison.Ordinal))
        {
            throw new ImageException($"{killed.Message} (killed; a step may have {memory / MiB} MiB of memory, {SandboxOptions.Section}:{nameof(SandboxOptions.BuildMemoryMb)})");
        }
    }

    private async Task<ImageFacts> ByBuildKitAsync(
        Stream context, BuildSpec spec, bool ready, bool limited, Action<string> output, List<string> notes, CancellationToken cancellationToken)
    {
        if (!ready)
        {
            throw new ImageException($"{SandboxOptions.Section}:{nameof(SandboxOptions.Builder)} asks for BuildKit, but 'docker buildx inspect default' does not find it running on this host");
        }

        if (!limited)
        {
            notes.Add($"built by BuildKit without limits of memory, CPUs and processes; {SandboxOptions.Section}:{nameof(SandboxOptions.BuildCgroup)} gives it some");
        }

        await buildKit.BuildAsync(context, spec, output, cancellationToken);
        return await gateway.FindImageAsync(spec.Tag, cancellationToken) ?? throw new ImageException("The build ended without an image.");
    }

    private async Task<ClassicDockerfile> ClassicAsync(Dockerfile file, BuildSpec spec, Action<string> output, CancellationToken cancellationToken)
    {
        try
        {
            var bases = new Dictionary<string, DockerBase>();
            foreach (var name in ClassicDockerfile.Bases(file, spec.Arguments))
            {
                if (await BaseAsync(name, output, cancellationToken) is { } known)
                {
                    bases[name] = new DockerBase(known.Environment, known.Shell);
                }
            }

            return ClassicDockerfile.Of(file, spec.Arguments, bases);
        }
        catch (FormatException problem)
        {
            throw new ImageException(problem.Message);
        }
    }

    /// <summary>The base image, whose variables and shell hold in the here-documents. The builder would pull it too.</summary>
    private async Task<ImageFacts?> BaseAsync(string name, Action<string> output, CancellationToken cancellationToken)
    {
        try
        {
            return await gateway.FindImageAsync(name, cancellationToken) ?? await gateway.PullImageAsync(name, output, cancellationToken);
        }
        catch (ImageException)
        {
            // The builder says at its FROM that there is no such image.
            return null;
        }
    }

    /// <summary>A build context with another text of one file, and with more files.</summary>
    private static Task<Stream> WithAsync(Stream context, string name, string text, IReadOnlyList<ContextFile> files, CancellationToken cancellationToken) => Tars.RewriteAsync(
        context,
        async (entry, packer) =>
        {
            if (TarPack.PlainName(entry) == name && TarPack.IsFile(entry))
            {
                packer.File(entry.Name, text, entry.Mode);
            }
            else
            {
                await packer.CopyAsync(entry, entry.Name, cancellationToken);
            }
        },
        cancellationToken,
        packer =>
        {
            foreach (var file in files)
            {
                packer.File(file.Path, file.Content, file.Mode);
            }
        });

    private static async Task<Stream> SeekableAsync(Stream context, CancellationToken cancellationToken)
    {
        if (context.CanSeek)
        {
            return context;
        }

        var kept = TarPack.Scratch();
        await context.CopyToAsync(kept, cancellationToken);
        kept.Position = 0;
        return kept;
    }
}
