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
    private string? _unreadable;

    /// <summary>Looks before the verifier begins.</summary>
    public async Task BeforeAsync(string container, CancellationToken cancellationToken)
    {
        _before = await gateway.ProcessesAsync(container, cancellationToken);
        try
        {
            _changes = await gateway.WrittenAsync(container, cancellationToken);
        }
        catch (UnreportedException unreadable)
        {
            _unreadable = unreadable.Message;
        }
    }

    /// <summary>Looks when it has ended.</summary>
    /// <returns>What was found, in words.</returns>
    public async Task<IReadOnlyList<string>> AfterAsync(string container, CancellationToken cancellationToken)
    {
        List<string> warnings = [.. _unreadable is null ? Array.Empty<string>() : [_unreadable]];
        var after = Others(await gateway.ProcessesAsync(container, cancellationToken));
        var left = after.Where(process => _before.Any(known => known.Id == process.Id)).ToList();
        Add(warnings, "processes of the agent were alive during verification", left.Select(process => process.Command));
        if (Others(_before).Any(process => !IsOfTheShell(process)))
        {
            // One that forks and ends again and again has another number each time.
            Add(warnings, "processes were alive when the verifier had ended, as before it began", after.Except(left).Select(process => process.Command));
        }

        var folders = _changes.Select(path => path[..Math.Max(0, path.LastIndexOf('/'))]).ToHashSet(StringComparer.Ordinal);
        string[] files = [.. _changes.Where(path => !folders.Contains(path) && !SandboxScripts.EnginesOwn.Contains(path) && !path.StartsWith("/.spark", StringComparison.Ordinal))];
        if (_unreadable is null && (files.Contains("/logs") || !_changes.Contains("/logs/verifier")))
        {
            warnings.Add("the folder of the verdict was not the one that was made for it");
        }

        Add(warnings, "the verifier's folders held files before it began", files.Where(path => path.StartsWith("/logs/verifier/", StringComparison.Ordinal) || FolderPath.IsIn(path, "/tests")));
        foreach (var found in files.Where(path => !IsVerification(path)).GroupBy(path => CleanCopy.Reason(path)).Where(found => found.Key is not null))
        {
            Add(warnings, $"the agent changed {found.Key}", found);
        }

        return warnings;
    }

    private static bool IsVerification(string path) =>
        OfTheTrial.Any(folder => FolderPath.IsIn(path, folder));

    /// <summary>
    /// All but the engine's init and the main process, the oldest that init started. By its name none is known as ours: an agent can give it to another.
    /// </summary>
    private static IEnumerable<ContainerProcess> Others(IReadOnlyList<ContainerProcess> all)
    {
        var init = all.FirstOrDefault(process => all.All(other => other.Id != process.Parent) && process.Command.Contains("docker-init", StringComparison.Ordinal));
        var main = all.Where(process => init is not null && process.Parent == init.Id).OrderByDescending(process => process.AgeSec).ThenBy(process => process.Id.Length).ThenBy(process => process.Id, StringComparer.Ordinal).FirstOrDefault();
        return all.Where(process => process != init && process != main);
    }

    /// <summary>Those of the agent's shell, which are there before every verification.</summary>
    private static bool IsOfTheShell(ContainerProcess process) =>
        process.Command.Split(' ') is [_, $"{SandboxScripts.Root}/shell.sh" or $"{SandboxScripts.Root}/broker.sh", ..];

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
/// <param name="Parent">Number of its parent there.</param>
/// <param name="AgeSec">Seconds since it was started.</param>
/// <param name="Command">Program and arguments.</param>
internal sealed record ContainerProcess(string Id, string Parent, long AgeSec, string Command);
