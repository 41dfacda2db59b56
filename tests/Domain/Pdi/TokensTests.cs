using FsCheck;
using FsCheck.Fluent;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Tests.Domain.Pdi;

public sealed class TokensTests
{
    [TestCase("", new string[0])]
    [TestCase("  .,-\n", new string[0])]
    [TestCase("Hello, hello WORLD_1!", new[] { "hello", "hello", "world_1" })]
    [TestCase("a-b/c.d", new[] { "a", "b", "c", "d" })]
    [TestCase("5 × 3² ½ Ⅷ ٣", new[] { "5", "3²", "½", "ⅷ", "٣" })]
    [TestCase("naïve ÄÖ Привет 漢字", new[] { "naïve", "äö", "привет", "漢字" })]
    [TestCase("e\u0301te", new[] { "e", "te" }, Description = "a combining mark is no letter, unlike in .NET's \\w")]
    [TestCase("a\u200Db a‿b", new[] { "a", "b", "a", "b" }, Description = "nor are joiners, nor connectors but the underscore")]
    [TestCase("𝒳y 𐌰", new[] { "𝒳y", "𐌰" }, Description = "letters beyond the basic plane are whole")]
    [TestCase("a\uD800b", new[] { "a", "b" }, Description = "half a pair parts words")]
    public void Are_runs_of_letters_numbers_and_underscores_in_lower_case(string text, string[] tokens) =>
        Assert.That(Tokens.Of(text), Is.EqualTo(tokens));

    [Test]
    public void Of_two_texts_are_those_of_one_and_the_other() => Prop.ForAll<NonNull<string>, NonNull<string>>(
        (a, b) => Tokens.Of($"{a.Get} {b.Get}").SequenceEqual([.. Tokens.Of(a.Get), .. Tokens.Of(b.Get)])).QuickCheckThrowOnFailure();
}
