using System.Text.Json;
using Microsoft.ML.Tokenizers;
using Spark.Temporal.Domain.Budgets;

namespace Spark.Temporal.Activities.Llm.Usage;

/// <summary>
/// Counts tokens where an endpoint does not, with the vocabulary of current OpenAI models (o200k). Other models count otherwise,
/// commonly within a tenth for English and code: such numbers are marked as estimated.
/// </summary>
internal static class TokenCounter
{
    /// <summary>What the roles and marks around a message cost.</summary>
    private const int PerMessage = 4;

    /// <summary>Longest text that is counted exactly, in characters. Above it, and it is rare, the cheap estimate does.</summary>
    private const int MostCharacters = 4_000_000;

    /// <summary>Longest run without a space that is counted exactly: the vocabulary's algorithm gets slow on one word without end.</summary>
    private const int LongestWord = 4_000;

    private static readonly string[] Said = ["messages", "input", "system", "instructions", "contents"];

    private static readonly Lazy<Tokenizer> Vocabulary = new(() => TiktokenTokenizer.CreateForEncoding("o200k_base"));

    /// <summary>Tokens of a text.</summary>
    public static long Of(string text) => text.Length == 0 ? 0
        : text.Length > MostCharacters || HasEndlessWord(text) ? TokenEstimate.Of(text) : Vocabulary.Value.CountTokens(text);

    /// <summary>Tokens of a request's body, in any API: everything that is said in it, and its tools as they are written.</summary>
    public static long OfRequest(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        long tokens = 0;
        foreach (var part in Said)
        {
            if (root.TryGetProperty(part, out var value))
            {
                tokens += OfTexts(value) + (value.ValueKind == JsonValueKind.Array ? PerMessage * value.GetArrayLength() : 0);
            }
        }

        return tokens + (root.TryGetProperty("tools", out var tools) ? Of(tools.GetRawText()) : 0);
    }

    /// <summary>Tokens of all texts in a piece of JSON.</summary>
    public static long OfTexts(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => Of(element.GetString()!),
        JsonValueKind.Array => element.EnumerateArray().Sum(OfTexts),
        JsonValueKind.Object => element.EnumerateObject().Sum(member => OfTexts(member.Value)),
        _ => 0,
    };

    private static bool HasEndlessWord(string text)
    {
        var run = 0;
        foreach (var c in text)
        {
            run = char.IsWhiteSpace(c) ? 0 : run + 1;
            if (run > LongestWord)
            {
                return true;
            }
        }

        return false;
    }
}
