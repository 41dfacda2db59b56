using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Tests.Domain.Texts;

public sealed class RepetitionTests
{
    [TestCase("I check it again. ", 200)]
    [TestCase("x", 3_000)]
    [TestCase("The next step is to look at the file, and then at the other one, and so on.\nWait, no.\n", 40)]
    public void The_same_passage_again_and_again_is_endless(string passage, int times) =>
        Assert.That(Repetition.IsEndless("It began well. " + string.Concat(Enumerable.Repeat(passage, times)) + passage[..(passage.Length / 2)]), Is.True);

    [TestCase("I check it again. ", 20, Description = "too short to be sure")]
    public void A_few_times_are_none(string passage, int times) =>
        Assert.That(Repetition.IsEndless(string.Concat(Enumerable.Repeat(passage, times))), Is.False);

    [Test]
    public void Text_that_goes_on_is_none()
    {
        Assert.That(Repetition.IsEndless(string.Join('\n', Enumerable.Range(0, 2_000).Select(line => $"{line}: {line * 7919 % 1000}"))), Is.False);
        Assert.That(Repetition.IsEndless(string.Concat(Enumerable.Repeat("again ", 500)) + string.Join(' ', Enumerable.Range(0, 300))), Is.False, "it ended");
        Assert.That(Repetition.IsEndless(null), Is.False);
    }
}
