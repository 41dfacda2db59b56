using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Domain.Construction;

public class VariationTests
{
    private static readonly FamilyTemplate Template = new(
    [
        new VariationLayer("rate", VariationKind.Size, "8000", ["8000", "11025", "16000"], ["data_builder_python"]),
        new VariationLayer("place", VariationKind.File, "north", ["north", "attic", "cellar"], []),
    ]);

    [Test]
    public void Siblings_differ_in_content_and_stay_in_step()
    {
        var variants = Variation.UpTo(Blueprints.Good, Template, 8, 7, new HashSet<string>());
        Assert.That(variants.Select(variant => variant.Digest), Is.Unique.And.None.EqualTo(Variation.Digest(Blueprints.Good)));
        Assert.That(variants.Select(variant => variant.Blueprint.TaskId), Is.Unique);
        foreach (var (blueprint, choices, _) in variants)
        {
            var place = choices["place"] + ".wav";
            Assert.That(blueprint.InstructionMd, Does.Contain(place));
            Assert.That(blueprint.Verifier.TestCode, Does.Contain(place));
            Assert.That(blueprint.DataBuilderPython, Does.Contain($"\"{choices["place"]}\"").And.Contain($"RATE = {choices["rate"]}"));
        }
    }

    [Test]
    public void The_same_seed_gives_the_same_siblings_and_known_ones_are_left_out()
    {
        var first = Variation.UpTo(Blueprints.Good, Template, 4, 7, new HashSet<string>());
        Assert.That(Variation.UpTo(Blueprints.Good, Template, 4, 7, new HashSet<string>()).Select(one => one.Digest), Is.EqualTo(first.Select(one => one.Digest)));
        var more = Variation.UpTo(Blueprints.Good, Template, 4, 7, first.Select(one => one.Digest).ToHashSet());
        Assert.That(more.Select(one => one.Digest).Intersect(first.Select(one => one.Digest)), Is.Empty);
    }

    [Test]
    public void There_are_no_more_than_the_choices_give() =>
        Assert.That(Variation.UpTo(Blueprints.Good, Template, 9, 7, new HashSet<string>()), Has.Count.EqualTo(8));

    [TestCase("nowhere", "data_builder_python", "$.layers[0].from")]
    [TestCase("8000", "oracle_pyton", "did you mean 'oracle_python'?")]
    [TestCase("800", "data_builder_python", "$.layers[0].from")]
    public void A_layer_that_does_not_fit_is_named(string from, string field, string message) =>
        Assert.That(
            () => Variation.UpTo(Blueprints.Good, new FamilyTemplate([new VariationLayer("a", VariationKind.Value, from, ["1", "2"], [field])]), 1, 1, new HashSet<string>()),
            Throws.TypeOf<FormatException>().With.Message.Contains(message));

    private static IEnumerable<TestCaseData> Unusable()
    {
        var layer = Template.Layers[0];
        yield return new TestCaseData(Template, 0, "0 variants are not between 1 and").SetArgDisplayNames("none wanted");
        yield return new TestCaseData(Template, 100_000, "100000 variants are not between").SetArgDisplayNames("too many wanted");
        yield return new TestCaseData(new FamilyTemplate([]), 1, "$.layers: ").SetArgDisplayNames("no layer");
        yield return new TestCaseData(new FamilyTemplate([layer, layer]), 1, "$.layers: ").SetArgDisplayNames("one name twice");
        yield return new TestCaseData(new FamilyTemplate([layer with { From = "" }]), 1, "$.layers[0]: 'rate' needs").SetArgDisplayNames("nothing to replace");
        yield return new TestCaseData(new FamilyTemplate([layer with { Choices = [] }]), 1, "$.layers[0]: 'rate' needs").SetArgDisplayNames("no choice");
    }

    [TestCaseSource(nameof(Unusable))]
    public void A_family_that_cannot_be_made_is_refused(FamilyTemplate template, int count, string message) => Assert.That(
        () => Variation.UpTo(Blueprints.Good, template, count, 7, new HashSet<string>()), Throws.TypeOf<FormatException>().With.Message.Contains(message));

    [Test]
    public void The_name_of_a_variant_is_no_longer_than_a_name_may_be()
    {
        var good = Blueprints.Good with { TaskId = "a" + new string('b', 63) };
        Assert.That(Variation.UpTo(good, Template, 2, 7, new HashSet<string>()).Select(variant => variant.Blueprint.TaskId), Is.Unique.And.All.Length.LessThanOrEqualTo(64));
    }
}
