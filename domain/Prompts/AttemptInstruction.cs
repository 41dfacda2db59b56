using Spark.Temporal.Domain.Memo;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Prompts;

/// <summary>The parts of an attempt's instruction.</summary>
public sealed record AttemptBriefing
{
    /// <summary>The task's own instruction.</summary>
    public required string Task { get; init; }

    /// <summary>Number of the attempt, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>Number of attempts in all, this one included.</summary>
    public required int MaxAttempts { get; init; }

    /// <summary>The verifier without its answers; null where there is none to show.</summary>
    public string? VerifierHint { get; init; }

    /// <summary>Whether answers were taken out of the hint by syntax only, so that more than usual is missing.</summary>
    public bool HintSyntaxOnly { get; init; }

    /// <summary>What the operator wants the agent to know, oldest first.</summary>
    public IReadOnlyList<string> Guidance { get; init; } = [];

    /// <summary>The memo so far; null before the first failure, and where no reflection succeeded.</summary>
    public string? Memo { get; init; }

    /// <summary>How strongly this attempt is steered; ignored in the first.</summary>
    public InterventionLevel Intervention { get; init; }
}

/// <summary>
/// The instruction of an attempt: the task's, the verifier hint, the operator's guidance, and from the second attempt on
/// what the earlier ones found out. The index that decided on the intervention is never shown.
/// </summary>
public static class AttemptInstruction
{
    public static string Compose(AttemptBriefing briefing)
    {
        List<string> parts = [briefing.Task.Trim()];
        if (!string.IsNullOrWhiteSpace(briefing.VerifierHint))
        {
            parts.Add(Hint(briefing.VerifierHint, briefing.HintSyntaxOnly));
        }

        if (briefing.Guidance.Any(text => text.Trim().Length > 0))
        {
            parts.Add($"# From the operator of this run\n\n{string.Join("\n\n", briefing.Guidance.Select(text => text.Trim()).Where(text => text.Length > 0))}");
        }

        if (briefing.Attempt > 1)
        {
            parts.AddRange(Injection(briefing));
        }

        return string.Join("\n\n", parts) + "\n";
    }

    private static string Hint(string hint, bool syntaxOnly) =>
        $"""
        # How the result will be checked

        This is the source of the check without its answers{(syntaxOnly ? " (removed by syntax alone, so some harmless values are missing too)" : "")}. It shows what is checked and in which
        form, not the right values. It is not in the container while you work.

        {Markdown.Fence(hint)}
        """;

    private static IEnumerable<string> Injection(AttemptBriefing briefing)
    {
        var failed = briefing.Attempt - 1;
        yield return
            $"""
            # What earlier attempts found out

            {(failed == 1 ? "One attempt" : $"{failed} attempts")} at this task failed. The container is fresh: nothing they made is in it. Only these notes remain.
            """;
        yield return Notes(briefing);
        yield return Urgency(briefing.MaxAttempts - briefing.Attempt);
        if (Interventions.Text(briefing.Intervention) is { } intervention)
        {
            yield return intervention;
        }

        yield return "Start from what is verified above, and do not repeat what has already failed.";
    }

    private static string Notes(AttemptBriefing briefing)
    {
        if (string.IsNullOrWhiteSpace(briefing.Memo))
        {
            return "(No notes could be made.)";
        }

        return briefing.Intervention == InterventionLevel.Strong && ExplorationMemo.Parse(briefing.Memo) is { } memo
            ? memo.RenderWithoutNextStrategy().Trim()
            : briefing.Memo.Trim();
    }

    private static string Urgency(int attemptsAfterThis) => attemptsAfterThis switch
    {
        <= 0 => "**This is the last attempt.** Nothing comes after it.",
        1 => "**One more attempt is left after this one.**",
        _ => $"**{attemptsAfterThis} more attempts are left after this one.**",
    };
}
