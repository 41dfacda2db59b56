using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Evidence;

/// <summary>
/// Makes the six blocks of evidence out of a run that passed (docs/architecture.md, "Evidence"). The texts are not trusted:
/// replies and output are quoted between fences that they cannot close, and every part is cut to a limit before it is read.
/// </summary>
public static partial class EvidenceBuilder
{
    private const int MaxInstruction = 8_000;
    private const int MaxNamedFiles = 30;
    private const int TailMessages = 8;

    public static SkillEvidence Build(EvidenceInput input)
    {
        var files = NamedFiles(input.Instruction);
        var steps = ExecutionChain.Steps(input.Conversation, files);
        return new SkillEvidence
        {
            TaskPattern = new EvidenceBlock("Task Pattern", [.. TaskPattern(input.Instruction, files)]),
            ExecutionChain = new EvidenceBlock("Execution Chain", [.. ExecutionChain.Entries(steps)]),
            Verification = new EvidenceBlock("Verification", [.. Verification(input.TestSummary, steps)]),
            Lessons = new EvidenceBlock("Lessons", [.. LessonEntries.Of(input.Memos, steps)]),
            Environment = new EvidenceBlock("Environment", [.. EnvironmentEntries.Of(input, steps)]),
            RawSupportTail = new EvidenceBlock("Raw Support Tail", [.. Tail(input.Conversation)]),
        };
    }

    /// <summary>Paths and file names that a text names, each once, in order.</summary>
    public static IReadOnlyList<string> NamedFiles(string text) =>
    [
        .. FileName().Matches(text.Length <= MaxInstruction ? text : text[..MaxInstruction])
            .Select(match => match.Value.TrimEnd('.', '/'))
            .Where(name => name.Length is > 2 and <= 200)
            .Distinct(StringComparer.Ordinal)
            .Take(MaxNamedFiles),
    ];

    private static IEnumerable<EvidenceEntry> TaskPattern(string instruction, IReadOnlyList<string> files)
    {
        yield return new EvidenceEntry("The instruction:", Quoting.HeadAndTail(Quoting.Clean(instruction), MaxInstruction), 10);
        if (files.Count > 0)
        {
            yield return new EvidenceEntry($"Files it names: {Quoting.Line(string.Join(", ", files), 1_000)}", Score: 5);
        }
    }

    private static IEnumerable<EvidenceEntry> Verification(string testSummary, IReadOnlyList<CommandStep> steps)
    {
        yield return Quoting.Clean(testSummary) is { Length: > 0 } summary
            ? new EvidenceEntry("The verifier's tests in the passing attempt:", Quoting.HeadAndTail(summary, TestSummary.MaxCharacters), 10)
            : new EvidenceEntry("The verifier gave full reward; it names no single tests.", Score: 10);
        foreach (var step in steps.Where(step => step.Kind == CommandKind.Verify && step.Succeeded))
        {
            yield return new EvidenceEntry(
                $"- The agent's own check, step {step.Number}: {Quoting.Line(step.Command, 200)}",
                Quoting.Clean(step.Output) is { Length: > 0 } output ? Quoting.HeadAndTail(output, 400) : null,
                step.Score);
        }
    }

    private static IEnumerable<EvidenceEntry> Tail(IReadOnlyList<ChatMessage> conversation)
    {
        var said = conversation.Where(message => message.Role is ChatRoles.Assistant or ChatRoles.Tool && !string.IsNullOrWhiteSpace(message.Content));
        var score = 0;
        foreach (var message in said.TakeLast(TailMessages))
        {
            // The later, the more it tells.
            score++;
            yield return new EvidenceEntry(
                message.Role == ChatRoles.Assistant ? "The agent:" : "The shell:",
                Quoting.HeadAndTail(Quoting.Clean(Capped(message.Content)), 2_000),
                score);
        }
    }

    private static string Capped(string text) => text.Length <= 100_000 ? text : Quoting.HeadAndTail(text, 100_000);

    [GeneratedRegex(@"(?<![\w/.:])(?:/[\w.-]+){2,}|(?<![\w/.:])[\w-]+\.(?:[a-z][a-z0-9]{1,5})\b(?![\w/(])", RegexOptions.CultureInvariant)]
    private static partial Regex FileName();
}
