using System.Globalization;
using Spark.Temporal.Workflows.Domain;

namespace Spark.Temporal.Workflows;

/// <summary>
/// What a person may do with an open run, in the words of the web UI's menus and with a value that can be pasted, so that
/// nobody needs to know the project to steer it.
/// </summary>
internal static class OperatorHints
{
    /// <summary>Ends a text: the web UI cuts off what stands last, so that is an empty paragraph.</summary>
    public const string Foot = "\n\n\u00a0\n\n\u00a0";

    private const string Menu = "**You may** choose *More Actions › Send an Update*: ";

    /// <summary>One paragraph of Markdown.</summary>
    /// <param name="control">How the run stands.</param>
    /// <param name="further">Other updates that the run takes while it is not held, each in backticks.</param>
    public static string Render(RunControl control, params string[] further) => control.State switch
    {
        RunStates.Running => $"{Menu}{string.Join(", ", ["`Pause`", .. further])}; or *Request Cancellation*.\n\n",
        RunStates.Paused => $"{Menu}`Resume`, without a value; or *Request Cancellation*.\n\n",
        RunStates.Budget => $"{Menu}`RaiseBudget` with `{Raised(control)}`; or *Request Cancellation*.\n\n",
        _ => $"Mend what is wrong, then {Menu}`Resume`, without a value; or *Request Cancellation*.\n\n",
    };

    /// <summary>Twice of what there was, as the value that <c>RaiseBudget</c> takes.</summary>
    public static string Raised(RunControl control) =>
        control.Limit.Usd is { } dollars
            ? $$"""{"budget_usd": {{Math.Ceiling(Math.Round(2 * Math.Max(dollars, control.Spent.CostUsd), 2)).ToString(CultureInfo.InvariantCulture)}}}"""
            : $$"""{"budget_tokens": {{2 * Math.Max(control.Limit.Tokens ?? 0, control.Spent.TotalTokens)}}}""";

    /// <summary>What the run waits for, as a line that stands out; empty while it goes on.</summary>
    public static string Waiting(RunControl control, Func<string, string> escape) =>
        control.WaitsFor.Length == 0 ? "" : $"**{Capital(control.State)}** · {escape(control.WaitsFor)}\n\n";

    private static string Capital(string state) => char.ToUpperInvariant(state[0]) + Text.OneLine(state[1..]);
}
