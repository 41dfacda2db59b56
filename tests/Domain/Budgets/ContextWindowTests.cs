using FsCheck;
using FsCheck.Fluent;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Tests.Domain.Budgets;

public sealed class ContextWindowTests
{
    private static readonly Arbitrary<(List<ChatMessage> Messages, int Limit, int Keep)> Conversations = Arb.From(
        from turns in Gen.Choose(0, 4_000).ListOf()
        from limit in Gen.Choose(0, 20_000)
        from keep in Gen.Choose(0, 5)
        select (Conversation(turns), limit, keep));

    [FsCheck.NUnit.Property]
    public Property Only_old_observations_change_and_the_oldest_first() => Prop.ForAll(Conversations, made =>
    {
        var fitted = ContextWindow.Fit(made.Messages, made.Limit, made.Keep);
        var changed = Enumerable.Range(0, made.Messages.Count).Where(index => fitted.Messages[index] != made.Messages[index]).ToList();
        var lastTurns = Enumerable.Range(0, made.Messages.Count).Where(index => made.Messages[index].Role == ChatRoles.Assistant).TakeLast(made.Keep).ToList();
        var protectedFrom = lastTurns.Count > 0 ? lastTurns[0] : made.Messages.Count;
        var droppable = Enumerable.Range(0, protectedFrom).Where(index => made.Messages[index].Role == ChatRoles.Tool && made.Messages[index].Content.Length >= 300);
        return fitted.Messages.Count == made.Messages.Count
            && changed.SequenceEqual(droppable.Take(changed.Count))
            && fitted.Dropped == changed.Count
            && fitted.DroppedCharacters == changed.Sum(index => made.Messages[index].Content.Length);
    });

    [FsCheck.NUnit.Property]
    public Property It_drops_no_more_than_it_must_and_says_truly_whether_it_fits() => Prop.ForAll(Conversations, made =>
    {
        var fitted = ContextWindow.Fit(made.Messages, made.Limit, made.Keep);
        var again = ContextWindow.Fit(fitted.Messages, made.Limit, made.Keep);
        return fitted.EstimatedTokens == TokenEstimate.Of(fitted.Messages)
            && fitted.Fits == (fitted.EstimatedTokens <= made.Limit)
            && (fitted.Dropped == 0 || TokenEstimate.Of(made.Messages) > made.Limit)
            && again.Messages.SequenceEqual(fitted.Messages)
            && again.Dropped == 0;
    });

    [FsCheck.NUnit.Property]
    public Property What_a_note_remembers_stays_left_out_and_the_beginning_stays_the_same() => Prop.ForAll(Conversations, made =>
    {
        var sent = new List<IReadOnlyList<ChatMessage>>();
        var messages = new List<ChatMessage>();
        foreach (var message in made.Messages)
        {
            if (message.Role == ChatRoles.Assistant)
            {
                var fitted = ContextWindow.Fit(messages, made.Limit);
                if (sent.Count > 0 && fitted.LeftOut.Count == 0 && !fitted.Messages.Take(sent[^1].Count).SequenceEqual(sent[^1]))
                {
                    return false;
                }

                sent.Add(fitted.Messages);
                if (fitted.LeftOut.Count > 0)
                {
                    messages.Add(new ChatMessage { Role = ChatRoles.Note, LeftOut = fitted.LeftOut });
                }
            }

            messages.Add(message);
        }

        return true;
    });

    /// <summary>What a provider with a cache of prefixes charges in full for a long conversation.</summary>
    [Test]
    public void A_long_conversation_is_rewritten_rarely()
    {
        const int limit = 60_000;
        var whole = Conversation(Enumerable.Range(0, 150).Select(turn => 1_500 + (turn * 977 % 3_000)));
        var every = FullPrice(whole, messages => ContextWindow.Fit(messages, limit, share: 1), out var most);
        var rare = FullPrice(whole, messages => ContextWindow.Fit(messages, limit), out var few);
        TestContext.Out.WriteLine($"150 turns, {limit} tokens: {every:N0} full-price tokens and {most} rewrites when cut at every turn, {rare:N0} and {few} now: {(double)every / rare:0.0} to 1");
        Assert.That(few, Is.LessThan(12));
        Assert.That(rare * 2, Is.LessThan(every));
    }

    private static long FullPrice(List<ChatMessage> whole, Func<IReadOnlyList<ChatMessage>, FittedConversation> fit, out int rewrites)
    {
        rewrites = 0;
        var messages = new List<ChatMessage>();
        IReadOnlyList<ChatMessage> before = [];
        var full = 0L;
        foreach (var message in whole)
        {
            if (message.Role == ChatRoles.Assistant)
            {
                var fitted = fit(messages);
                var same = fitted.Messages.Zip(before).TakeWhile(pair => pair.First == pair.Second).Count();
                full += TokenEstimate.Of(fitted.Messages.Skip(same));
                before = fitted.Messages;
                if (fitted.LeftOut.Count > 0)
                {
                    rewrites++;
                    messages.Add(new ChatMessage { Role = ChatRoles.Note, LeftOut = fitted.LeftOut });
                }
            }

            messages.Add(message);
        }

        return full;
    }

    [Test]
    public void The_note_says_how_much_is_gone_and_the_answer_keeps_its_call()
    {
        var fitted = ContextWindow.Fit(Conversation([12_345, 10, 10, 10]), 200);

        Assert.That(fitted.Messages[3].Content, Does.StartWith("[12,345 characters of output left out").And.Not.Contain("\n"));
        Assert.That(fitted.Messages[3].ToolCallId, Is.EqualTo("call-0"));
        Assert.That(fitted.Messages[3].Result!.ExitCode, Is.Zero);
    }

    [Test]
    public void What_fits_stays_as_it_is()
    {
        var messages = Conversation([400, 400, 400, 400]);

        Assert.That(ContextWindow.Fit(messages, TokenEstimate.Of(messages)).Messages, Is.EqualTo(messages));
    }

    [Test]
    public void A_conversation_that_cannot_fit_says_so() =>
        Assert.That(ContextWindow.Fit(Conversation([4_000]), 10).Fits, Is.False);

    private static List<ChatMessage> Conversation(IEnumerable<int> outputs)
    {
        List<ChatMessage> messages = [new() { Role = ChatRoles.System, Content = "rules" }, new() { Role = ChatRoles.User, Content = new string('t', 500) }];
        foreach (var (length, turn) in outputs.Select((length, turn) => (length, turn)))
        {
            messages.Add(new() { Role = ChatRoles.Assistant, ToolCalls = [new($"call-{turn}", "shell", "{\"command\":\"ls\"}", "ls")] });
            messages.Add(new() { Role = ChatRoles.Tool, ToolCallId = $"call-{turn}", Content = new string('x', length), Result = new($"turn-{turn}.1", 0, 1) });
        }

        return messages;
    }
}
