using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Servers;
using Temporalio.Api.Workflow.V1;
using Temporalio.Converters;

namespace Spark.Temporal.Starter.RunState;

/// <summary>A step in flight, as the server knows it.</summary>
internal sealed record PendingStep
{
    private const int MostCharacters = 160;

    /// <summary>Name of the activity, such as <c>llm.complete</c>.</summary>
    public required string Activity { get; init; }

    /// <summary>The server's id of it, for <c>temporal activity</c>.</summary>
    public required string ActivityId { get; init; }

    /// <summary>Number of the try, from 1.</summary>
    public required int Try { get; init; }

    /// <summary>Why the last try failed; null where none did.</summary>
    public string? Failure { get; init; }

    /// <summary>When it is tried again; null while it runs or is paused.</summary>
    public DateTimeOffset? NextTry { get; init; }

    /// <summary>Who paused it and why; null where nobody did.</summary>
    public string? PausedBy { get; init; }

    /// <summary>What holds it up, such as <c>try 3: connection refused</c>; null where nothing does.</summary>
    public string? HeldUp => PausedBy is { } who ? $"paused {who}" : Failure is { } failure ? $"try {Try}: {failure}" : null;

    /// <summary>The step in words, with what goes on.</summary>
    /// <param name="workflowId">The run that it belongs to.</param>
    /// <param name="now">The time.</param>
    public string Words(string workflowId, DateTimeOffset now)
    {
        var words = $"{Activity}, attempt {Try}{(Failure is null ? "" : $": {Failure}")}";
        if (PausedBy is { } who)
        {
            return $"{words}; paused {who}; go on with: temporal activity unpause --workflow-id {workflowId} --activity-id {ActivityId}";
        }

        return NextTry is { } next && next > now ? $"{words}; tried again in {Math.Ceiling((next - now).TotalSeconds):0} s" : words;
    }

    public static async Task<IReadOnlyList<PendingStep>> ReadAsync(SparkSession session, string id, CancellationToken cancellationToken)
    {
        var raw = await session.Client.WorkflowService.DescribeWorkflowExecutionAsync(
            new() { Namespace = session.Client.Options.Namespace, Execution = new() { WorkflowId = id } },
            new() { CancellationToken = cancellationToken });
        var pending = new List<PendingStep>();
        foreach (var activity in raw.PendingActivities)
        {
            // A failure's message is encrypted like the payloads.
            var failure = activity.LastFailure is null ? null : await session.Client.Options.DataConverter.ToExceptionAsync(activity.LastFailure);
            pending.Add(new PendingStep
            {
                Activity = activity.ActivityType.Name,
                ActivityId = activity.ActivityId,
                Try = activity.Attempt,
                Failure = failure is null ? null : PlainText.OneLine(failure.Message, MostCharacters),
                NextTry = activity.NextAttemptScheduleTime?.ToDateTimeOffset(),
                PausedBy = activity.Paused ? Who(activity) : null,
            });
        }

        return pending;
    }

    private static string Who(PendingActivityInfo activity)
    {
        var pause = activity.PauseInfo;
        var who = pause?.Manual is { } person ? $"by {(person.Identity.Length > 0 ? person.Identity : "a person")}" : pause?.Rule is { } rule ? $"by the rule {rule.RuleId}" : "by a person";
        var why = pause?.Manual?.Reason ?? pause?.Rule?.Reason;
        var since = pause?.PauseTime is { } time ? $" since {time.ToDateTimeOffset().ToUniversalTime():yyyy-MM-dd HH:mm:ss'Z'}" : "";
        return PlainText.OneLine($"{who}{since}{(string.IsNullOrEmpty(why) ? "" : $" ({why})")}", MostCharacters);
    }
}
