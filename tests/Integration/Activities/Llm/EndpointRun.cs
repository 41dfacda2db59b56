using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Prompts;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Tests.Support.Endpoints;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Testing;
using static Spark.Temporal.Tests.Activities.Llm.EndpointTalk;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>Drives the product's activity against one stand-in.</summary>
internal sealed class EndpointRun(EndpointKind kind, EndpointServer server, ILlmActivities activities, IArtifactStore store, int firstCall = 0)
{

    private readonly List<string> _faults = [];
    private readonly List<(LlmReply Reply, Says Says)> _answers = [];
    private int _call = firstCall;

    public async Task<MatrixRow> RunAsync()
    {
        var refused = kind.FirstTurn?.Failure is not null;
        var none = new Cell(refused, "–");
        var (first, conversation) = await FirstAsync();
        var (second, acted) = conversation is null ? (none, null) : await SecondAsync(conversation);
        Cell[] cells =
        [
            first,
            second,
            acted is null ? none : await EmptyAsync(acted),
            refused ? none : await LongAsync(),
            refused ? none : await SchemaAsync(),
            await ErrorsAsync(),
            Cost(),
        ];
        return new MatrixRow(kind.Name, cells, _faults);
    }

    /// <summary>A conversation of two turns, its last calls answered.</summary>
    /// <returns>Null where the endpoint did not come so far.</returns>
    public async Task<ArtifactRef?> TwoTurnsAsync() =>
        (await FirstAsync()).Conversation is { } conversation ? (await SecondAsync(conversation)).Acted : null;

    /// <summary>Goes on with a conversation that another endpoint began.</summary>
    public async Task<Cell> GoOnAsync(ArtifactRef conversation)
    {
        server.Begin();
        server.Model = _ => new Says { Text = LastWords };
        return Close("goes on", asLearned: true, wrong: EndpointVerdict.Wrong(await CallAsync(conversation), new Ending { Text = LastWords, MostRequests = 5 }));
    }

    public IReadOnlyList<string> Faults => _faults;

    private async Task<(Cell Cell, ArtifactRef? Conversation)> FirstAsync()
    {
        server.Begin();
        server.Model = request => Calls(request, 1, First);
        var start = await store.AppendAsync(null, [SystemText, User("Do the task.")], CancellationToken.None);
        var came = await CallAsync(start);
        if (kind.FirstTurn is { } ending)
        {
            return (Close("first turn", EndpointVerdict.Wrong(came, ending)), null);
        }

        return came.Reply is { } reply
            ? (Close("first turn", await WrongCallsAsync(reply, First)), reply.Conversation)
            : (Close("first turn", EndpointVerdict.Words(came)), null);
    }

    private async Task<(Cell Cell, ArtifactRef? Acted)> SecondAsync(ArtifactRef conversation)
    {
        var before = server.Refusals.Count;
        server.Model = request => Calls(request, 2, Second);
        var second = await CallAsync(await AnsweredAsync(store, conversation));
        if (second.Reply is not { } reply)
        {
            return (Close("second turn", EndpointVerdict.Words(second), before), null);
        }

        if (await WrongCallsAsync(reply, Second) is { } wrong)
        {
            return (Close("second turn", wrong, before), null);
        }

        server.Model = _ => new Says { Text = LastWords, Reasoning = Thought + "3", Turn = 3, Tokens = new(2_400, 1_200, 0, 20, 10) };
        var acted = await AnsweredAsync(store, reply.Conversation);
        var last = await CallAsync(acted);
        return (
            Close("second turn", EndpointVerdict.Wrong(last, kind.LastTurn ?? new Ending(Finish: FinishReasons.Stop) { Text = LastWords, MostRequests = int.MaxValue }), before),
            last.Reply is null ? null : acted);
    }

