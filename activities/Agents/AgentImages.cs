using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Agents;

/// <summary>
/// Puts an agent into an image, once for each image, version and user: a trial starts as quickly as with the built-in agent. The image is
/// one of those built for tasks: it is kept, counted and collected with them.
/// </summary>
internal sealed partial class AgentImages(
    IContainerGateway gateway, ImagePreparer images, ImageBuilds builds, IArtifactStore store, AgentCatalogue catalogue, IOptions<AgentOptions> options, TimeProvider time, ILogger<AgentImages> logger)
    : IAgentImages
{
    /// <summary>Folder of the image with what its agent says of its version.</summary>
    public const string Folder = "/opt/spark-agent";

    private const int TailCharacters = 1500;

    public async Task<PreparedImage> WithAgentAsync(PreparedImage image, PrepareRequest request, Action beat, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var install = AgentInstall.Of(catalogue.Find(request.Agent!.Name), request.Agent, options.Value);
        if (install.Agent.Install.Steps.Count == 0)
        {
            return image;
        }

        var facts = await gateway.FindImageAsync(image.Image, cancellationToken) ?? throw SandboxFailures.ImageLost(image.Image, "this host");
        var user = request.AgentUser ?? facts.User;
        var tag = install.Tag(facts.Id, user, time.GetUtcNow());
        if (await images.FindBuiltAsync(tag, cancellationToken) is { } known)
        {
            return image with { Image = known.Id, DurationMs = image.DurationMs + clock.ElapsedMilliseconds };
        }

        await using var others = await Heartbeats.WhileAsync(HostLock.TakeAsync(tag, cancellationToken), beat, cancellationToken);
        var made = await images.FindBuiltAsync(tag, cancellationToken) ?? await BuildAsync(install, facts, user, tag, beat, cancellationToken);
        return image with
        {
            Image = made.Id,
            Cached = false,
            DurationMs = image.DurationMs + clock.ElapsedMilliseconds,
            Notes = [.. image.Notes ?? [], $"{install.Agent.Name} was installed into the image, which is kept, in {clock.Elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s"],
        };
    }

    private async Task<ImageFacts> BuildAsync(AgentInstall install, ImageFacts image, string user, string tag, Action beat, CancellationToken cancellationToken)
    {
        var log = new StringBuilder();
        var labels = new Dictionary<string, string> { [SandboxLabels.Environment] = tag, [SandboxLabels.Agent] = install.Agent.Name };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(install.Agent.Install.TimeoutSec));
        try
        {
            await using var context = Context(install, image, user, tag);
            return await Heartbeats.WhileAsync(builds.ByClassicAsync(context, new BuildSpec(tag, labels), Output, limit.Token), beat, limit.Token);
        }
        catch (ImageException failed)
        {
            logger.LogInformation("{Agent} cannot be installed: {Reason}", install.Agent.Name, failed.Message);
            var how = ExitCode().Match(failed.Message) is { Success: true } code ? $"ended with exit code {code.Groups[1].Value}" : $"failed: {failed.Message}";
            throw NotInstalled(install, how, await KeptAsync());
        }
        catch (Exception) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw NotInstalled(install, $"did not end within {install.Agent.Install.TimeoutSec.ToString("0.##", CultureInfo.InvariantCulture)} s", await KeptAsync());
        }
        finally
        {
            await SweepAsync(tag);
        }

        void Output(string text)
        {
            lock (log)
            {
                log.Append(text);
            }
        }

        async Task<string> KeptAsync()
        {
            string text;
            lock (log)
            {
                text = log.ToString().Trim();
            }

            await store.PutTextAsync(text, cancellationToken);
            return text;
        }
    }

    /// <summary>Removes what the installation needed and the image does not: the stage that tools were put into.</summary>
    private async Task SweepAsync(string tag)
    {
        foreach (var stage in (await gateway.ListImagesAsync(CancellationToken.None)).Where(image => image.Labels.GetValueOrDefault(SandboxLabels.AgentTools) == tag))
        {
            await gateway.RemoveImageAsync(stage.Id, CancellationToken.None);
        }
    }

    private static MemoryStream Context(AgentInstall install, ImageFacts image, string user, string tag) => new(
        TarPacker.Bytes(packer =>
        {
            packer.File("Dockerfile", Dockerfile(install, image, user, tag));
            packer.Folder("agent");
            foreach (var (name, script) in install.Files(Folder))
            {
                packer.File($"agent/{name}", script);
            }
        }),
        writable: false);

    private static string Dockerfile(AgentInstall install, ImageFacts image, string user, string tag)
    {
        var text = new StringBuilder();
        var agent = install.Agent.Install;
        var root = user.Length == 0 ? "0" : user;

        // Tools of the installation, a package manager and what it brings, stay behind where the description says what to keep.
        text.Append(CultureInfo.InvariantCulture, $"FROM {image.Id}{(agent.Keep.Count > 0 ? $" AS tools\nLABEL {SandboxLabels.AgentTools}=\"{tag}\"" : "")}\nUSER 0\nCOPY agent/ {Folder}/\n");
        text.Append(CultureInfo.InvariantCulture, $"RUN {Json("sh", "-c", $"touch {Folder}/version {Folder}/version.new && chmod 666 {Folder}/version*")}\n");
        var number = 0;
        foreach (var step in agent.Steps)
        {
            text.Append(CultureInfo.InvariantCulture, $"USER {(step.User == "root" ? "0" : root)}\nRUN {Json("sh", $"{Folder}/step.sh", (++number).ToString(CultureInfo.InvariantCulture))}\n");
        }

        if (agent.Keep.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"FROM {image.Id}\nUSER 0\nCOPY --from=tools {Folder}/ {Folder}/\n");
            text.Append(string.Concat(agent.Keep.Select(path => $"COPY --from=tools {path} {path}\n")));
        }

        if (agent.Version.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"USER {root}\nRUN {Json(["sh", $"{Folder}/step.sh", "version", .. agent.Version])}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"USER {(image.User.Length == 0 ? "0" : image.User)}\n").ToString();
    }

    private static string Json(params string[] words) => JsonSerializer.Serialize(words);

    private static ApplicationFailureException NotInstalled(AgentInstall install, string how, string log) => new(
        $"The installation of {install.Agent.Name} {how}: {(log.Length <= TailCharacters ? log : log[^TailCharacters..])}", FailureTypes.AgentNotInstalled, nonRetryable: true);

    [GeneratedRegex(@"non-zero code: (\d+)")]
    private static partial Regex ExitCode();
}
