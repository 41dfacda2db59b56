using Spark.Temporal.Starter.Dashboard;

namespace Spark.Temporal.Tests.Starter.Dashboard;

public sealed class VisibleTextTests
{
    [TestCase("\u001b[2J\u001b]0;title\u0007", "⟨ESC⟩[2J⟨ESC⟩]0;title⟨U+0007⟩", TestName = "A terminal's orders are words")]
    [TestCase("a\tb\r\nc", "a\tb\nc", TestName = "Tabs and line ends stay")]
    [TestCase("abc\u202edcba\u2066x", "abc⟨U+202E⟩dcba⟨U+2066⟩x", TestName = "The direction of reading is not turned")]
    [TestCase("\u009b31m\u007f\0", "⟨U+009B⟩31m⟨U+007F⟩⟨U+0000⟩", TestName = "One-byte orders too")]
    [TestCase("a\u200bb\ufeffc\u00add\u2028e", "a⟨U+200B⟩b⟨U+FEFF⟩c⟨U+00AD⟩d⟨U+2028⟩e", TestName = "Nor does anything hide between letters")]
    [TestCase("a\U000E0061b", "a⟨U+E0061⟩b", TestName = "Words in invisible tags neither")]
    [TestCase("<script>&amp;😀é", "<script>&amp;😀é", TestName = "What is only text stays as it is")]
    public void Shows_what_would_do_something(string text, string shown) => Assert.That(VisibleText.Of(text), Is.EqualTo(shown));

    [Test]
    public void Is_cut_and_says_so() => Assert.That(VisibleText.Of(new string('x', 5_000), 10), Is.EqualTo("xxxxxxxxxx\n… 5,000 characters in all"));
}
