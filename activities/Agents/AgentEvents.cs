using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Activities.Agents;

/// <summary>
/// Reads what an agent says it did, event by event as it comes: the commands and texts become the trial's conversation,
/// the numbers its usage. Lines that are not JSON, and events that the description does not know, are skipped.
/// </summary>
internal sealed class AgentEvents(AgentDescription description, Func<string, string> redact)
{
    /// <summary>Source that is the agent's own output.</summary>
    public const string Output = "output";

    private const int MostMessages = 4_000;
    private const int ObservationCharacters = 16_000;

    private readonly List<ChatMessage> _messages = [];
    private int _left;
    private bool _said;
    private TokenUsage _usage = TokenUsage.None;

    /// <summary>What it said and ran, in order.</summary>
    public IReadOnlyList<ChatMessage> Messages => _messages;

    public int Commands { get; private set; }

    /// <summary>Its own numbers; null where it gave none.</summary>
    public TokenUsage? Usage => _said ? _usage : null;

    /// <summary>Number of messages that were left out because there were too many.</summary>
    public int LeftOut => _left;

    /// <summary>One line of a source.</summary>
    public void Line(string source, string line)
    {
        if (Parse(line) is { } document)
        {
            using (document)
            {
                Take(source, document.RootElement);
            }
        }
    }

    /// <summary>A file that it wrote: lines of JSON, or one document.</summary>
    public void File(string source, string content)
    {
        if (Parse(content) is { } whole)
        {
            using (whole)
            {
                Take(source, whole.RootElement);
            }

            return;
        }

        foreach (var line in content.Split('\n'))
        {
            Line(source, line);
        }
    }

    private static JsonDocument? Parse(string text)
    {
        if (text.AsSpan().TrimStart() is not ['{' or '[', ..])
        {
            return null;
        }

        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Take(string source, JsonElement root)
    {
        if (description.Events is { } events && events.From == source)
        {
            foreach (var happened in JsonPaths.Find(root, events.Each))
            {
                foreach (var rule in events.Rules.Where(rule => JsonPaths.Holds(happened, rule.When)))
                {
                    foreach (var element in JsonPaths.Find(happened, rule.Each).Where(element => JsonPaths.Holds(element, rule.Where)))
                    {
                        Apply(rule, element);
                    }
                }
            }
        }

        if (description.Usage is { } usage && usage.From == source && JsonPaths.Holds(root, usage.When))
        {
            Count(usage, root);
        }
    }

    private void Apply(EventRule rule, JsonElement element)
    {
        var observation = JsonPaths.Text(element, rule.Observation);
        var id = JsonPaths.Text(element, rule.CallId);
        if (JsonPaths.Text(element, rule.Command) is { } command)
        {
            Commands++;
            id ??= $"call-{Commands}";
            command = redact(command);
            var arguments = JsonSerializer.Serialize(new Dictionary<string, string> { ["command"] = command });
            Add(new ChatMessage { Role = ChatRoles.Assistant, ToolCalls = [new ToolCall(id, "shell", arguments, command)] });
        }
        else if (JsonPaths.Text(element, rule.Text) is { Length: > 0 } text)
        {
            Add(new ChatMessage { Role = ChatRoles.Assistant, Content = redact(text) });
        }

        if (observation is not null && id is not null)
        {
            var code = rule.ExitCode.Length > 0 ? (int?)JsonPaths.Number(element, rule.ExitCode) : null;
            Add(new ChatMessage
            {
                Role = ChatRoles.Tool,
                ToolCallId = id,
                Content = redact(observation.Length <= ObservationCharacters ? observation : $"{observation[..ObservationCharacters]}\n[… {observation.Length - ObservationCharacters} characters left out …]"),
                Result = code is { } exit ? new CommandResult(id, exit, 0, OutputBytes: observation.Length) : null,
            });
        }
    }

    private void Add(ChatMessage message)
    {
        if (_messages.Count < MostMessages)
        {
            _messages.Add(message);
        }
        else
        {
            _left++;
        }
    }

    private void Count(UsageDescription paths, JsonElement root)
    {
        var numbers = new[] { paths.Prompt, paths.Completion, paths.Cached, paths.CostUsd }
            .Select(list => list.Select(path => JsonPaths.Number(root, path)).Where(number => number is not null).Select(number => number!.Value).ToList()).ToList();
        if (numbers.All(list => list.Count == 0))
        {
            return;
        }

        // Agents write a cost of 0 where they know no price.
        var cost = numbers[3].Sum();
        var said = new TokenUsage((long)numbers[0].Sum(), (long)numbers[1].Sum(), (long)numbers[2].Sum(), cost) { Unpriced = cost == 0 };
        (_usage, _said) = (paths.Sum ? _usage + said : said, true);
    }
}
