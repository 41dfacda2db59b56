using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Prompts;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>One entry of a conversation as it is sent.</summary>
internal abstract record SentEntry;

/// <summary>What the system or the user says.</summary>
internal sealed record SentWords(string Role, string Content) : SentEntry;

/// <summary>What the model said.</summary>
/// <param name="Content">Its text.</param>
/// <param name="Calls">What it asked for.</param>
/// <param name="Echo">What its provider wants back, null where it is another one or wants nothing.</param>
/// <param name="Own">Whether this endpoint and model wrote it.</param>
internal sealed record SentAnswer(string Content, IReadOnlyList<SentCall> Calls, JsonNode? Echo, bool Own) : SentEntry;

/// <param name="Id">The id that is sent.</param>
/// <param name="OwnId">The id in the conversation.</param>
/// <param name="Name">The tool.</param>
/// <param name="Arguments">JSON text of an object.</param>
internal sealed record SentCall(string Id, string OwnId, string Name, string Arguments);

/// <summary>The answer to a call.</summary>
internal sealed record SentResult(string CallId, string Content) : SentEntry;

/// <summary>
/// Makes a conversation ready for an API: notes are left out, calls and results go together by ids that the provider takes, fenced blocks are
/// text, and what a provider wants back goes to the endpoint and model that wrote it and to no other.
/// </summary>
internal static class Dialogue
{
    private const string NoResult = "(There is no output of this call.)";

    public static IReadOnlyList<SentEntry> Of(IReadOnlyList<ChatMessage> messages, BodyForm form, string api)
    {
        var entries = new List<SentEntry>();
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var open = new List<SentCall>();
        foreach (var message in messages)
        {
            if (message.Role == ChatRoles.Note)
            {
                continue;
            }

            if (message.Role == ChatRoles.Tool)
            {
                var own = message.ToolCallId ?? "";
                entries.Add(ids.TryGetValue(own, out var id) ? new SentResult(id, message.Content) : new SentWords(ChatRoles.User, message.Content));
                open.RemoveAll(call => call.OwnId == own);
                continue;
            }

            // Providers refuse a conversation in which a call has no result.
            entries.AddRange(open.Select(call => new SentResult(call.Id, NoResult)));
            open.Clear();
            if (message.Role != ChatRoles.Assistant)
            {
                entries.Add(new SentWords(message.Role, message.Content));
                continue;
            }

            var answer = Answer(message, form, api, taken);
            if (SaysNothing(answer))
            {
                continue;
            }

            if (answer is { Calls.Count: 0, Echo: null } && string.IsNullOrWhiteSpace(answer.Content))
            {
                // Providers refuse a message that says nothing.
                continue;
            }

            foreach (var call in answer.Calls)
            {
                ids[call.OwnId] = call.Id;
                open.Add(call);
            }

            entries.Add(answer);
        }

        entries.AddRange(open.Select(call => new SentResult(call.Id, NoResult)));
        return form is { Tools: true, Fenced: true } ? WithNote(entries) : entries;
    }

    /// <summary>Whether what a message's provider wants back goes to this endpoint and model.</summary>
    public static bool IsOwn(ChatMessage message, BodyForm form, string api) =>
        message.Echo is { } echo && echo.Api == api && echo.Model == form.Model && Same(echo.Endpoint, form.BaseUrl);

    // An empty message is an end that was asked about; providers refuse one that holds neither text nor calls.
    private static bool SaysNothing(SentAnswer answer) => answer.Calls.Count == 0 && answer.Echo is not JsonArray && string.IsNullOrWhiteSpace(answer.Content)
        && (answer.Echo as JsonObject)?["content"] is null;

    private static bool Same(string endpoint, Uri baseUrl) => endpoint.TrimEnd('/') == baseUrl.AbsoluteUri.TrimEnd('/');

    private static SentAnswer Answer(ChatMessage message, BodyForm form, string api, HashSet<string> taken)
    {
        var calls = message.ToolCalls.Where(call => !call.Fenced).ToList();
        if (form.Fenced && calls.Count > 0)
        {
            var blocks = calls.Select(call => $"```bash\n{call.Command ?? call.Arguments}\n```");
            return new SentAnswer(string.Join("\n\n", blocks.Prepend(message.Content).Where(part => part.Length > 0)), [], null, Own: false);
        }

        var own = IsOwn(message, form, api);
        return new SentAnswer(
            message.Content,
            [.. calls.Select(call => new SentCall(Id(call.Id, own, form, taken), call.Id, call.Name, SendableArguments(call.Arguments)))],
            own && form.Echo ? Parse(message.Echo!.Json) : null,
            own);
    }

    // The provider's own ids go back as they came; those of another one only where any provider takes them, and only once.
    private static string Id(string id, bool own, BodyForm form, HashSet<string> taken)
    {
        var sent = (form.ShortIds ? ToolCallIds.IsShort(id) : own || ToolCallIds.FitsAll(id)) ? id : ToolCallIds.Instead(id);
        for (var again = 1; !taken.Add(sent) && !own; again++)
        {
            sent = ToolCallIds.Instead(id, again);
        }

        return sent;
    }

    /// <summary>Arguments of a call as the text of an object: endpoints parse those of earlier calls again, and refuse the whole conversation over one that is not JSON.</summary>
    public static string SendableArguments(string arguments)
    {
        try
        {
            using var document = JsonDocument.Parse(arguments);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return arguments;
            }
        }
        catch (JsonException)
        {
            // Sent as text below.
        }

        return new JsonObject { ["invalid_arguments"] = arguments }.ToJsonString(SparkJson.Options);
    }

    private static JsonNode? Parse(string json)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static List<SentEntry> WithNote(List<SentEntry> entries)
    {
        if (entries is [SentWords { Role: ChatRoles.System } system, ..])
        {
            entries[0] = system with { Content = AgentPrompts.ForFences(system.Content) ?? $"{system.Content}\n\n{ShellTool.FencedNote}" };
        }
        else
        {
            entries.Insert(0, new SentWords(ChatRoles.System, ShellTool.FencedNote));
        }

        return entries;
    }
}
