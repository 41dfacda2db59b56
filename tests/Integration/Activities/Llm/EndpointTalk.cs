using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Prompts;
using Spark.Temporal.Tests.Support.Endpoints;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>What is said in the conversations of the matrix, by the model and by the agent's loop.</summary>
internal static class EndpointTalk
{
    public const string LastWords = "All done: \"42\" ✓ 🙂";
    public const string Thought = "Let me see: the \"tests\" first…\n  then {ünïcode} 🙂, and back\\slashes.";
    public static readonly string[] First = ["echo \"one\" > /tmp/ü.txt"];
    public static readonly string[] Second = ["ls -la '/tmp'", "cat /tmp/ü.txt | head -n 3"];

    /// <summary>A model that acts: by the tool where it has one, else as the system text asks for, else not at all.</summary>
    public static Says Calls(EndpointRequest request, int turn, string[] commands)
    {
        var says = new Says { Turn = turn, Reasoning = Thought + turn, Tokens = new(1_200 * turn, 400 * turn, 0, 50 + turn, 30) };
        return request.HasTools ? says with { Text = turn == 1 ? "I look first." : "", Commands = commands, Finish = Finish.Calls }
            : request.Asks("```bash") ? says with { Text = $"I look first.\n\n```bash\n{commands[0]}\n```" }
            : says with { Text = "I have no tool and was told of no other way." };
    }

    /// <summary>The conversation with the results of its last calls.</summary>
    public static async Task<ArtifactRef> AnsweredAsync(IArtifactStore store, ArtifactRef conversation)
    {
        var said = (await store.ReadConversationAsync(conversation, CancellationToken.None))[^1];
        return await store.AppendAsync(
            conversation,
            [.. said.ToolCalls.Select(call => new ChatMessage { Role = ChatRoles.Tool, ToolCallId = call.Id, Content = $"Output of {call.Command}:\n\u001b[1mone\u001b[0m ✓\n(exit code 0)" })],
            CancellationToken.None);
    }

    /// <summary>The conversation after some turns with much output, in fenced blocks, which every API takes.</summary>
    public static Task<ArtifactRef> GrownAsync(IArtifactStore store, ArtifactRef start) => store.AppendAsync(
        start,
        [
            .. Enumerable.Range(1, 6).SelectMany(turn => new ChatMessage[]
            {
                new()
                {
                    Role = ChatRoles.Assistant,
                    Content = $"```bash\ncat part-{turn}\n```",
                    ToolCalls = [new ToolCall($"old{turn:d6}", "shell", $"cat part-{turn}", $"cat part-{turn}", Fenced: true)],
                },
                new() { Role = ChatRoles.Tool, ToolCallId = $"old{turn:d6}", Content = new string('x', 4_000) },
            }),
        ],
        CancellationToken.None);

    public static ChatMessage SystemText { get; } = new() { Role = ChatRoles.System, Content = AgentPrompts.System(tools: true) };

    public static ChatMessage User(string content) => new() { Role = ChatRoles.User, Content = content };
}
