using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Docker.DotNet;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>
/// Ends a build that writes too much, while it writes. The engine has no quota for builds, overlay supports none on most file
/// systems, and <c>ulimit -f</c> counts one file at a time and only if the Dockerfile asks for it. So the writable layer of each
/// step's container is measured, as that of a running task is. There are two limits: the step that makes a task's data may write
/// as much as the task's own storage, and all steps together as much as the host allows.
/// </summary>
/// <remarks>
/// A step can imitate the builder's output. So a container that was named once stays watched, and stays with the step that
/// named it. No container is ended by that name: the request for the build is closed, and the engine then kills and removes
/// the step's own container.
/// </remarks>
internal sealed partial class BuildWatch(IContainerGateway gateway, long dataBytes, long allBytes)
{
    private const long MiB = 1024 * 1024;

    /// <summary>Least time between two looks; a fast disk takes one gigabyte meanwhile.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(400);

    private readonly ConcurrentDictionary<string, string> _steps = [];
    private readonly Dictionary<string, long> _sizes = [];
    private string _step = "";

    /// <summary>Why the build was ended; null while it was not.</summary>
    public string? Excess { get; private set; }

    /// <summary>Takes what the builder prints.</summary>
    public void Read(string output)
    {
        foreach (var line in output.Split('\n'))
        {
            if (Step().Match(line) is { Success: true } step)
            {
                _step = step.Groups[1].Value;
            }
            else if (Container().Match(line) is { Success: true } container)
            {
                _steps.TryAdd(container.Groups[1].Value, _step);
            }
        }
    }

    /// <summary>Looks again and again until the build is over, or ends it.</summary>
    public async Task WatchAsync(CancellationTokenSource build)
    {
        try
        {
            while (true)
            {
                var clock = Stopwatch.StartNew();
                await LookAsync(build.Token);
                if (Excess is not null)
                {
                    await build.CancelAsync();
                    return;
                }

                // Measuring walks through the layer's files; with many files it may take a tenth of the time.
                await Task.Delay(clock.Elapsed * 9 > Interval ? clock.Elapsed * 9 : Interval, build.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The build is over.
        }
    }

    /// <summary>Looks at what the build has left: a step may have been too quick for the watch, or come from the cache.</summary>
    public async Task JudgeAsync(string image, CancellationToken cancellationToken)
    {
        foreach (var layer in await gateway.LayersAsync(image, cancellationToken))
        {
            if (layer.Bytes > dataBytes && DataBuild.IsMadeBy(layer.MadeBy))
            {
                Excess ??= TooMuchData(layer.MadeBy, layer.Bytes);
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (var (container, step) in _steps)
        {
            if (await SizeAsync(container, cancellationToken) is not { } bytes)
            {
                continue;
            }

            _sizes[container] = bytes;
            if (DataBuild.IsMadeBy(step) && bytes > dataBytes)
            {
                Excess = TooMuchData(step, bytes);
            }
            else if (_sizes.Values.Sum() is var all && all > allBytes)
            {
                Excess = $"'{PlainText.OneLine(step, 200)}' was ended: the build had written {all / MiB} MiB, this host lets one write {allBytes / MiB} MiB ({SandboxOptions.Section}:{nameof(SandboxOptions.BuildGb)})";
            }
        }
    }

    private async Task<long?> SizeAsync(string container, CancellationToken cancellationToken)
    {
        try
        {
            return (await gateway.FindAsync(container, withSize: true, cancellationToken))?.SizeBytes;
        }
        catch (DockerApiException)
        {
            // The container was removed while it was measured; the last size that was seen counts.
            return null;
        }
    }

    private string TooMuchData(string step, long bytes) =>
        $"the data builder writes too much: '{PlainText.OneLine(step, 200)}' had written {bytes / MiB} MiB, [environment] storage_mb gives it {dataBytes / MiB} MiB; make less data or raise storage_mb";

    [GeneratedRegex(@"\AStep \d+/\d+ : (.+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Step();

    [GeneratedRegex(@"\A ---> Running in ([0-9a-f]{12,64})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Container();
}
