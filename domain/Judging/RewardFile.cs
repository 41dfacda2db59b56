using System.Globalization;
using System.Text.Json;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Judging;

/// <summary>What a verifier's reward files say.</summary>
/// <param name="Reward">The reward; null when the files give none.</param>
/// <param name="Rewards">Every key of <c>reward.json</c>, else <c>reward</c> alone; empty when there is no reward.</param>
/// <param name="Problem">Why there is no reward, naming the file; null when there is one.</param>
public sealed record RewardReading(double? Reward, IReadOnlyDictionary<string, double> Rewards, string? Problem);

/// <summary>
/// Reads the files in which a verifier leaves its verdict (docs/architecture.md, "Harbor tasks"). A file that is empty or holds
/// no number is a problem, never a reward of zero.
/// </summary>
public static class RewardFile
{
    public const string JsonName = "reward.json";
    public const string TextName = "reward.txt";

    private const string Key = "reward";
    private static readonly IReadOnlyDictionary<string, double> None = new Dictionary<string, double>();

    /// <summary>Reads what is there: <c>reward.json</c> decides where it exists, even when it cannot be read.</summary>
    /// <param name="json">Content of <c>/logs/verifier/reward.json</c>; null where there is none.</param>
    /// <param name="text">Content of <c>/logs/verifier/reward.txt</c>; null where there is none.</param>
    public static RewardReading Read(string? json, string? text)
    {
        if (json is null)
        {
            return text is null ? Failed($"the verifier wrote neither {JsonName} nor {TextName} to /logs/verifier") : FromText(text);
        }

        var reading = FromJson(json);
        return reading.Problem is { } problem && text is not null
            ? Failed($"{problem} ({TextName} is there too, but {JsonName} decides where both exist)")
            : reading;
    }

    /// <summary>Reads <c>reward.json</c>: an object of numbers; the reward is <c>reward</c>, else the least of them.</summary>
    public static RewardReading FromJson(string json)
    {
        if (IsBlank(json))
        {
            return Failed($"{JsonName} is empty; expected an object such as {{\"{Key}\": 1.0}}");
        }

        Dictionary<string, double> rewards = [];
        try
        {
            using var document = JsonDocument.Parse(json.TrimStart('\uFEFF'));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return Failed($"{JsonName} holds {Name(document.RootElement)}; expected an object such as {{\"{Key}\": 1.0}}");
            }

            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Value.ValueKind != JsonValueKind.Number || !double.IsFinite(property.Value.GetDouble()))
                {
                    return Failed($"{JsonName}: '{PlainText.OneLine(property.Name, 40)}' is {Name(property.Value)}; expected a finite number");
                }

                rewards[property.Name] = property.Value.GetDouble();
            }
        }
        catch (JsonException mistake)
        {
            // NaN and Infinity, which Python writes without being asked, end here too: JSON knows neither.
            return Failed($"{JsonName} is not valid JSON (line {mistake.LineNumber + 1}): '{PlainText.OneLine(json, 60)}'");
        }

        if (rewards.TryGetValue(Key, out var reward))
        {
            return new RewardReading(reward, rewards, null);
        }

        return rewards.Count switch
        {
            0 => Failed($"{JsonName} is an empty object; expected {{\"{Key}\": 1.0}}"),
            _ => new RewardReading(rewards.Values.Min(), rewards, null),
        };
    }

    /// <summary>Reads <c>reward.txt</c>: one finite number.</summary>
    public static RewardReading FromText(string text)
    {
        if (IsBlank(text))
        {
            return Failed($"{TextName} is empty; expected one number");
        }

        return double.TryParse(text.TrimStart('\uFEFF').Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var reward) && double.IsFinite(reward)
            ? new RewardReading(reward, new Dictionary<string, double> { [Key] = reward }, null)
            : Failed($"{TextName} holds '{PlainText.OneLine(text, 40)}'; expected one finite number");
    }

    private static bool IsBlank(string content) => string.IsNullOrWhiteSpace(content.TrimStart('\uFEFF'));

    private static RewardReading Failed(string problem) => new(null, None, problem);

    private static string Name(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "a nested object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "text",
        JsonValueKind.Null => "null",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => $"'{PlainText.OneLine(value.GetRawText(), 40)}'",
    };
}
