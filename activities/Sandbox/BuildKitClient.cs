using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>
/// Builds by the engine's BuildKit, which is reached only by a client with a session: Docker's own, <c>docker buildx</c>. Whether the
/// engine has BuildKit is found out by the same client.
/// </summary>
internal sealed class BuildKitClient(HostProgram programs, SandboxOptions options)
{
    private const int LastLines = 5;

    private bool? _ready;

    /// <summary>Whether engine and client have it.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken) =>
        _ready ??= await programs.TryAsync(["docker", "buildx", "inspect", "default"], cancellationToken) is { ExitCode: 0 } end && IsReady(end.Output);

    /// <summary>Reads what the client says of the builder that is the engine itself.</summary>
    internal static bool IsReady(string inspected)
    {
        var facts = inspected.Split('\n').Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries)).Where(pair => pair.Length == 2).ToLookup(pair => pair[0], pair => pair[1]);
        return facts["Driver"].Contains("docker") && facts["Status"].Contains("running");
    }

    /// <summary>Builds an image from a context (tar with a Dockerfile at its root).</summary>
    /// <exception cref="ImageException">The Dockerfile does not build.</exception>
    public async Task BuildAsync(Stream context, BuildSpec spec, Action<string> output, CancellationToken cancellationToken)
    {
        var end = await programs.RunAsync(Command(spec, options.BuildCgroup), Path.GetTempPath(), new Dictionary<string, string>(), () => { }, cancellationToken, context, output);
        if (end.ExitCode != 0)
        {
            var lines = end.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            throw new ImageException(PlainText.OneLine(lines.LastOrDefault(line => line.StartsWith("ERROR:", StringComparison.Ordinal)) ?? string.Join(' ', lines.TakeLast(LastLines)), 1_000));
        }
    }

    /// <summary>The command; its context is its input.</summary>
    internal static IReadOnlyList<string> Command(BuildSpec spec, string? cgroup) =>
    [
        "docker", "buildx", "build", "--builder", "default", "--load", "--progress", "plain", "--tag", spec.Tag,
        .. spec.Labels.SelectMany(label => new[] { "--label", $"{label.Key}={label.Value}" }),
        .. spec.Arguments.SelectMany(argument => new[] { "--build-arg", $"{argument.Key}={argument.Value}" }),
        .. cgroup is { Length: > 0 } ? new[] { "--cgroup-parent", cgroup } : [],
        "-",
    ];
}