    /// <summary>The model says nothing after the results of its commands, though it thought; then it is asked to go on, as the agent's loop does.</summary>
    private async Task<Cell> EmptyAsync(ArtifactRef acted)
    {
        server.Rewind();
        var before = server.Refusals.Count;
        server.Model = _ => new Says { Reasoning = Thought + "4", Turn = 4, Tokens = new(2_400, 1_200, 0, 3, 10) };
        var empty = await CallAsync(acted);
        if (EndpointVerdict.Wrong(empty, Must.Finish(FinishReasons.Empty)) is { } wrong)
        {
            return Close("empty end", wrong, before);
        }

        server.Model = _ => new Says { Text = LastWords, Turn = 5, Tokens = new(2_500, 1_200, 0, 20, 0) };
        var nudged = await store.AppendAsync(empty.Reply!.Conversation, [User(AgentPrompts.GoOn(FinishReasons.Empty))], CancellationToken.None);
        return Close("empty end", EndpointVerdict.Wrong(await CallAsync(nudged), kind.LastTurn ?? new Ending(Finish: FinishReasons.Stop) { Text = LastWords, MostRequests = int.MaxValue }), before);
    }

    private async Task<Cell> LongAsync()
    {
        server.Begin();
        server.Model = request => new Says
        {
            Text = string.Concat(Enumerable.Range(0, 160).Select(number => $"line {number} ")),
            Reasoning = Thought,
            Finish = Finish.Length,
            Tokens = new(900, 0, 0, request.Limit ?? 1, 0),
        };
        var start = await store.AppendAsync(null, [SystemText with { Content = "You write." }, User("Write a long text.")], CancellationToken.None);
        var came = await CallAsync(start, request => request with { Purpose = LlmPurposes.Distill, Tools = false, MaxTokens = 48_000 });
        var ending = kind.LongReply ?? new Ending(Finish: FinishReasons.Length) { Text = "line 9 ", MostRequests = 4 };
        var wrong = EndpointVerdict.Wrong(came, ending);
        if (wrong is null && ending.Failure is null)
        {
            var limit = server.Requests[^1].Limit;
            wrong = limit is null ? "no limit was sent" : kind.ReplyLimit is null && limit < 16_000 && server.Refusals.Count == 0 ? $"the limit was {limit}, 48000 were asked for" : null;
        }

        return Close("long reply", wrong);
    }

    private async Task<Cell> SchemaAsync()
    {
        server.Begin();
        server.Model = _ => new Says { Text = """{"verdict":"ok"}""", Reasoning = Thought };
        var start = await store.AppendAsync(null, [SystemText with { Content = "You answer with one JSON object." }, User("Judge it.")], CancellationToken.None);
        var came = await CallAsync(start, request => request with { Purpose = LlmPurposes.Critique, Tools = false });
        return Close("schema", EndpointVerdict.Wrong(came, new Ending(Finish: FinishReasons.Stop) { Text = "verdict", MostRequests = 4 }));
    }

    private async Task<Cell> ErrorsAsync()
    {
        var wrong = 0;
        foreach (var error in kind.Errors)
        {
            server.Begin();
            server.Model = _ => new Says { Text = LastWords };
            server.Fault = error.Answer;
            var start = await store.AppendAsync(null, [SystemText, User(error.Prompt ?? "Do the task.")], CancellationToken.None);
            var overflows = error.Ending.Failure == FailureTypes.ContextOverflow;
            var why = EndpointVerdict.Wrong(await CallAsync(start), overflows ? Must.FirstOverflow(error.Ending) : error.Ending);
            if (why is null && overflows)
            {
                why = EndpointVerdict.Wrong(await CallAsync(await GrownAsync(store, start)), error.Ending);
            }

            server.Fault = null;
            if (why is not null)
            {
                wrong++;
                _faults.Add($"error '{error.Name}': {PlainText.OneLine(why, 600)}");
            }
        }

        return new Cell(wrong == 0, kind.Errors.Count == 0 ? "–" : $"{kind.Errors.Count - wrong}/{kind.Errors.Count}");
    }

