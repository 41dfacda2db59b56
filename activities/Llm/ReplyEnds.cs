using Spark.Temporal.Activities.Llm.Apis;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Llm;

/// <summary>How a reply ended, beyond what the endpoint says: in text that is a tool call, in endless repetition.</summary>
internal static class ReplyEnds
{
    /// <summary>The reply with the tool calls that stood in its text, and with the reason for its end that its content shows.</summary>
    public static ChatReply Meant(ChatReply reply, LlmRequest request)
    {
        var message = reply.Message;
        if (message.ToolCalls.Count > 0 || reply.FinishReason is FinishReasons.ContentFilter or FinishReasons.Refusal)
        {
            return reply;
        }

        if (reply.FinishReason == FinishReasons.Length && (Repetition.IsEndless(message.Content) || Repetition.IsEndless(message.Reasoning)))
        {
            return reply with { FinishReason = FinishReasons.Repetition };
        }

        return request.Tools && WrittenCalls.Find(message.Content) is { } written ? Written(reply, written, request.Call) : reply;
    }

    private static ChatReply Written(ChatReply reply, WrittenCallsReading written, int call)
    {
        if (written.Calls.Count == 0)
        {
            return reply with { FinishReason = reply.FinishReason == FinishReasons.Length ? FinishReasons.Length : FinishReasons.TextCall };
        }

        // Sent back as calls proper, the form that the endpoint itself should have given them.
        var calls = written.Calls
            .Select((found, index) => ShellTool.FromArguments(CallIds.Made(call, index + 1), found.Name, found.Arguments, cutOff: false))
            .ToList();
        return reply with
        {
            // The lists of other APIs hold all that the model said, and these calls are not in them.
            Message = reply.Message with { Content = written.Text, ToolCalls = calls, Echo = reply.Message.Echo is { Api: ChatApi.ApiName } echo ? echo : null },
            FinishReason = FinishReasons.TextCall,
        };
    }
}
