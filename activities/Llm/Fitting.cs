using Spark.Temporal.Activities.Llm.Signs;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Llm;

/// <summary>
/// Makes one request fit its model. The limit of the reply gives way first, since most replies are short; then the oldest observations go. What
/// the endpoint says about its size stands above our estimate.
/// </summary>
internal sealed class Fitting
{
    /// <summary>How much of the room an endpoint's tokens may differ from our estimate.</summary>
    private const double SecondTryShare = 0.6;

    /// <summary>How often observations are left out because the endpoint refused the length.</summary>
    private const int MostCuts = 2;

    /// <summary>What a list of tools and the marks around messages cost.</summary>
    private const int Around = 300;

    /// <summary>Limit of a reply that is tried last where the endpoint names no numbers.</summary>
    private const int LastReply = 1_024;

    private readonly IReadOnlyList<ChatMessage> _messages;
    private readonly int _wanted;
    private int _cuts;

    /// <param name="request">What is asked.</param>
    /// <param name="endpoint">Where.</param>
    /// <param name="messages">The conversation.</param>
    /// <param name="known">What the endpoint has taught.</param>
    public Fitting(LlmRequest request, ModelEndpoint endpoint, IReadOnlyList<ChatMessage> messages, EndpointHabits.Habit known)
    {
        var budget = TokenBudgets.Default[request.Purpose];
        _messages = messages;
        _wanted = request.MaxTokens ?? endpoint.Profile.MaxTokens ?? budget.CompletionTokens;
        ContextTokens = ContextOf(endpoint, known);
        if ((known.ReplyLimit ?? endpoint.Known?.MaxOutput) is { } most)
        {
            _wanted = Math.Min(_wanted, most);
        }

        var room = endpoint.Profile.ContextTokens is null ? endpoint.Known?.MaxPrompt ?? int.MaxValue : int.MaxValue;
        var limit = Math.Min(request.PromptTokens ?? budget.PromptTokens, Math.Min(room, ContextTokens - Least(ContextTokens)));
        Sent = ContextWindow.Fit(messages, limit);
        if (!Sent.Fits)
        {
            // Rather the newest observation alone than a refusal.
            Sent = ContextWindow.Fit(messages, limit, keepTurns: 1);
        }

        ReplyTokens = Within(ContextTokens, Sent.EstimatedTokens + Around);
    }

    /// <summary>What the model reads and writes together, as far as known.</summary>
    public int ContextTokens { get; }

    /// <summary>What is sent.</summary>
    public FittedConversation Sent { get; private set; }

    /// <summary>Upper limit of the reply in tokens.</summary>
    public int ReplyTokens { get; private set; }

    /// <summary>Whether nothing has been said yet: then nothing can be left out.</summary>
    public bool IsFirst => !_messages.Any(message => message.Role == ChatRoles.Assistant);

    /// <summary>Whether even the first request is surely too long, without asking the endpoint.</summary>
    public bool CannotFit => IsFirst && FirstRequest.CannotFit(Sent.EstimatedTokens, ContextTokens);

    /// <summary>What a model reads and writes together: the profile's setting, else what a refusal named, else what is known of the model.</summary>
    public static int ContextOf(ModelEndpoint endpoint, EndpointHabits.Habit known) =>
        endpoint.Profile.ContextTokens ?? known.ContextTokens ?? endpoint.Known?.Context ?? LlmProfile.DefaultContextTokens;

    /// <summary>Lowers the limit of the reply.</summary>
    /// <returns>Whether that changes anything.</returns>
    public bool Lower(int most)
    {
        var changes = most < ReplyTokens;
        ReplyTokens = Math.Min(most, ReplyTokens);
        return changes;
    }

    /// <summary>Makes the request smaller after the endpoint refused its length.</summary>
    /// <returns>False where nothing is left to give way.</returns>
    public bool Shrink(Overflow said)
    {
        var (window, prompt, estimate) = (said.Window, said.Prompt, Math.Max(1, Sent.EstimatedTokens));
        if (window - prompt is { } left && left >= Least(window!.Value) && Lower(left - Math.Max(1, left / 50)))
        {
            return true;
        }

        double share = window is { } room ? (room - Least(room)) / (double)(prompt ?? estimate) * (prompt is null ? 1 : 0.95) : SecondTryShare;
        var shorter = ContextWindow.Fit(_messages, (int)(estimate * Math.Min(share, prompt is null ? SecondTryShare : 0.95)), keepTurns: 1);
        if (_cuts < MostCuts && shorter.Dropped > Sent.Dropped)
        {
            _cuts++;
            Sent = shorter;
            if (window is { } most)
            {
                ReplyTokens = Math.Min(ReplyTokens, Within(most, (int)(shorter.EstimatedTokens * ((prompt ?? estimate) / (double)estimate))));
            }

            return true;
        }

        // Without numbers the limit of the reply may be all that is too much.
        return prompt is null && Lower(LastReply);
    }

    private int Within(int context, int prompt) => Math.Max(Least(context), Math.Min(_wanted, context - prompt));

    /// <summary>How far the limit of a reply is lowered before observations go.</summary>
    private int Least(int context) => Math.Min(_wanted, Math.Max(FirstRequest.LeastReply, context / 16));
}
