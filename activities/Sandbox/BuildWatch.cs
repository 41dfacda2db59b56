using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Docker.DotNet;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>
/// Ends a build that writes too much while it writes. The engine gives a build no quota, overlay on most file systems has
/// none to give, and <c>ulimit -f</c> counts one file at a time and only where the Dockerfile asks for it: so the writable
/// layer of each step's container is measured, as that of a running task is. Two limits hold: of the step that makes a
/// task's data, the task's own storage; of all steps together, what the host allows.
/// </summary>
/// <remarks>
/// A step can print what the builder prints. So a container that was named once stays watched, and stays with the step
/// that it was named in; and what is ended is the build, by leaving it, never a container of that name: the engine then
/// kills and removes the step's own.
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

                // Measuring walks through the layer's files: of many it may cost a tenth of the time.
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
            // It goes away while it is measured; what was seen last counts on.
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
