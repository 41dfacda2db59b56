using Microsoft.Extensions.Logging.Abstractions;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Llm.Habits;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Llm.Habits;

/// <summary>Habits in a store that several workers share.</summary>
public sealed class HabitBookTests
{
    private static readonly HabitKey Key = new(new Uri("http://one/v1"), "gpt", "auto");

    [Test]
    public async Task Workers_see_what_others_learned_after_a_while_and_what_they_forgot()
    {
        using var folder = new TemporaryFolder();
        var clock = new SteppedTime();
        var (one, two) = (Book(folder, clock), Book(folder, clock));
        await two.OfAsync(Key, CancellationToken.None);
        await one.LearnAsync(Key, new HabitEntry("no-tools", "", "words"), CancellationToken.None);

        var before = (await two.OfAsync(Key, CancellationToken.None)).Of("no-tools");
        clock.Step(TimeSpan.FromMinutes(1));
        var after = (await two.OfAsync(Key, CancellationToken.None)).Of("no-tools");
        await two.ForgetAsync(Key, null, CancellationToken.None);
        clock.Step(TimeSpan.FromMinutes(1));

        Assert.That((before, after?.Words), Is.EqualTo(((HabitEntry?)null, "words")));
        Assert.That((await one.OfAsync(Key, CancellationToken.None)).Entries, Is.Empty);
    }

    [Test]
    public async Task What_two_learn_at_once_is_kept_of_both_and_the_same_only_once()
    {
        using var folder = new TemporaryFolder();
        var (one, two) = (Book(folder, TimeProvider.System), Book(folder, TimeProvider.System));
        await Task.WhenAll(
            one.LearnAsync(Key, new HabitEntry("no-tools", "", "a"), CancellationToken.None),
            two.LearnAsync(Key, new HabitEntry("reply-limit", "4096", "b"), CancellationToken.None));
        await one.LearnAsync(Key, new HabitEntry("reply-limit", "4096", "c"), CancellationToken.None);

        var known = await Book(folder, TimeProvider.System).OfAsync(Key, CancellationToken.None);

        Assert.That(known.Entries.Select(entry => (entry.Habit, entry.Value, entry.Words)), Is.EqualTo(new[] { ("no-tools", "", "a"), ("reply-limit", "4096", "b") }));
    }

    [Test]
    public async Task Endpoint_model_and_api_each_have_their_own()
    {
        using var folder = new TemporaryFolder();
        var book = Book(folder, TimeProvider.System);
        await book.LearnAsync(Key, new HabitEntry("no-tools", "", ""), CancellationToken.None);

        foreach (var other in (HabitKey[])[Key with { Model = "b" }, Key with { Api = "chat" }, Key with { BaseUrl = new Uri("http://two/v1") }])
        {
            Assert.That((await book.OfAsync(other, CancellationToken.None)).Entries, Is.Empty, $"{other}");
        }
    }

    [Test]
    public async Task What_is_of_the_moment_is_not_stored()
    {
        using var folder = new TemporaryFolder();
        var book = Book(folder, TimeProvider.System);

        await book.LearnAsync(Key, new HabitEntry("answers-whole", "", ""), CancellationToken.None, store: false);

        Assert.That((await book.OfAsync(Key, CancellationToken.None)).Entries, Has.Count.EqualTo(1));
        Assert.That((await Book(folder, TimeProvider.System).OfAsync(Key, CancellationToken.None)).Entries, Is.Empty);
    }

    private static HabitBook Book(TemporaryFolder folder, TimeProvider time) => new(new FileArtifactStore(folder["store"]), time, NullLogger.Instance);

    private sealed class SteppedTime : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => _now;

        public void Step(TimeSpan by) => _now += by;
    }
}
