using System.Globalization;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Starter.Demo;

/// <summary>
/// Chooses the scripted reply from the request alone: the same request always gets the same reply, independent of earlier
/// requests and of restarts of the server.
/// </summary>
internal sealed partial class ScriptedModel(IReadOnlyDictionary<string, ScriptedStory> stories)
{
    /// <summary>Name under which the model presents itself.</summary>
    public const string Name = "scripted-demo";

    /// <summary>Part of every reply, so that it is not taken for a model's.</summary>
    public const string Mark = "[scripted demo reply: prepared in advance, no language model was asked]";

    /// <summary>Script for every task that has none of its own.</summary>
    public const string AnyTask = "any-task";

    /// <param name="purpose">Header <c>X-Spark-Purpose</c>.</param>
    /// <param name="task">Header <c>X-Spark-Task</c>; in <c>org/name</c> the name counts.</param>
    /// <param name="request">The conversation.</param>
    /// <exception cref="FormatException">There is no script for this; the message says what there is.</exception>
    public ScriptedReply Reply(string purpose, string task, ChatRequest request)
    {
        if (purpose == LlmPurposes.Probe)
        {
            return new ScriptedReply("OK");
        }

        var story = Story(task);
        return purpose switch
        {
            LlmPurposes.Agent => Act(story, request),
            LlmPurposes.Reflect => new ScriptedReply(MarkMemo(Pick(story.Attempts[Reflected(story, request)].Memo, request, $"memo of {story.Task}"))),
            LlmPurposes.Distill => new ScriptedReply($"{Pick(story.Skill, request, $"skill of {story.Task}").TrimEnd()}\n\n{Mark}\n"),
            LlmPurposes.Blueprint => Written(Construction(story).First),
            LlmPurposes.Repair => Written(Construction(story).Repaired),
            LlmPurposes.Critique => Written(Construction(story).Findings),
            _ => throw new FormatException(
                $"X-Spark-Purpose is '{purpose}'; the scripted model answers to {LlmPurposes.Agent}, {LlmPurposes.Reflect}, {LlmPurposes.Distill}, "
                + $"{LlmPurposes.Blueprint}, {LlmPurposes.Critique} and {LlmPurposes.Repair}"),
        };
    }

    private ScriptedStory Story(string task)
    {
        var slug = PlainText.Slug(task[(task.LastIndexOf('/') + 1)..]);
        return stories.GetValueOrDefault(slug) ?? stories.GetValueOrDefault(AnyTask)
            ?? throw new FormatException($"no script for the task '{slug}'; there are: {string.Join(", ", stories.Keys.Order())}");
    }

    private static ScriptedConstruction Construction(ScriptedStory story) =>
        story.Construction ?? throw new FormatException($"the script of {story.Task} has no 'construction'");

    private static ScriptedReply Written(string json) => new($"{Mark}\n\n{json}");

    private static ScriptedReply Act(ScriptedStory story, ChatRequest request)
    {
        var instruction = request.Instruction;
        var attempt = Math.Min(FailedAttempts(instruction), story.Attempts.Count - 1);
        while (attempt > 0 && story.Attempts[attempt].Unless is { } unwanted && instruction.Contains(unwanted, StringComparison.Ordinal))
        {
            attempt--;
        }

        var skilled = story.WithSkill.FirstOrDefault(skilled => instruction.Contains(skilled.When, StringComparison.Ordinal));
        var script = skilled?.In(story) ?? story.Attempts[attempt];
        return request.Replies < script.Turns.Count
            ? new ScriptedReply($"{Mark}\n{script.Turns[request.Replies].Say.Trim()}", script.Turns[request.Replies].Run.TrimEnd())
            : new ScriptedReply($"{Mark}\n{script.Done.Trim()}");
    }

    /// <summary>
    /// Which attempt a reflection is about: the latest one whose own commands are quoted; where none is quoted, the one whose
    /// number is in the heading that is asked for.
    /// </summary>
    private static int Reflected(ScriptedStory story, ChatRequest request)
    {
        var instruction = request.Instruction;
        for (var attempt = story.Attempts.Count - 1; attempt >= 0; attempt--)
        {
            if (story.OwnLines(attempt).Any(line => instruction.Contains(line, StringComparison.Ordinal)))
            {
                return attempt;
            }
        }

        return Math.Clamp(FailedAttempts(instruction) - 1, 0, story.Attempts.Count - 1);
    }

    /// <summary>Number in the last memo heading of a text; 0 without one.</summary>
    private static int FailedAttempts(string text) =>
        MemoHeading().Matches(text).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).DefaultIfEmpty(0).Last();

    private static string Pick(List<string> replies, ChatRequest request, string what) =>
        replies.Count > 0 ? replies[Math.Min(request.Replies, replies.Count - 1)] : throw new FormatException($"the script has no {what}");

    // Inside the first section, because only the text from a memo's heading to its last section is kept.
    private static string MarkMemo(string memo)
    {
        var title = memo.IndexOf("### ", StringComparison.Ordinal);
        var line = title < 0 ? -1 : memo.IndexOf('\n', title);
        return line < 0 ? $"{Mark}\n{memo}" : memo.Insert(line + 1, Mark + "\n");
    }

    [GeneratedRegex(@"^## Exploration Memo \((\d{1,6}) failed attempts?\)", RegexOptions.Multiline)]
    private static partial Regex MemoHeading();
}

/// <summary>A reply: text, and the shell command to run; null where the agent is done.</summary>
internal sealed record ScriptedReply(string Text, string? Command = null);
