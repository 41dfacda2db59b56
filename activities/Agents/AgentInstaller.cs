using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Agents;

/// <summary>Runs the installation steps of a description, each once, and asks for the version.</summary>
internal sealed class AgentInstaller(IContainerGateway gateway, IArtifactStore store, OnceRunner once, AgentCatalogue catalogue, IOptions<AgentOptions> options)
{
    private const int TailCharacters = 1500;
    private const double VersionSec = 30;

    private const string CopySkills =
        """
        from=$1
        shift
        for folder in "$@"; do
            case $folder in "~/"*) folder=${HOME:-/root}/${folder#"~/"} ;; esac
            mkdir -p "$folder"
            cp -R "$from/." "$folder/"
        done
        """;

    public async Task<InstallReply> InstallAsync(InstallAgentRequest request, ActivityInfo info, Action beat, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var facts = await gateway.FindAsync(request.Container, withSize: false, cancellationToken) is { Running: true } found
            ? found : throw SandboxFailures.Lost(request.Container);
        var agent = catalogue.Find(request.Agent.Name);
        var user = UserOf(facts);
        var brought = facts.Labels.GetValueOrDefault(SandboxLabels.Agent) == agent.Name;
        var install = AgentInstall.Of(agent, request.Agent, options.Value);
        var output = new StringBuilder();
        var code = 0;
        if (!brought)
        {
            await gateway.PutAsync(request.Container, AgentFolder.Pack(null, new Dictionary<string, string>(), install.Files(AgentFolder.Root)), cancellationToken);
        }

        foreach (var (step, index) in (brought ? [] : agent.Install.Steps).Select((step, index) => (step, index)))
        {
            var left = agent.Install.TimeoutSec - clock.Elapsed.TotalSeconds;
            var end = await RunAsync(
                request.Container, step.User == "root" ? "root" : user, ["sh", $"{AgentFolder.Root}/step.sh", $"{index + 1}"], $"agent-install {index}", Math.Max(1, left));
            output.Append(Encoding.UTF8.GetString(Observation.Kept(end)));
            if (end.ExitCode != 0)
            {
                code = end.TimedOut ? 124 : end.ExitCode;
                break;
            }
        }

        // Folders that many agents know are filled when the container starts; a folder that only this agent reads is filled here.
        var own = agent.Skills.Where(folder => !SkillFolders.All.Any(place => folder == $"~/{place.Path}" || folder == place.Path)).ToList();
        if (code == 0 && request.SkillsDir is { } skills && own.Count > 0)
        {
            var end = await RunAsync(request.Container, user, ["sh", "-e", "-c", CopySkills, "sh", skills, .. own], "agent-skills", VersionSec);
            code = end.ExitCode;
            output.Append(Encoding.UTF8.GetString(Observation.Kept(end)));
        }

        string? version = null;
        if (brought)
        {
            version = await BroughtAsync(request.Container, cancellationToken);
        }
        else if (code == 0 && agent.Install.Version.Count > 0)
        {
            var end = await RunAsync(request.Container, user, agent.Install.Version, "agent-version", VersionSec);
            version = end.ExitCode == 0 ? PlainText.OneLine(Encoding.UTF8.GetString(Observation.Kept(end)).Trim(), 80) : null;
            if (version is null)
            {
                output.Append(Encoding.UTF8.GetString(Observation.Kept(end)));
                code = end.ExitCode;
            }
        }

        var text = output.ToString();
        return new InstallReply(
            code,
            await store.PutTextAsync(text, cancellationToken),
            (text.Length <= TailCharacters ? text : text[^TailCharacters..]).Trim(),
            clock.ElapsedMilliseconds,
            version)
        {
            FromImage = brought,
        };

        Task<CommandEnd> RunAsync(string container, string? as_, IReadOnlyList<string> command, string id, double seconds) => once.RunAsync(
            container,
            new ExecSpec(command) { User = as_, WorkingDirectory = "/", Environment = ["DEBIAN_FRONTEND=noninteractive"] },
            SandboxLabels.OnceFolder(info.WorkflowId ?? "", info.WorkflowRunId ?? "", $"{container} {id}"),
            seconds,
            null,
            beat,
            cancellationToken);
    }

    /// <summary>What the agent said of its version when it was put into the image.</summary>
    private async Task<string?> BroughtAsync(string container, CancellationToken cancellationToken)
    {
        await using var archive = await gateway.GetAsync(container, $"{AgentImages.Folder}/{AgentInstall.VersionFile}", cancellationToken);
        var text = archive is null ? null : await TarPack.TextAsync(archive, AgentInstall.VersionFile, cancellationToken);
        return string.IsNullOrWhiteSpace(text) ? null : PlainText.OneLine(text.Trim(), 80);
    }

    /// <summary>The user that the agent runs as; null for the image's.</summary>
    public static string? UserOf(ContainerFacts facts) => facts.Labels.GetValueOrDefault(SandboxLabels.User) is { Length: > 0 } user ? user : null;
}
