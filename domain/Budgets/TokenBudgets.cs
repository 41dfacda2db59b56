using System.Globalization;
using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Budgets;

/// <summary>Limits of one kind of model call, in tokens.</summary>
/// <param name="PromptTokens">Most that is sent, by <see cref="TokenEstimate"/>.</param>
/// <param name="CompletionTokens">Most that may come back.</param>
public sealed record TokenBudget(int PromptTokens, int CompletionTokens);

/// <summary>
/// Limits of model calls by purpose, as <c>token_budgets.json</c> sets them. What the file leaves out keeps its default:
/// <code>
/// { "agent": { "prompt_tokens": 120000, "completion_tokens": 8192 }, "observation_characters": 16000 }
/// </code>
/// </summary>
public sealed record TokenBudgets
{
    private const int MaxTokens = 10_000_000;
    private const int MinObservationCharacters = 200;
    private const int MaxObservationCharacters = 1_000_000;

    public static readonly TokenBudgets Default = new();

    private static readonly TokenBudget Fallback = new(120_000, 8_192);

    /// <summary>Limits by purpose, one of <see cref="LlmPurposes"/>.</summary>
    public IReadOnlyDictionary<string, TokenBudget> Purposes { get; init; } = new Dictionary<string, TokenBudget>
    {
        [LlmPurposes.Agent] = new(120_000, 8_192),
        [LlmPurposes.Reflect] = new(48_000, 6_144),
        [LlmPurposes.Distill] = new(48_000, 12_288),
        [LlmPurposes.Retrieve] = new(32_000, 4_096),
        [LlmPurposes.Blueprint] = new(64_000, 24_576),
        [LlmPurposes.Critique] = new(64_000, 8_192),
        [LlmPurposes.Repair] = new(96_000, 24_576),
    };

    /// <summary>Most characters of a command's output that a model sees; the middle of a longer one is cut.</summary>
    public int ObservationCharacters { get; init; } = 16_000;

    /// <summary>Limits of one purpose; an unknown purpose gets the agent's defaults.</summary>
    public TokenBudget this[string purpose] => Purposes.GetValueOrDefault(purpose, Fallback);

    /// <summary>Reads a budget file.</summary>
    /// <param name="json">Its text; comments and trailing commas are allowed.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="FormatException">Something in it cannot be used; the message names file, field and remedy.</exception>
    public static TokenBudgets Parse(string json, string file)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        }
        catch (JsonException broken)
        {
            throw new FormatException($"{file}:{(broken.LineNumber ?? 0) + 1}: not JSON: {broken.Message}", broken);
        }

        using (document)
        {
            return Read(document.RootElement, file);
        }
    }

    private static TokenBudgets Read(JsonElement root, string file)
    {
        var purposes = new Dictionary<string, TokenBudget>(Default.Purposes);
        var characters = Default.ObservationCharacters;
        foreach (var (name, value) in Fields(root, file, ""))
        {
            if (name == "observation_characters")
            {
                characters = Number(value, file, name, MinObservationCharacters, MaxObservationCharacters);
            }
            else if (purposes.TryGetValue(name, out var budget))
            {
                purposes[name] = ReadBudget(value, budget, file, name);
            }
            else
            {
                throw new FormatException($"{file}: '{name}' is unknown; known are {string.Join(", ", purposes.Keys)} and observation_characters.");
            }
        }

        return new TokenBudgets { Purposes = purposes, ObservationCharacters = characters };
    }

    private static TokenBudget ReadBudget(JsonElement element, TokenBudget budget, string file, string purpose)
    {
        foreach (var (name, value) in Fields(element, file, purpose))
        {
            budget = name switch
            {
                "prompt_tokens" => budget with { PromptTokens = Number(value, file, $"{purpose}.{name}", 1, MaxTokens) },
                "completion_tokens" => budget with { CompletionTokens = Number(value, file, $"{purpose}.{name}", 1, MaxTokens) },
                _ => throw new FormatException($"{file}: '{purpose}.{name}' is unknown; known are prompt_tokens and completion_tokens."),
            };
        }

        return budget;
    }

    private static List<(string Name, JsonElement Value)> Fields(JsonElement element, string file, string where)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"{file}: {(where.Length == 0 ? "the whole" : $"'{where}'")} must be an object with named limits, not {Kind(element)}.");
        }

        var fields = element.EnumerateObject().Select(field => (field.Name, field.Value)).ToList();
        var twice = fields.GroupBy(field => field.Name).FirstOrDefault(group => group.Count() > 1);
        return twice is null ? fields : throw new FormatException($"{file}: '{(where.Length == 0 ? "" : where + ".")}{twice.Key}' appears twice; keep one.");
    }

    private static int Number(JsonElement value, string file, string field, int least, int most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most
            ? number
            : throw new FormatException(string.Create(
                CultureInfo.InvariantCulture, $"{file}: '{field}' is {PlainText.OneLine(value.GetRawText(), 40)}; it must be a whole number from {least} to {most}."));

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "text",
        JsonValueKind.Number => "a number",
        _ => element.GetRawText(),
    };
}
