using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Llm;

/// <summary>
/// Tries a model with what runs will ask of it, through the same calls: it learns from refusals as they do. A step that fails is a
/// finding; the others go on.
/// </summary>
/// <param name="choice">Which model.</param>
/// <param name="endpoint">Where it is.</param>
/// <param name="run">Names the test in requests.</param>
/// <param name="ask">Makes one call.</param>
/// <param name="redactor">Takes secrets out of what a model says.</param>
internal sealed class ModelTester(
    ModelChoice choice, ModelEndpoint endpoint, string run, Func<LlmRequest, IReadOnlyList<ChatMessage>, Task<ModelAnswer>> ask, SecretRedactor redactor)
{
    private const int LongReply = 4_096;
    private const int ShortReply = 2_048;
    private const int LastNumber = 300;
    private const string Secret = "blue-4711";

    private readonly List<ModelTestStep> _steps = [];
    private string? _api;
    private int _calls;

    public async Task<ModelTest> RunAsync()
    {
        ChatMessage[] first =
        [
            Said(ChatRoles.System, "You are an agent on a computer. You act with the tool shell, one command at a time."),
            Said(ChatRoles.User, "Run the command `cat password.txt`, and then say what it printed."),
        ];
        var call = await StepAsync("tool call", LlmPurposes.Agent, first, ShortReply, CallsTool);
        await SecondTurnAsync(first, call);
        await StepAsync(
            "long reply", LlmPurposes.Reflect,
            [Said(ChatRoles.User, $"Write the numbers from 1 to {LastNumber}, one a line, without leaving any out and without anything else.")], LongReply, IsLong);
        await StepAsync(
            "schema", LlmPurposes.Critique,
            [Said(ChatRoles.User, "Answer with one JSON object alone. Its field \"findings\" is a list with one object: \"severity\" is \"note\", \"where\" is \"title\", \"message\" is \"None.\".")],
            ShortReply, FitsSchema);
        return new ModelTest
        {
            Profile = choice.Profile,
            Model = endpoint.Model,
            BaseUrl = endpoint.BaseUrl.ToString(),
            Api = _api,
            Steps = _steps,
            Usage = _steps.Aggregate(TokenUsage.None, (sum, step) => sum + (step.Usage ?? TokenUsage.None)),
        };
    }

    private async Task SecondTurnAsync(ChatMessage[] first, ModelAnswer? asked)
    {
        const string name = "second turn";
        if (asked?.Reply.Message is not { ToolCalls: [var made, ..] } message)
        {
            _steps.Add(new ModelTestStep(name, null, "not tried: there is no tool call to answer"));
            return;
        }

        var answers = message.ToolCalls.Select(call => new ChatMessage
        {
            Role = ChatRoles.Tool,
            ToolCallId = call.Id,
            Content = call == made ? $"{Secret}\n" : "",
            Result = new CommandResult(call.Id, 0, 1),
        });
        await StepAsync(name, LlmPurposes.Agent, [.. first, message, .. answers], ShortReply, answer => (answer.Reply.Message, answer.Reply.FinishReason) switch
        {
            ({ Content: var text }, _) when text.Contains(Secret, StringComparison.Ordinal) => (true, "it goes on with what the command printed"),
            ({ ToolCalls.Count: > 0 }, _) => (true, "it calls the tool again"),
            ({ Content.Length: 0 }, var end) => (false, $"it says nothing after a command's output (finish reason '{end}')"),
            ({ Content: var text }, _) => (false, $"it does not know what the command printed: {Short(text)}"),
        });
    }

    private static (bool, string) CallsTool(ModelAnswer answer) => answer.Reply.Message switch
    {
        { ToolCalls: [{ Command: { } command, Fenced: var fenced }, ..] } => (true, $"{Short(command)}{(fenced ? ", as a fenced block: it takes no tools" : "")}"),
        { ToolCalls: [{ Problem: { } problem }, ..] } => (false, Short(problem)),
        { Content: var text } => (false, $"no call in the reply (finish reason '{answer.Reply.FinishReason}'): {Short(text)}"),
    };

    private static (bool, string) IsLong(ModelAnswer answer)
    {
        var text = ReplyText.Strip(answer.Reply.Message.Content);
        var whole = text.Split('\n').Any(line => line.Trim() == $"{LastNumber}");
        return whole ? (true, $"{text.Length} characters, whole")
            : (false, $"{text.Length} characters, and not to the end (finish reason '{answer.Reply.FinishReason}', limit {LongReply} tokens)");
    }

    private static (bool, string) FitsSchema(ModelAnswer answer)
    {
        if (ReplyJson.Find(answer.Reply.Message.Content, ["findings"], out var problem) is not { } json)
        {
            return (false, problem);
        }

        var wrong = JsonShape.Check(BlueprintSchema.CritiqueRoot, json);
        return wrong.Count == 0 ? (true, "it fits") : (false, wrong[0]);
    }

    private async Task<ModelAnswer?> StepAsync(
        string name, string purpose, IReadOnlyList<ChatMessage> messages, int limit, Func<ModelAnswer, (bool Passed, string Words)> judge)
    {
        var request = new LlmRequest
        {
            Model = choice,
            Purpose = purpose,
            Conversation = new ArtifactRef(new string('0', 64), 0, MediaTypes.Json),
            Call = ++_calls,
            FirstRunId = run,
            Task = "model test",
            Tools = purpose == LlmPurposes.Agent,
            MaxTokens = limit,
        };
        try
        {
            var answer = await ask(request, messages);
            _api = answer.Api.Name;
            var (passed, words) = judge(answer);
            _steps.Add(new ModelTestStep(name, passed, redactor.Redact(words), answer.Reply.Usage, answer.DurationMs));
            return answer;
        }
        catch (ApplicationFailureException refused)
        {
            _steps.Add(new ModelTestStep(name, false, PlainText.OneLine(refused.Message, 600)));
            return null;
        }
    }

    private static string Short(string text) => PlainText.OneLine(text, 120);

    private static ChatMessage Said(string role, string content) => new() { Role = role, Content = content };
}
