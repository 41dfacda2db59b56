using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Makes sure that this host has an image; the same content is built once.</summary>
internal sealed class ImagePreparer(
    IContainerGateway gateway, IArtifactStore store, ImageBuilds builds, SandboxHost host, SandboxOptions options, TimeProvider time, ILogger<ImagePreparer> logger)
{
    private const int LastLines = 20;
    private const int LogCharacters = 4 * 1024 * 1024;
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> Building = new();

    /// <summary>The task's image and, where the verifier has one of its own, that too; both at the same time.</summary>
    public async Task<PreparedImage> PrepareAsync(PrepareRequest request, Action beat, CancellationToken cancellationToken)
    {
        var image = OneAsync(request, TaskPackageReader.Dockerfile, beat, cancellationToken);
        if (request.Separate is not { } separate || (request.Verifier is null && separate.DockerImage is null))
        {
            var one = await image;
            return request.Separate is null ? one : one with { VerifierImage = one.Image };
        }

        var verifier = OneAsync(
            new PrepareRequest
            {
                Task = request.Task,
                EnvironmentDigest = request.Verifier?.Sha256 ?? SandboxLabels.Hash(separate.DockerImage!),
                Environment = request.Verifier,
                DockerImage = separate.DockerImage,
                BuildTimeoutSec = separate.BuildTimeoutSec,
                StorageMb = separate.StorageMb,
            },
            TaskPackageReader.VerifierDockerfile,
            beat,
            cancellationToken);
        await Task.WhenAll(image, verifier);
        var (made, own) = (await image, await verifier);
        return made with
        {
            VerifierImage = own.Image,
            Cached = made.Cached && own.Cached,
            DurationMs = Math.Max(made.DurationMs, own.DurationMs),
            Log = made.Log ?? own.Log,
            Notes = [.. made.Notes ?? [], .. own.Notes ?? []],
        };
    }

    private async Task<PreparedImage> OneAsync(PrepareRequest request, string file, Action beat, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var tag = SandboxLabels.ImageTag(request.EnvironmentDigest, request.WithoutSkills);
        var known = (request.DockerImage is { } named ? await gateway.FindImageAsync(named, cancellationToken) : null)
            ?? (request.Environment is null ? null : await FindBuiltAsync(tag, cancellationToken));
        if (known is not null)
        {
            return new PreparedImage(host.Queue, known.Id, Cached: true, clock.ElapsedMilliseconds);
        }

        var gate = Building.GetOrAdd(request.Environment is null ? request.DockerImage ?? tag : tag, _ => new SemaphoreSlim(1, 1));
        await Heartbeats.WhileAsync(EnterAsync(gate, cancellationToken), beat, cancellationToken);
        try
        {
            await using var others = await Heartbeats.WhileAsync(HostLock.TakeAsync(tag, cancellationToken), beat, cancellationToken);
            if (request.Environment is not null && await FindBuiltAsync(tag, cancellationToken) is { } meanwhile)
            {
                return new PreparedImage(host.Queue, meanwhile.Id, Cached: true, clock.ElapsedMilliseconds);
            }

            return await MakeAsync(request, file, tag, clock, beat, cancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Finds an image that was built. From now on it counts as used and is not removed.</summary>
    public async Task<ImageFacts?> FindBuiltAsync(string tag, CancellationToken cancellationToken)
    {
        ImageUse.Mark(tag, time.GetUtcNow());
        await gateway.MarkImageAsync(tag, cancellationToken);
        await ImageUse.PassAsync(tag, cancellationToken);
        return await gateway.FindImageAsync(tag, cancellationToken);
    }

    private async Task<PreparedImage> MakeAsync(
        PrepareRequest request, string file, string tag, Stopwatch clock, Action beat, CancellationToken cancellationToken)
    {
        var log = new StringBuilder();
        List<string> notes = [];
        void Output(string text)
        {
            lock (log)
            {
                if (log.Length < LogCharacters)
                {
                    log.Append(text);
                }
            }
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(request.BuildTimeoutSec));
        try
        {
            ImageFacts? image = null;
            if (request.DockerImage is { } reference)
            {
                try
                {
                    image = await Heartbeats.WhileAsync(gateway.PullImageAsync(reference, Output, limit.Token), beat, limit.Token);
                }
                catch (ImageException refused) when (request.Environment is not null)
                {
                    notes.Add($"image {reference} cannot be pulled ({refused.Message}); built from the Dockerfile instead");
                }
            }

            image ??= await BuildAsync(request, tag, Output, notes, beat, limit.Token);
            var text = Snapshot(log);
            return new PreparedImage(
                host.Queue, image.Id, Cached: false, clock.ElapsedMilliseconds, await store.PutTextAsync(text, cancellationToken), notes);
        }
        catch (ImageException failed)
        {
            logger.LogInformation("Image of {Task} does not build: {Reason}", request.Task, failed.Message);
            throw new ApplicationFailureException(
                $"{file} does not build: {failed.Message}{LastOf(Snapshot(log))}", FailureTypes.BuildFailed, nonRetryable: true);
        }
        catch (Exception) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ApplicationFailureException(
                $"{file} did not build within {request.BuildTimeoutSec:0.##} s (build_timeout_sec).{LastOf(Snapshot(log))}",
                FailureTypes.BuildTimedOut,
                nonRetryable: true);
        }
    }

    private async Task<ImageFacts> BuildAsync(
        PrepareRequest request, string tag, Action<string> output, List<string> notes, Action beat, CancellationToken cancellationToken)
    {
        if (request.Environment is not { } environment)
        {
            throw new ImageException("the task has neither an image that can be pulled nor a Dockerfile");
        }

        await using var stored = await store.OpenAsync(environment, cancellationToken);
        await using var context = request.WithoutSkills ? await Tars.WithoutSkillsAsync(stored, cancellationToken) : stored;
        var labels = new Dictionary<string, string> { [SandboxLabels.Environment] = request.EnvironmentDigest };
        var watch = new BuildWatch(gateway, (request.StorageMb ?? TaskSettings.DefaultStorageMb) * 1024 * 1024, (long)(options.BuildGb * 1e9));
        using var build = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = watch.WatchAsync(build);
        try
        {
            var arguments = EnvTemplate.Assignments($"{ComposeProject.File}: args", request.Compose?.BuildArgs ?? new Dictionary<string, string>(), Environment.GetEnvironmentVariable, options.TaskEnv)
                .Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
            var built = builds.BuildAsync(context, new BuildSpec(tag, labels) { Arguments = arguments }, Both, notes, build.Token);
            var image = await Heartbeats.WhileAsync(built, beat, build.Token);
            await watch.JudgeAsync(image.Id, cancellationToken);
            if (watch.Excess is null)
            {
                return image;
            }

            await gateway.RemoveImageAsync(tag, cancellationToken);
            throw new ImageException(watch.Excess);
        }
        catch (Exception) when (watch.Excess is not null && !cancellationToken.IsCancellationRequested)
        {
            throw new ImageException(watch.Excess);
        }
        finally
        {
            await build.CancelAsync();
            await watching;
        }

        void Both(string text)
        {
            output(text);
            watch.Read(text);
        }
    }

    private static async Task<bool> EnterAsync(SemaphoreSlim gate, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        return true;
    }

    private static string Snapshot(StringBuilder log)
    {
        lock (log)
        {
            return log.ToString();
        }
    }

    private static string LastOf(string log)
    {
        var lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Length == 0 ? "" : $"\nIts last lines:\n{string.Join('\n', lines.TakeLast(LastLines))}";
    }
}
