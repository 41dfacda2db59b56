using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>The providers' words for why a reply ended.</summary>
internal static class FinishWords
{
    /// <summary>One of <see cref="FinishReasons"/>, or the word itself where it is not known.</summary>
    public static string Of(string word) => word.ToLowerInvariant() switch
    {
        "stop" or "end_turn" or "stop_sequence" or "completed" or "eos" => FinishReasons.Stop,
        "tool_calls" or "tool_use" or "function_call" => FinishReasons.ToolCalls,
        "length" or "max_tokens" or "max_output_tokens" or "model_length" or "model_context_window_exceeded" => FinishReasons.Length,
        "content_filter" or "safety" or "sensitive" => FinishReasons.ContentFilter,
        "refusal" => FinishReasons.Refusal,
        _ => word,
    };
}
