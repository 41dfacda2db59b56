using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>
/// What in the agent's own container could have steered its verdict: the engine is asked, not a program of the container. What is found is told and decides nothing.
/// </summary>
internal sealed class VerdictWatch(IContainerGateway gateway)
{
    private const int Named = 5;

    private static readonly string[] OfTheTrial = ["/logs", "/tests", "/solution", "/var/cache", "/var/log"];

    private IReadOnlyList<string> _changes = [];
    private IReadOnlyList<ContainerProcess> _before = [];

    /// <summary>Looks before the verifier begins.</summary>
    public async Task BeforeAsync(string container, CancellationToken cancellationToken)
    {
        var files = gateway.ChangesAsync(container, cancellationToken);
        _before = await gateway.ProcessesAsync(container, cancellationToken);
        _changes = await files;
    }

    /// <summary>Looks when it has ended.</summary>
    /// <returns>What was found, in words.</returns>
    public async Task<IReadOnlyList<string>> AfterAsync(string container, CancellationToken cancellationToken)
    {
        List<string> warnings = [];
        var left = (await gateway.ProcessesAsync(container, cancellationToken)).Where(process => !IsOurs(process) && _before.Any(known => known.Id == process.Id));
        Add(warnings, "processes of the agent were alive during verification", left.Select(process => process.Command));

        var folders = _changes.Select(path => path[..Math.Max(0, path.LastIndexOf('/'))]).ToHashSet(StringComparer.Ordinal);
        string[] files = [.. _changes.Where(path => !folders.Contains(path) && !SandboxScripts.EnginesOwn.Contains(path) && !path.StartsWith("/.spark", StringComparison.Ordinal))];
        Add(warnings, "the verifier's folders held files before it began", files.Where(path => path.StartsWith("/logs/verifier/", StringComparison.Ordinal) || FolderPath.IsIn(path, "/tests")));
        foreach (var found in files.Where(path => !IsVerification(path)).GroupBy(path => CleanCopy.Reason(path)).Where(found => found.Key is not null))
        {
            Add(warnings, $"the agent changed {found.Key}", found);
        }

        return warnings;
    }

    private static bool IsVerification(string path) =>
        OfTheTrial.Any(folder => FolderPath.IsIn(path, folder));

    /// <summary>The engine's init, the main process that waits for the deadline, our own scripts.</summary>
    private static bool IsOurs(ContainerProcess process) =>
        process.Command.Contains("docker-init", StringComparison.Ordinal)
        || (process.Command.Split(' ') is [_, var script, ..] && script.StartsWith($"{SandboxScripts.Root}/", StringComparison.Ordinal))
        || process.Command.StartsWith("sleep ", StringComparison.Ordinal);

    private static void Add(List<string> warnings, string what, IEnumerable<string> found)
    {
        string[] all = [.. found];
        if (all.Length > 0)
        {
            warnings.Add($"{what}: {string.Join(", ", all.Take(Named).Select(one => PlainText.OneLine(one, 120)))}{(all.Length > Named ? $" and {all.Length - Named} more" : "")}");
        }
    }
}

/// <param name="Id">Number of the process on the engine's host.</param>
/// <param name="Command">Program and arguments.</param>
internal sealed record ContainerProcess(string Id, string Command);
