using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>
/// What a token of the proxy says: which run asks, for which model, up to when and for how many dollars. The token is
/// this with a keyed hash, so the proxy needs no list of tokens and knows them again after a restart.
/// </summary>
internal sealed record RunToken
{
    /// <summary>Looks like a provider's key, so that everything that hides keys hides it too.</summary>
    public const string Prefix = "sk-spark-";

    /// <summary>Names the run's account: the same for every try of its activity.</summary>
    public required string Account { get; init; }

    /// <summary>Id of the container that it is good from; null in tokens of earlier versions, which run out by themselves.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Container { get; init; }

    public required string Run { get; init; }
    public required string Task { get; init; }
    public required string Api { get; init; }
    public required ModelChoice Model { get; init; }
    public double? BudgetUsd { get; init; }
    public long? BudgetTokens { get; init; }

    /// <summary>When it ends, in seconds since 1970.</summary>
    public required long Expires { get; init; }

    public string Sign(byte[] secret)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(this, SparkJson.Options);
        return $"{Prefix}{Encode(payload)}.{Encode(HMACSHA256.HashData(secret, payload))}";
    }

    /// <returns>Null if the text is not one of our tokens.</returns>
    public static RunToken? Read(string? text, byte[] secret)
    {
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal) || text[Prefix.Length..].Split('.') is not [var said, var signed])
        {
            return null;
        }

        try
        {
            var payload = Decode(said);
            return CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(secret, payload), Decode(signed))
                ? JsonSerializer.Deserialize<RunToken>(payload, SparkJson.Options)
                : null;
        }
        catch (Exception damaged) when (damaged is FormatException or JsonException)
        {
            return null;
        }
    }

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static byte[] Decode(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);
}
