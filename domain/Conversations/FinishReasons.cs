namespace Spark.Temporal.Domain.Conversations;

/// <summary>Why a reply ended, in one set of words for all providers.</summary>
public static class FinishReasons
{
    /// <summary>The model said what it had to say.</summary>
    public const string Stop = "stop";

    /// <summary>It asks for a tool.</summary>
    public const string ToolCalls = "tool_calls";

    /// <summary>It ran into its limit of tokens.</summary>
    public const string Length = "length";

    /// <summary>The provider's filter cut it.</summary>
    public const string ContentFilter = "content_filter";

    /// <summary>The model itself declined.</summary>
    public const string Refusal = "refusal";

    /// <summary>It says nothing and asks for nothing.</summary>
    public const string Empty = "empty";

    /// <summary>It repeats itself without end.</summary>
    public const string Repetition = "repetition";

    /// <summary>It wrote a tool call as text that could not be read as one.</summary>
    public const string TextCall = "text_call";
}
