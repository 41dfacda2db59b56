using System.Globalization;
using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>The spellings of usage.</summary>
internal static class Usages
{
    /// <summary>Cached tokens inside the prompt, reasoning inside the completion.</summary>
    public static JsonObject OpenAi(Tokens tokens) => new()
    {
        ["prompt_tokens"] = tokens.Prompt,
        ["completion_tokens"] = tokens.Completion,
        ["total_tokens"] = tokens.Prompt + tokens.Completion,
        ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = tokens.Cached, ["audio_tokens"] = 0 },
        ["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = tokens.Thought },
    };

    /// <summary>With tokens written to a cache, as OpenAI does from GPT-5.6 on.</summary>
    public static JsonObject OpenAiWriting(Tokens tokens)
    {
        var usage = OpenAi(tokens);
        usage["prompt_tokens_details"]!["cache_write_tokens"] = tokens.Written;
        return usage;
    }

    /// <summary>The reasoning only in the total (xAI).</summary>
    public static JsonObject Beside(Tokens tokens)
    {
        var usage = OpenAi(tokens);
        usage["completion_tokens"] = tokens.Visible;
        return usage;
    }

    /// <summary>The reasoning only in the total, and named nowhere (Gemini's OpenAI door).</summary>
    public static JsonObject BesideUnnamed(Tokens tokens)
    {
        var usage = Plain(tokens);
        usage["completion_tokens"] = tokens.Visible;
        usage["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = tokens.Cached };
        return usage;
    }

    /// <summary>Three numbers.</summary>
    public static JsonObject Plain(Tokens tokens) => new()
    {
        ["prompt_tokens"] = tokens.Prompt,
        ["completion_tokens"] = tokens.Completion,
        ["total_tokens"] = tokens.Prompt + tokens.Completion,
    };

    /// <summary>Hits and misses of the cache (DeepSeek).</summary>
    public static JsonObject HitAndMiss(Tokens tokens)
    {
        var usage = Plain(tokens);
        usage["prompt_cache_hit_tokens"] = tokens.Cached;
        usage["prompt_cache_miss_tokens"] = tokens.Prompt - tokens.Cached;
        usage["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = tokens.Thought };
        return usage;
    }

    /// <summary>Numbers as a gateway in a loosely typed language writes them: floats, and text.</summary>
    public static JsonObject Loose(Tokens tokens) => new()
    {
        ["prompt_tokens"] = JsonNode.Parse(tokens.Prompt.ToString("0.0", CultureInfo.InvariantCulture)),
        ["completion_tokens"] = tokens.Completion.ToString(CultureInfo.InvariantCulture),
        ["total_tokens"] = (tokens.Prompt + tokens.Completion).ToString(CultureInfo.InvariantCulture),
        ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = JsonNode.Parse(tokens.Cached.ToString("0.0", CultureInfo.InvariantCulture)) },
    };

    /// <summary>The three parts of a prompt beside one another (Anthropic).</summary>
    public static JsonObject Anthropic(Tokens tokens) => new()
    {
        ["input_tokens"] = tokens.Prompt - tokens.Cached - tokens.Written,
        ["cache_creation_input_tokens"] = tokens.Written,
        ["cache_read_input_tokens"] = tokens.Cached,
        ["cache_creation"] = new JsonObject { ["ephemeral_5m_input_tokens"] = tokens.Written, ["ephemeral_1h_input_tokens"] = 0 },
        ["output_tokens"] = tokens.Completion,
        ["output_tokens_details"] = new JsonObject { ["thinking_tokens"] = tokens.Thought },
        ["service_tier"] = "standard",
    };

    public static JsonObject Responses(Tokens tokens) => new()
    {
        ["input_tokens"] = tokens.Prompt,
        ["input_tokens_details"] = new JsonObject { ["cached_tokens"] = tokens.Cached, ["cache_write_tokens"] = tokens.Written },
        ["output_tokens"] = tokens.Completion,
        ["output_tokens_details"] = new JsonObject { ["reasoning_tokens"] = tokens.Thought },
        ["total_tokens"] = tokens.Prompt + tokens.Completion,
    };
}
