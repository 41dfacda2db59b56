using System.Text.Json;

namespace Spark.Temporal.Starter.Recorded;

/// <summary>The fields of one event that somebody asks for; everything else is skipped without becoming a string.</summary>
internal sealed class TrajectoryEvent
{
    private static readonly string[] Texts =
        ["type", "status", "agent_commands", "test_summary", "memo_before", "memo_after", "level", "method", "task_name"];

    private static readonly string[] Numbers =
        ["attempt", "step", "proxy_exec", "proxy_plan", "proxy_oss", "raw_pdi", "weight", "weighted_pdi", "reward"];

    private readonly Dictionary<string, string> _texts = [];
    private readonly Dictionary<string, double> _numbers = [];

    // Events of other types may use the same names for other things: only who asks for a field minds its kind.
    private readonly HashSet<string> _wrongKind = [];

    public string Type => _texts.GetValueOrDefault("type", "");

    public bool Triggered { get; private set; }

    public bool Success { get; private set; }

    /// <summary>A text; empty where the event has none or null.</summary>
    /// <exception cref="FormatException">It is something else than text.</exception>
    public string Text(string name) =>
        _wrongKind.Contains(name) ? throw new FormatException($"a {Type} whose '{name}' is not text") : _texts.GetValueOrDefault(name, "");

    /// <exception cref="FormatException">The event has no such number.</exception>
    public double Number(string name) =>
        _numbers.TryGetValue(name, out var number) ? number : throw new FormatException($"a {Type} without a number '{name}'");

    /// <summary>A number; null where the event has none.</summary>
    public double? NumberOrNull(string name) => _numbers.TryGetValue(name, out var number) ? number : null;

    /// <exception cref="FormatException">The event has no such whole number.</exception>
    public int Integer(string name) =>
        Number(name) is var number && number == Math.Floor(number) && Math.Abs(number) <= 1_000_000
            ? (int)number
            : throw new FormatException($"a {Type} whose '{name}' is no whole number");

    /// <exception cref="JsonException">The line is not JSON.</exception>
    /// <exception cref="FormatException">The line is JSON but no event.</exception>
    /// <exception cref="InvalidOperationException">A text is not UTF-8.</exception>
    public static TrajectoryEvent Read(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException("not a JSON object");
        }

        var read = new TrajectoryEvent();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            read.ReadField(ref reader);
        }

        // Anything after the object makes the reader throw.
        reader.Read();
        return read.Type.Length > 0 ? read : throw new FormatException("no 'type'");
    }

    private void ReadField(ref Utf8JsonReader reader)
    {
        if (Named(ref reader, Texts) is { } text)
        {
            reader.Read();
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.Null)
            {
                _texts[text] = reader.GetString() ?? "";
                return;
            }

            _wrongKind.Add(text);
            reader.Skip();
        }
        else if (Named(ref reader, Numbers) is { } number)
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.Number)
            {
                _numbers[number] = reader.GetDouble();
                return;
            }

            reader.Skip();
        }
        else if (reader.ValueTextEquals("triggered"u8))
        {
            reader.Read();
            Triggered = reader.TokenType == JsonTokenType.True;
            reader.Skip();
        }
        else if (reader.ValueTextEquals("success"u8))
        {
            reader.Read();
            Success = reader.TokenType == JsonTokenType.True;
            reader.Skip();
        }
        else
        {
            reader.Skip();
        }
    }

    private static string? Named(ref Utf8JsonReader reader, string[] names)
    {
        foreach (var name in names)
        {
            if (reader.ValueTextEquals(name))
            {
                return name;
            }
        }

        return null;
    }
}
