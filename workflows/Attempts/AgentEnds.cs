using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Workflows.Attempts;

/// <summary>What a trial says of an agent that did not end its work by saying so. What its container holds is judged all the same.</summary>
internal static class AgentEnds
{
    public const string CallsInText = "The endpoint gave the model's tool calls as text; they were read from there.";

    /// <summary>The note for the reason of the last reply's end; none for an end in good order.</summary>
    public static IEnumerable<string> NoteOf(string finishReason) => finishReason switch
    {
        FinishReasons.Length => ["The model's replies ran into their token limit again and again, which ended the agent's work; a higher MaxTokens of its profile gives them room."],
        FinishReasons.ContentFilter => ["The provider's filter cut the model's last reply, which ended the agent's work."],
        FinishReasons.Refusal => ["The model declined to go on, which ended the agent's work."],
        FinishReasons.Empty => ["The model's last reply was empty, also when it was asked to go on; that was taken for its end."],
        FinishReasons.Repetition => ["The model repeated itself without end, also when it was asked to go on, which ended the agent's work."],
        FinishReasons.TextCall => ["The model wrote its tool calls as text that could not be read, again and again, which ended the agent's work."],
        _ => [],
    };
}
