using System.Globalization;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>Which builder a Dockerfile gets.</summary>
public enum ImageBuilder
{
    /// <summary>BuildKit where this host has it and the Dockerfile needs it, or builds are limited by <c>Sandbox:BuildCgroup</c>; else the classic builder.</summary>
    Auto,

    /// <summary>The engine's classic builder, whose steps have limits of their own.</summary>
    Classic,

    /// <summary>BuildKit, always.</summary>
    BuildKit,
}

/// <summary>What of a Dockerfile only BuildKit understands.</summary>
public static class BuildKitFeatures
{
    private static readonly Dictionary<string, string[]> Flags = new()
    {
        ["RUN"] = ["mount", "network", "security", "device"],
        ["COPY"] = ["chmod", "link", "parents", "exclude"],
        ["ADD"] = ["chmod", "link", "exclude", "checksum", "keep-git-dir", "unpack"],
    };

    /// <summary>Whether BuildKit builds it.</summary>
    /// <param name="wanted">The host's setting.</param>
    /// <param name="ready">Whether engine and client of the host have BuildKit.</param>
    /// <param name="limited">Whether the host limits what BuildKit runs.</param>
    /// <param name="file">The Dockerfile.</param>
    public static bool Takes(ImageBuilder wanted, bool ready, bool limited, Dockerfile file) => wanted switch
    {
        ImageBuilder.BuildKit => true,
        ImageBuilder.Classic => false,
        _ => ready && (limited || ClassicDockerfile.IsNeeded(file) || Missing(file).Count > 0),
    };

    /// <summary>What the classic builder cannot do of a Dockerfile, also once it is rewritten for it; each with its line.</summary>
    public static IReadOnlyList<string> Missing(Dockerfile file) =>
    [
        .. file.Instructions.SelectMany(instruction => Flags.GetValueOrDefault(instruction.Keyword, [])
            .Where(flag => instruction.Flag(flag) is not null && !ClassicDockerfile.DoesWithout(instruction, flag))
            .Select(flag => $"line {instruction.Line.ToString(CultureInfo.InvariantCulture)}: {instruction.Keyword} --{flag}")),
    ];
}
