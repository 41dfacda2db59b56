using System.Globalization;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Evidence;

/// <summary>Where the attempt ran. Variables are named and never shown: they may hold secrets.</summary>
public static class EnvironmentEntries
{
    private const int MaxDockerLines = 40;

    public static IEnumerable<EvidenceEntry> Of(EvidenceInput input, IReadOnlyList<CommandStep> steps)
    {
        if (input.Settings is { } settings)
        {
            yield return new EvidenceEntry($"- {Limits(settings)}", Score: 6);
            if (settings.Env.Count > 0)
            {
                yield return new EvidenceEntry($"- Variables set: {Quoting.Line(string.Join(", ", settings.Env.Keys.Order(StringComparer.Ordinal)), 300)}", Score: 3);
            }
        }

        var folder = input.Conversation.LastOrDefault(message => message.Result?.WorkingDirectory is not null)?.Result?.WorkingDirectory;
        if (folder is not null || input.Settings?.Workdir is not null)
        {
            yield return new EvidenceEntry($"- Working folder: {Quoting.Line(input.Settings?.Workdir ?? folder!, 200)}", Score: 6);
        }

        if (input.Dockerfile is { } dockerfile && DockerLines(dockerfile) is { Length: > 0 } lines)
        {
            yield return new EvidenceEntry("- The image is made by:", lines, 5);
        }

        foreach (var step in steps.Where(step => step.Kind == CommandKind.Install && step.Succeeded).DistinctBy(step => step.Command).Take(10))
        {
            yield return new EvidenceEntry($"- Was missing and installed in step {step.Number}: {Quoting.Line(step.Command, 300)}", Score: 7);
        }

        foreach (var note in input.EnvironmentNotes.Take(20))
        {
            yield return new EvidenceEntry($"- {Quoting.Line(note, 300)}", Score: 2);
        }
    }

    private static string Limits(TaskSettings settings)
    {
        var network = settings.AgentNetwork ?? settings.Network;
        return string.Create(CultureInfo.InvariantCulture, $"Network: {network switch
        {
            NetworkMode.NoNetwork => "none",
            NetworkMode.Allowlist => "some hosts only",
            _ => "open",
        }}; CPUs: {settings.Cpus ?? 1}; memory: {settings.MemoryMb ?? 2048} MiB; time for the agent: {settings.AgentTimeoutSec} s");
    }

    // Instructions that say what is in the image; the rest is how it is put there.
    private static string DockerLines(string dockerfile)
    {
        var text = dockerfile.Length <= 20_000 ? dockerfile : dockerfile[..20_000];
        var telling = Dockerfile.Parse(text).Instructions
            .Where(one => one.Keyword is "FROM" or "RUN" or "WORKDIR" or "USER")
            .Select(one => Quoting.Line(string.Join(' ', [one.Keyword, .. one.Flags, one.Arguments, .. one.Heredocs.Select(heredoc => heredoc.Body)]), 300))
            .Take(MaxDockerLines);
        return string.Join('\n', telling);
    }
}
