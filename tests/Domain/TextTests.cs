using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Tests.Domain;

public sealed class TextTests
{
    [TestCase("3D Scan/Calc", "3d-scan-calc")]
    [TestCase("__a__b__", "a-b")]
    [TestCase("!?", "task")]
    [TestCase("../../etc", "etc")]
    public void A_slug_is_what_ids_and_skill_names_allow(string name, string slug) => Assert.That(PlainText.Slug(name), Is.EqualTo(slug));

    [Test]
    public void Names_that_differ_in_other_letters_than_ascii_keep_apart()
    {
        var slugs = new[] { "日本語", "中文任务", "café", "cafè", "caf", "task", new string('a', 80) + "é" }.Select(PlainText.Slug).ToList();

        Assert.Multiple(() =>
        {
            Assert.That(slugs, Is.Unique);
            Assert.That(slugs, Has.All.Length.LessThanOrEqualTo(64));
            Assert.That(slugs.Select(PlainText.Slug), Is.EqualTo(slugs));
            Assert.That(slugs[0], Does.Match("^task-[0-9a-f]{8}$"));
        });
    }

    [Test]
    public void A_slug_is_cut_without_a_hyphen_at_its_end() =>
        Assert.That(PlainText.Slug(new string('a', 63) + "-" + new string('b', 9)), Is.EqualTo(new string('a', 63)));

    [TestCase("\u001b[31mred\u001b[0m", "red")]
    [TestCase("\u001b]0;title\u0007text", "text")]
    [TestCase("a\u0008b\rc\nd\te", "abc\nd\te")]
    public void What_a_terminal_would_act_on_is_taken_out(string text, string printable) => Assert.That(PlainText.Printable(text), Is.EqualTo(printable));

    [Test]
    public void One_line_keeps_pairs_of_surrogates_whole()
    {
        var line = PlainText.OneLine(new string('a', 78) + "😀😀😀");

        Assert.That(line, Does.EndWith("…"));
        Assert.That(line.Any(char.IsHighSurrogate), Is.EqualTo(line.Any(char.IsLowSurrogate)));
    }

    [Test]
    public void A_tail_starts_with_a_line() => Assert.That(PlainText.TailAtLineStart("first\nsecond\nthird", 9), Is.EqualTo("third"));
}