    private Cell Cost()
    {
        var wrong = _answers.Select(answer => UsageCheck.Wrong(kind, answer.Reply.Usage, answer.Says)).FirstOrDefault(why => why is not null);
        if (wrong is not null)
        {
            _faults.Add($"cost: {wrong}");
        }

        var usages = _answers.Select(answer => answer.Reply.Usage).ToList();
        return wrong is not null ? new Cell(false, "**no**")
            : usages.Count == 0 ? new Cell(kind.FirstTurn?.Failure is not null, "–")
            : new Cell(true, (usages[0].Unpriced ? "unpriced" : $"${usages.Sum(usage => usage.CostUsd):0.######}") + (usages[0].Estimated ? ", estimated" : ""));
    }

    private async Task<CallEnd> CallAsync(ArtifactRef conversation, Func<LlmRequest, LlmRequest>? change = null)
    {
        var before = server.Requests.Count;
        var spoken = server.Spoken.Count;
        var request = new LlmRequest
        {
            Model = new ModelChoice(),
            Purpose = LlmPurposes.Agent,
            Conversation = conversation,
            Call = ++_call,
            FirstRunId = "first-run",
            Task = "matrix",
            Tools = true,
            InlineCharacters = 100_000,
        };
        var environment = new ActivityEnvironment { Info = ActivityEnvironment.DefaultInfo with { WorkflowId = "skill/matrix/model/task/attempt-1" } };
        try
        {
            var reply = await environment.RunAsync(() => activities.CompleteAsync(change?.Invoke(request) ?? request)).WaitAsync(TimeSpan.FromSeconds(25));
            if (change is null && server.Fault is null && server.Spoken.Count > spoken)
            {
                _answers.Add((reply, server.Spoken[^1]));
            }

            return new CallEnd(reply, null, server.Requests.Count - before);
        }
        catch (Exception failure)
        {
            return new CallEnd(null, failure, server.Requests.Count - before);
        }
    }

    /// <param name="column">What was tried.</param>
    /// <param name="wrong">What is wrong, null for nothing.</param>
    /// <param name="from">The first refusal that counts.</param>
    /// <param name="asLearned">A refusal costs nothing, and any may teach.</param>
    private Cell Close(string column, string? wrong, int from = 0, bool asLearned = false)
    {
        var refusals = server.Refusals.Skip(from).ToList();
        var broken = refusals.Where(refusal => refusal.Rule.Must && !asLearned).Select(refusal => refusal.Rule.Name).Distinct().ToList();
        var learned = refusals.Where(refusal => !refusal.Rule.Must || asLearned).Select(refusal => refusal.Rule.Name).Distinct().ToList();
        if (wrong is null && broken.Count == 0)
        {
            return new Cell(true, learned.Count == 0 ? "ok" : $"ok (learned: {string.Join(", ", learned)})");
        }

        var last = refusals.LastOrDefault(refusal => refusal.Rule.Must) ?? refusals.LastOrDefault();
        _faults.Add($"{column}: {wrong ?? "a rule was broken"}{(last is null ? "" : EndpointVerdict.Evidence(last))}");
        return new Cell(false, $"**no**{(broken.Count + learned.Count > 0 ? $": {string.Join(", ", broken.Concat(learned))}" : "")}");
    }

    private async Task<string?> WrongCallsAsync(LlmReply reply, string[] commands)
    {
        var said = (await store.ReadConversationAsync(reply.Conversation, CancellationToken.None))[^1];
        var expected = server.Spoken[^1] is { Commands.Count: 0 } && said.ToolCalls.All(call => call.Fenced) ? commands[..1] : commands;
        var got = said.ToolCalls.Select(call => call.Command ?? $"({call.Problem})").ToArray();
        return got.SequenceEqual(expected) ? null : $"asked for [{string.Join(" · ", got)}] and not for [{string.Join(" · ", expected)}]; text '{PlainText.OneLine(said.Content, 120)}', finish '{reply.FinishReason}'";
    }
}
