using System.Globalization;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Workflows.Running;

/// <summary>
/// What a person may do with an open run, in the words of the web UI's menus and with a value that can be pasted, so that
/// a person can steer it without knowing the project.
/// </summary>
internal static class OperatorHints
{
    public const string Menu = "**You may** choose *More Actions › Send an Update*: ";

    /// <summary>One paragraph of Markdown.</summary>
    /// <param name="control">State of the run.</param>
    /// <param name="further">Other updates that the run takes while it is not held, each in backticks.</param>
    public static string Render(RunControl control, params string[] further) => control.State switch
    {
        _ when control is { IsHeld: true, Parent: { } parent } => $"It goes on with its batch: open `{parent.Batch}` and see there what it waits for; or *Request Cancellation* of this one.\n\n",
        RunStates.Running when !control.Paused => $"{Menu}{string.Join(", ", ["`Pause`", .. further, $"`RaiseBudget` with `{Raised(control.Limit, control.Spent)}`"])}; or *Request Cancellation*.\n\n",
        RunStates.Running or RunStates.Paused => $"{Menu}`Resume`, without a value; or *Request Cancellation*.\n\n",
        RunStates.Budget => $"{Menu}`RaiseBudget` with `{Raised(control.Limit, control.Spent)}`; or *Request Cancellation*.\n\n",
        _ => $"Fix what is wrong, then {Menu}`Resume`, without a value; or *Request Cancellation*.\n\n",
    };

    /// <summary>Twice of what there was, or some limit where there was none, as the value that <c>RaiseBudget</c> takes.</summary>
    public static string Raised(SpendingLimit limit, TokenUsage spent) =>
        limit is { Usd: null, Tokens: null } && !spent.Unpriced ? """{"budget_usd": 25}"""
        : limit.Usd is { } dollars && !spent.Unpriced
            ? $$"""{"budget_usd": {{Math.Ceiling(Math.Round(2 * Math.Max(dollars, spent.CostUsd), 2)).ToString(CultureInfo.InvariantCulture)}}}"""
            : $$"""{"budget_tokens": {{2 * Math.Max(limit.Tokens ?? 0, spent.TotalTokens)}}}""";

    /// <summary>What the run waits for, as a line that stands out; empty while it goes on.</summary>
    public static string Waiting(RunControl control, Func<string, string> escape) =>
        control.WaitsFor.Length == 0 ? (control.StandsStill ? "**Pausing** · it pauses when the step in flight has ended\n\n" : "")
        : $"**{Capital(control.State)}** · {escape(control.WaitsFor)}\n\n";

    private static string Capital(string state) => char.ToUpperInvariant(state[0]) + PlainText.OneLine(state[1..]);
}
