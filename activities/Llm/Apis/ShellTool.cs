using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Prompts;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>Reads what a model wants to run, from a tool call or from a fenced block.</summary>
internal static partial class ShellTool
{
    /// <summary>Added to the prompt of a model whose endpoint takes no tool calls.</summary>
    public const string FencedNote =
        """
        This endpoint takes no tool calls. To run a command, end your reply with one block like this and nothing after it:

        ```bash
        ls -la
        ```

        Only the first block marked `bash` runs. Write ```bash timeout=600 to allow it 600 seconds. A reply without such a
        block ends your work.
        """;

    /// <summary>Reads a tool call. <see cref="ToolCall.Problem"/> says why one cannot be run.</summary>
    public static ToolCall FromArguments(string id, string name, string arguments, bool cutOff)
    {
        var call = new ToolCall(id, name, arguments, Command: null);
        if (name != AgentPrompts.ShellTool)
        {
            return call with { Problem = $"There is no tool named '{name}'. The only tool is '{AgentPrompts.ShellTool}', with the argument 'command'." };
        }

        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(arguments);
            root = document.RootElement.Clone();
        }
        catch (JsonException wrong)
        {
            var why = cutOff ? "your reply was cut off at its length limit; use a shorter command" : wrong.Message;
            return call with { Problem = $"Nothing was run: the arguments are not valid JSON ({why}). Send {{\"command\": \"…\"}} again." };
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            return call with { Problem = "Nothing was run: the arguments must be a JSON object such as {\"command\": \"ls\"}." };
        }

        if (!root.TryGetProperty("command", out var command) || command.ValueKind != JsonValueKind.String
            || string.IsNullOrWhiteSpace(command.GetString()))
        {
            return call with { Problem = "Nothing was run: the arguments need 'command', one string that is not empty." };
        }

        return call with { Command = command.GetString(), TimeoutSec = TimeoutOf(root) };
    }

    /// <summary>The first fenced <c>bash</c> block of a text as a call, null when there is none.</summary>
    public static ToolCall? FromFences(string id, string text)
    {
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var fence = OpeningFence().Match(lines[i]);
            if (!fence.Success)
            {
                continue;
            }

            var marks = fence.Groups["marks"].Value;
            var end = Array.FindIndex(lines, i + 1, line => Closes(line, marks));
            var isShell = fence.Groups["language"].Value.ToLowerInvariant() is "bash" or "sh" or "shell";
            if (!isShell)
            {
                // A block of another language may quote a bash block: the whole block is skipped.
                i = end < 0 ? lines.Length : end;
                continue;
            }

            var body = string.Join('\n', lines[(i + 1)..(end < 0 ? lines.Length : end)]);
            var call = new ToolCall(id, AgentPrompts.ShellTool, body, Command: null, Fenced: true);
            return end < 0
                ? call with { Problem = "Nothing was run: the bash block is not closed. Send the whole block again, ending with ```." }
                : string.IsNullOrWhiteSpace(body)
                    ? call with { Problem = "Nothing was run: the bash block is empty." }
                    : call with { Command = body, TimeoutSec = TimeoutIn(fence.Groups["rest"].Value) };
        }

        return null;
    }

    private static bool Closes(string line, string marks)
    {
        var trimmed = line.Trim();
        return trimmed.Length >= marks.Length && trimmed.All(c => c == marks[0]);
    }

    private static double? TimeoutOf(JsonElement arguments)
    {
        if (!arguments.TryGetProperty("timeout_sec", out var value))
        {
            return null;
        }

        return value.ValueKind switch
        {
            JsonValueKind.Number when value.TryGetDouble(out var seconds) => Sensible(seconds),
            JsonValueKind.String => Parse(value.GetString()!),
            _ => null,
        };
    }

    private static double? TimeoutIn(string info) => TimeoutInfo().Match(info) is { Success: true } match ? Parse(match.Groups[1].Value) : null;

    private static double? Parse(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) ? Sensible(seconds) : null;

    private static double? Sensible(double seconds) => double.IsFinite(seconds) && seconds > 0 ? seconds : null;

    [GeneratedRegex(@"^\s{0,3}(?<marks>`{3,}|~{3,})\s*(?<language>[A-Za-z0-9_+-]*)(?<rest>[^`]*)$")]
    private static partial Regex OpeningFence();

    [GeneratedRegex(@"\btimeout(?:_sec)?=([0-9.]+)")]
    private static partial Regex TimeoutInfo();
}
