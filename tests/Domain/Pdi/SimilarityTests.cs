using FsCheck;
using FsCheck.Fluent;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Tests.Domain.Pdi;

public sealed class SimilarityTests
{
    [TestCase("a b c d", "b d e", 0.5)]
    [TestCase("a", "a b", 1.0)]
    [TestCase("", "a", 0.0)]
    [TestCase("a", "", 0.0)]
    public void Containment_is_the_share_found(string a, string b, double expected) =>
        Assert.That(Similarity.Containment(Tokens.SetOf(a), Tokens.SetOf(b)), Is.EqualTo(expected));

    [TestCase("a b", "b c", 1.0 / 3)]
    [TestCase("a a b", "b a", 1.0)]
    [TestCase("", "", 0.0)]
    [TestCase("a", "", 0.0)]
    public void Jaccard_is_shared_over_all(string a, string b, double expected) =>
        Assert.That(Similarity.Jaccard(Tokens.SetOf(a), Tokens.SetOf(b)), Is.EqualTo(expected));

    [TestCase("", "", 0.0, Description = "no vocabulary")]
    [TestCase("a a", "a", 0.0, Description = "one word is no distribution")]
    [TestCase("a b", "b a", 1.0)]
    [TestCase("a", "b", 0.321230515539)]
    [TestCase("a b", "", 1.0, Description = "an empty text is the even distribution")]
    public void Jensen_shannon_compares_smoothed_distributions(string a, string b, double expected) =>
        Assert.That(Similarity.JensenShannon(a, b), Is.EqualTo(expected).Within(1e-12));

    [Test]
    public void All_are_symmetric_where_they_should_be_and_between_none_and_all() => Prop.ForAll<byte[], byte[]>((a, b) =>
    {
        string left = Words(a), right = Words(b);
        HashSet<string> leftSet = Tokens.SetOf(left), rightSet = Tokens.SetOf(right);
        double[] values =
        [
            Similarity.JensenShannon(left, right), Similarity.Jaccard(leftSet, rightSet), Similarity.Containment(leftSet, rightSet),
        ];
        return values.All(value => value is >= 0 and <= 1)
            && Math.Abs(values[0] - Similarity.JensenShannon(right, left)) < 1e-11
            && values[1] == Similarity.Jaccard(rightSet, leftSet);
    }).QuickCheckThrowOnFailure();

    private static string Words(byte[] letters) => string.Join(' ', (letters ?? []).Select(letter => $"w{letter % 12}"));
}
