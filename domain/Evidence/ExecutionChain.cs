using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Evidence;

/// <summary>
/// Reads the commands of an attempt out of its conversation, scores them, and leaves out those that tell little.
/// </summary>
public static class ExecutionChain
{
    /// <summary>A command below this is left out.</summary>
    public const double LowSignal = 4;

    // Commands beyond the most turns of an attempt are ignored.
    private const int MaxSteps = 2_000;
    private const int MaxOutput = 20_000;
    private const int MaxSaid = 4_000;

    // A command as long as this is data.
    private const int MaxCommand = 60_000;

    // How far before a change the inspection may stand that led to it.
    private const int LedTo = 3;

    /// <summary>Every command with its result, scored, in order.</summary>
    /// <param name="conversation">The attempt.</param>
    /// <param name="namedFiles">Files that the instruction names: what touches them matters.</param>
    public static IReadOnlyList<CommandStep> Steps(IReadOnlyList<ChatMessage> conversation, IReadOnlyCollection<string> namedFiles)
    {
        Dictionary<string, ChatMessage> results = new(StringComparer.Ordinal);
        foreach (var message in conversation)
        {
            if (message.ToolCallId is { } id)
            {
                results.TryAdd(id, message);
            }
        }

        List<CommandStep> steps = [];
        foreach (var (call, said) in conversation.SelectMany(message => message.ToolCalls.Select((call, at) => (call, at == 0 ? message.Content : null))).Take(MaxSteps))
        {
            if (call.Problem is null && call.Command is { } asked && ShellWrapper.Remove(asked) is { Length: > 0 } command)
            {
                var result = results.GetValueOrDefault(call.Id);
                var output = result?.Content ?? "";
                steps.Add(new CommandStep(
                    steps.Count + 1,
                    CommandClassifier.Classify(command),
                    command,
                    result?.Result?.ExitCode,
                    result?.Result?.TimedOut ?? false,
                    output.Length <= MaxOutput ? output : Quoting.HeadAndTail(output, MaxOutput))
                {
                    Said = said is null ? "" : said.Length <= MaxSaid ? said : Quoting.HeadAndTail(said, MaxSaid),
                });
            }
        }

        return Scored(steps, namedFiles);
    }

    /// <summary>The telling steps as entries.</summary>
    public static IEnumerable<EvidenceEntry> Entries(IEnumerable<CommandStep> steps)
    {
        foreach (var step in steps.Where(step => step.Score >= LowSignal))
        {
            if (Quoting.Clean(step.Said) is { Length: > 0 } said)
            {
                yield return new EvidenceEntry($"   Before step {step.Number} the agent said:", said, step.Score - 3);
            }

            var ending = step.TimedOut ? "timed out" : step.ExitCode is { } code ? $"exit code {code}" : "no result";
            yield return new EvidenceEntry(
                $"{step.Number}. {step.Kind.ToString().ToLowerInvariant()}, {ending}:",
                Quoting.HeadAndTail(Quoting.Clean(step.Command), MaxCommand),
                step.Score);
            if (step.Kind is not CommandKind.Install && Quoting.Clean(step.Output) is { Length: > 0 } output)
            {
                // Where space is short, a step's output is left out before the step.
                yield return new EvidenceEntry($"   Step {step.Number} printed:", Quoting.HeadAndTail(output, 2_000), step.Score - 2);
            }
        }
    }

    private static List<CommandStep> Scored(List<CommandStep> steps, IReadOnlyCollection<string> namedFiles)
    {
        var last = steps.GroupBy(step => step.Command, StringComparer.Ordinal)
            .ToDictionary(same => same.Key, same => same.Max(step => step.Number), StringComparer.Ordinal);
        return steps.ConvertAll(step => step with { Score = Score(step, step.Number < last[step.Command], namedFiles) + (Led(step, steps) ? 2 : 0) });
    }

    /// <summary>Whether an inspection found something and a change followed at once.</summary>
    private static bool Led(CommandStep step, List<CommandStep> steps) =>
        step is { Kind: CommandKind.Inspect, Failed: false } && step.Output.Length > 0
        && steps.Skip(step.Number).Take(LedTo).FirstOrDefault(later => later.Kind != CommandKind.Inspect) is { Kind: CommandKind.Write or CommandKind.Run or CommandKind.Install, Failed: false };

    private static double Score(CommandStep step, bool repeatedLater, IReadOnlyCollection<string> namedFiles)
    {
        double score = step.Kind switch
        {
            CommandKind.Write or CommandKind.Run => 4,
            CommandKind.Install or CommandKind.Verify => 3,
            CommandKind.Inspect => 1,
            _ => 0,
        };
        score += step.Succeeded ? 2 : step.Failed ? -2 : -1;
        score += namedFiles.Any(file => step.Command.Contains(file, StringComparison.Ordinal)) ? 2 : 0;
        return repeatedLater ? score - 4 : score;
    }
}
