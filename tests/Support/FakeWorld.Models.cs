using System.Collections.Concurrent;
using System.Text.Json;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Support;

/// <content>Models.</content>
internal sealed partial class FakeWorld
{
    /// <summary>Models that were asked whether they answer.</summary>
    public ConcurrentQueue<ModelChoice> Probes { get; } = new();

    /// <summary>What comes of such a request; may throw.</summary>
    public Func<ModelChoice, ModelProbe> Probe { get; set; } = model => new ModelProbe(model.Name ?? "fake", "http://fake/v1", 1);

    public Task<ModelProbe> ProbeAsync(ModelChoice model)
    {
        Probes.Enqueue(model);
        return Task.FromResult(Probe(model));
    }

    /// <summary>What a worker says of a model; may throw.</summary>
    public Func<ModelDescriptionRequest, ModelDescription> Describe { get; set; } = request => new ModelDescription
    {
        Profile = request.Model.Profile, Model = request.Model.Name ?? "fake", BaseUrl = "http://fake/v1", Api = "auto", KeyVariable = "FAKE_KEY", ContextTokens = 128_000,
    };

    public Task<ModelDescription> DescribeAsync(ModelDescriptionRequest request) => Task.FromResult(Describe(request));

    /// <summary>What comes of a test; may throw.</summary>
    public Func<ModelChoice, ModelTest> Test { get; set; } = model => new ModelTest
    {
        Profile = model.Profile,
        Model = model.Name ?? "fake",
        BaseUrl = "http://fake/v1",
        Api = "chat",
        Steps = [new ModelTestStep("tool call", true, "cat password.txt", new TokenUsage(100, 10), 5)],
        Usage = new TokenUsage(100, 10),
    };

    public Task<ModelTest> TestAsync(ModelChoice model) => Task.FromResult(Test(model));

    /// <summary>What a person must know of each reply; null for nothing.</summary>
    public string? ReplyNote { get; set; }

    /// <summary>A scripted reply that begins so ends for the reason that follows; what comes below that line is its text.</summary>
    public const string Ends = "ends: ";

    public async Task<LlmReply> CompleteAsync(LlmRequest request)
    {
        await EnterAsync($"llm:{request.Purpose}");
        var text = Reply(request.Purpose, _byPurpose.AddOrUpdate(request.Purpose, 1, (_, count) => count + 1), request);
        string? end = null;
        if (text.StartsWith(Ends, StringComparison.Ordinal))
        {
            var parts = text[Ends.Length..].Split('\n', 2);
            (end, text) = (parts[0], parts.ElementAtOrDefault(1) ?? "");
        }

        var command = request.Purpose == LlmPurposes.Agent && text.StartsWith("$ ", StringComparison.Ordinal) ? text[2..] : null;
        var usage = Tokens with { CostUsd = CostPerCall };
        var message = new ChatMessage
        {
            Role = ChatRoles.Assistant,
            Content = command is null ? text : "",
            Model = "fake",
            Usage = usage,
            ToolCalls = command is null ? [] : [new ToolCall($"call-{request.Call}", "shell", JsonSerializer.Serialize(new { command }), command)],
        };
        return new LlmReply
        {
            Conversation = await store.AppendAsync(request.Conversation, [message], CancellationToken.None),
            ToolCalls = message.ToolCalls.Count,
            Summary = PlainText.OneLine(command ?? "done"),
            Text = text.Length <= request.InlineCharacters ? text : null,
            TextLength = text.Length,
            FinishReason = end ?? FinishReasons.Stop,
            Note = ReplyNote,
            Usage = usage,
            DurationMs = 5,
        };
    }
}
