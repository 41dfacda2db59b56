using Spark.Temporal.Starter.Texts;

namespace Spark.Temporal.Tests.Starter.Texts;

public sealed class LineDiffTests
{
    [TestCase("", "a\nb", "+a +b")]
    [TestCase("a\nb", "", "-a -b")]
    [TestCase("a\nb\nc", "a\nx\nc", " a -b +x  c")]
    [TestCase("a\nb", "a\nb", " a  b")]
    [TestCase("one\ntwo\nthree", "two\nthree\nfour", "-one  two  three +four")]
    public void Tells_what_a_rewrite_changed(string before, string after, string expected) => Assert.That(
        string.Join(' ', LineDiff.Of(before, after).Select(line => $"{(line.Kind == "added" ? '+' : line.Kind == "removed" ? '-' : ' ')}{line.Text}")),
        Is.EqualTo(expected));

    [Test]
    public void Both_texts_can_be_read_from_it([Range(1, 20)] int seed)
    {
        // Few letters, so that lines agree often.
        var chance = new Random(seed);
        string[] old = [.. Enumerable.Range(0, chance.Next(12)).Select(_ => $"{chance.Next(4)}")], now = [.. Enumerable.Range(0, chance.Next(12)).Select(_ => $"{chance.Next(4)}")];
        var lines = LineDiff.Of(string.Join('\n', old), string.Join('\n', now));

        Assert.That(lines.Where(line => line.Kind != "added").Select(line => line.Text), Is.EqualTo(old));
        Assert.That(lines.Where(line => line.Kind != "removed").Select(line => line.Text), Is.EqualTo(now));
    }
}
