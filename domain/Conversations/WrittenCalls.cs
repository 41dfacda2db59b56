using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Conversations;

/// <summary>A tool call that stood in a reply's text.</summary>
/// <param name="Name">The tool.</param>
/// <param name="Arguments">JSON text of an object; values of a form without types are strings.</param>
public sealed record WrittenCall(string Name, string Arguments);

/// <summary>What a reply's text holds of tool calls.</summary>
/// <param name="Text">The text before them.</param>
/// <param name="Calls">Those that can be read; empty where there are only marks of one.</param>
public sealed record WrittenCallsReading(string Text, IReadOnlyList<WrittenCall> Calls);

/// <summary>
/// Reads tool calls that a model wrote as text, in the marks it was trained with: the server in front of it has no parser for them, or one
/// that failed. Only calls at the end of a text count, so that an answer that speaks about such marks runs nothing.
/// </summary>
public static partial class WrittenCalls
{
    /// <summary>Looks for calls at the end of a text.</summary>
    /// <returns>Null where the text ends without any mark of a call.</returns>
    public static WrittenCallsReading? Find(string text)
    {
        var end = Start().Match(text);
        if (!end.Success || InsideFence(text, end.Index))
        {
            return null;
        }

        var marked = text[end.Index..];
        var calls = Elements(marked);
        if (calls.Count > 0)
        {
            var rest = Marks().Replace(Anything().Replace(marked, ""), "");
            return string.IsNullOrWhiteSpace(rest) ? new WrittenCallsReading(text[..end.Index].TrimEnd(), calls) : null;
        }

        return BeginsLine(text, end.Index) && (!Closing().IsMatch(marked) || ClosingAtTheEnd().IsMatch(marked))
            ? new WrittenCallsReading(text[..end.Index].TrimEnd(), []) : null;
    }

    private static bool BeginsLine(string text, int index) => string.IsNullOrWhiteSpace(text[(text.LastIndexOf('\n', Math.Max(0, index - 1)) + 1)..index]);

    private static bool InsideFence(string text, int index) => Fence().Count(text[..index]) % 2 == 1;

    private static List<WrittenCall> Elements(string marked)
    {
        var calls = new List<WrittenCall>();
        foreach (Match match in Anything().Matches(marked))
        {
            if (Call(match) is { } call)
            {
                calls.Add(call);
            }
        }

        return calls;
    }

    private static WrittenCall? Call(Match match)
    {
        if (match.Groups["list"] is { Success: true } list)
        {
            return Parsed(list.Value.Trim('[', ']', ' ', '\n'));
        }

        if (match.Groups["json"] is { Success: true } json)
        {
            return Parsed(json.Value);
        }

        var name = match.Groups["name"].Value.Trim();
        if (match.Groups["object"] is { Success: true } arguments)
        {
            return IsObject(arguments.Value) ? new WrittenCall(NameOf(name), arguments.Value.Trim()) : null;
        }

        var values = new JsonObject();
        foreach (Match value in Parameter().Matches(match.Groups["parameters"].Value))
        {
            values[value.Groups["key"].Value.Trim()] = WithoutFrame(value.Groups["value"].Value);
        }

        return name.Length > 0 && values.Count > 0 ? new WrittenCall(NameOf(name), values.ToJsonString()) : null;
    }

    private static WrittenCall? Parsed(string json)
    {
        try
        {
            if (JsonNode.Parse(json) is JsonObject call && ((string?)call["name"] ?? (string?)call["tool"]) is { Length: > 0 } name
                && (call["arguments"] ?? call["parameters"]) is { } arguments)
            {
                return new WrittenCall(NameOf(name), arguments is JsonValue text && text.TryGetValue<string>(out var inner) ? inner : arguments.ToJsonString());
            }
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // Marks of a call without a call in them.
        }

        return null;
    }

    private static bool IsObject(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // functions.shell:0
    private static string NameOf(string name)
    {
        var bare = name.StartsWith("functions.", StringComparison.Ordinal) ? name["functions.".Length..] : name;
        return bare.Split(':')[0].Trim();
    }

    // The line breaks around a value belong to the form.
    private static string WithoutFrame(string value)
    {
        var from = value.StartsWith('\n') ? 1 : 0;
        return value[from..].EndsWith('\n') ? value[from..^1] : value[from..];
    }

    [GeneratedRegex(@"<tool_call>|<function=|<function_calls?>|<\|tool_calls_section_begin\|>|<\|tool_call_begin\|>|<｜tool▁calls?▁begin｜>|<｜DSML｜|\[TOOL_CALLS\]")]
    private static partial Regex Start();

    [GeneratedRegex(
        @"<function=(?<name>[\w.:-]+)>(?<parameters>.*?)</function>"
        + @"|<｜DSML｜invoke name=""(?<name>[^""]+)"">(?<parameters>.*?)</｜DSML｜invoke>"
        + @"|<tool_call>\s*(?<name>[\w.:-]+)\s*(?<parameters><arg_key>.*?)</tool_call>"
        + @"|<tool_call>\s*(?<json>\{.*?\})\s*(</tool_call>|$)"
        + @"|<\|tool_call_begin\|>(?<name>.*?)<\|tool_call_argument_begin\|>(?<object>.*?)<\|tool_call_end\|>"
        + @"|<｜tool▁call▁begin｜>(function<｜tool▁sep｜>)?(?<name>[\w.:-]+)(<｜tool▁sep｜>)?\s*(```json\s*)?(?<object>\{.*?\})\s*(```)?\s*<｜tool▁call▁end｜>"
        + @"|\[TOOL_CALLS\]\s*(?<list>\[.*\])"
        + @"|\[TOOL_CALLS\]\s*(?<name>[\w.:-]+)(\[ARGS\])?\s*(?<object>\{.*\})",
        RegexOptions.Singleline)]
    private static partial Regex Anything();

    [GeneratedRegex(
        @"<parameter=(?<key>[\w.:-]+)>(?<value>.*?)(</parameter>|(?=<parameter=)|$)"
        + @"|<｜DSML｜parameter name=""(?<key>[^""]+)""[^>]*>(?<value>.*?)</｜DSML｜parameter>"
        + @"|<arg_key>(?<key>.*?)</arg_key>\s*<arg_value>(?<value>.*?)</arg_value>",
        RegexOptions.Singleline)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"</?(tool_call|function_calls?|function)>|</?｜DSML｜\w*>|<\|[\w]+\|>|<｜[\w▁]+｜>")]
    private static partial Regex Marks();

    [GeneratedRegex(@"</(tool_call|function)>|</｜DSML｜|_end\|>|▁end｜>")]
    private static partial Regex Closing();

    [GeneratedRegex(@"(</(tool_call|function|function_calls)>|</｜DSML｜\w*>|_end\|>|▁end｜>)\s*$")]
    private static partial Regex ClosingAtTheEnd();

    [GeneratedRegex(@"^\s{0,3}```", RegexOptions.Multiline)]
    private static partial Regex Fence();
}
