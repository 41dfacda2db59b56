using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Sandbox;

/// <content>What is done in the agent's container, as the agent left it.</content>
internal sealed partial class VerifierRunner
{
    private async Task PrepareAsync(VerifyRequest request, ContainerFacts container, string staged, ActivityInfo info, Action beat, CancellationToken cancellationToken)
    {
        var ready = await once.RunAsync(
            container.Id,
            new ExecSpec(await PreparationAsync(request, container.Id, staged, cancellationToken)) { User = "root", WorkingDirectory = "/" },
            $"{Folder(info, container.Id, $"{Id(request)} {staged == "-"}")}-ready", PrepareSec, null, beat, cancellationToken);
        if (ready.ExitCode != 0)
        {
            throw new UnreportedException($"The container cannot be prepared for the verifier: {Observation.Of(ready, 1000, PrepareSec)}");
        }
    }

    /// <summary>
    /// Whether the image has <c>/tests</c>, so that our tests are added to it. The container's mark alone is not enough, since an agent
    /// that is root can make it: the engine is asked too.
    /// </summary>
    private async Task<bool> ImageBringsTestsAsync(string container, CancellationToken cancellationToken)
    {
        await using var mark = await gateway.GetAsync(container, SandboxScripts.TestsOfImage, cancellationToken);
        return mark is not null && !await gateway.WasAddedAsync(container, "/tests", cancellationToken);
    }

    /// <summary>Stops the agent's shell.</summary>
    private async Task StopAsync(VerifyRequest request, ContainerFacts agent, ActivityInfo info, List<string> notes, Action beat, CancellationToken cancellationToken)
    {
        try
        {
            await PrepareAsync(request, agent, "-", info, beat, cancellationToken);
        }
        catch (UnreportedException broken)
        {
            // Nothing of that container is needed to run: what is copied from it is copied by the engine.
            notes.Add($"the agent's shell could not be stopped: {PlainText.OneLine(broken.Message, 300)}");
        }
    }

    /// <summary>Runs the commands of <c>[[verifier.collect]]</c> in the agent's container. One that fails is noted: the verifier judges what is there.</summary>
    private async Task CollectAsync(VerifyRequest request, ContainerFacts agent, ActivityInfo info, List<string> notes, Action beat, CancellationToken cancellationToken)
    {
        foreach (var (collect, number) in (request.Settings.Collect ?? []).Select((collect, number) => (collect, number + 1)))
        {
            var spec = new ExecSpec(["sh", "-c", collect.Command]) { User = collect.User ?? "root", WorkingDirectory = agent.Labels.GetValueOrDefault(SandboxLabels.Workdir) };
            CommandEnd end;
            try
            {
                end = await once.RunAsync(request.Container, spec, Folder(info, request.Container, $"{Id(request)} collect {number}"), collect.TimeoutSec, null, beat, cancellationToken);
            }
            catch (UnreportedException broken)
            {
                notes.Add($"[[verifier.collect]] {number} cannot run in the agent's container, as the agent left it: {PlainText.OneLine(broken.Message, 300)}");
                continue;
            }

            if (end.ExitCode != 0)
            {
                notes.Add($"[[verifier.collect]] {number} {(end.TimedOut ? $"did not end within {collect.TimeoutSec:0.##} s" : $"ended with exit code {end.ExitCode}")}: {Observation.Of(end, 300, collect.TimeoutSec)}");
            }
        }
    }

    /// <summary>The verdict where the agent's container has ended by what was left in it: none, and no other container for that.</summary>
    /// <returns>Null where it runs, or something outside has ended it, such as the watch of its storage.</returns>
    private async Task<VerifyReply?> EndedAsync(VerifyRequest request, CancellationToken cancellationToken)
    {
        if (await gateway.FindAsync(request.Container, withSize: false, cancellationToken) is { Running: true } || !await gateway.EndedByItselfAsync(request.Container, cancellationToken)
            || await gateway.ExceededAsync(request.Container, cancellationToken))
        {
            return null;
        }

        return await NoneAsync(request, "the agent's container ended by a process of its own before it could be verified", cancellationToken);
    }

    /// <summary>Starts the verifier's own container, with what it needs of the agent's.</summary>
    /// <returns>Its id; null, and why, where the agent left nothing that can be copied.</returns>
    private async Task<(string? Container, string Problem)> StartAsync(
        VerifyRequest request, ContainerFacts agent, ActivityInfo info, List<string> notes, Action beat, CancellationToken cancellationToken)
    {
        try
        {
            return (await verifiers.StartAsync(request, agent, info, notes, beat, cancellationToken), "");
        }
        catch (UnreportedException)
        {
            // What is in the way may be in the log folders, which are emptied with the end of the agent's shell.
            await StopAsync(request, agent, info, notes, beat, cancellationToken);
        }

        try
        {
            return (await verifiers.StartAsync(request, agent, info, notes, beat, cancellationToken), "");
        }
        catch (UnreportedException unreadable)
        {
            return (null, $"what the agent changed cannot be copied: {unreadable.Message}");
        }
    }

    private async Task<VerifyReply> NoneAsync(VerifyRequest request, string why, CancellationToken cancellationToken) =>
        new() { RewardProblem = why, Output = await store.PutTextAsync(why, cancellationToken), Mode = request.Mode };
}
