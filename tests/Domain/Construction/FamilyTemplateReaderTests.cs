using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Domain.Construction;

public class FamilyTemplateReaderTests
{
    [Test]
    public void A_template_is_read()
    {
        var template = FamilyTemplateReader.Parse(
            """{"layers": [{"name": "rate", "kind": "size", "from": "8000", "choices": ["8000", "9000"], "fields": ["data_builder_python"]}]}""", "family.json");

        Assert.That((template.Layers.Single().Kind, string.Join(" ", template.Layers.Single().Choices)), Is.EqualTo((VariationKind.Size, "8000 9000")));
    }

    [TestCase("[]", "family.json: $.layers: must be a list")]
    [TestCase("{", "family.json: $: does not parse")]
    [TestCase("""{"layers": ["a"]}""", "family.json: $.layers[0]: must be an object, not a text")]
    [TestCase("""{"layers": [{"nam": "a"}]}""", "family.json: $.layers[0].nam: is not a known field; did you mean 'name'?")]
    [TestCase("""{"layers": [{"name": "a", "kind": "colour", "from": "b", "choices": ["c"]}]}""", "family.json: $.layers[0].kind: must be one of value, file, size, wording")]
    [TestCase("""{"layers": [{"name": "a", "kind": "value", "from": "", "choices": ["c"]}]}""", "family.json: $.layers[0].from: must be a text")]
    [TestCase("""{"layers": [{"name": "a", "kind": "value", "from": "b", "choices": []}]}""", "family.json: $.layers[0].choices: must be a list of texts with at least one")]
    public void What_is_wrong_is_named_by_file_and_field(string json, string message) =>
        Assert.That(() => FamilyTemplateReader.Parse(json, "family.json"), Throws.TypeOf<FormatException>().With.Message.StartsWith(message));

    [TestCase("rng = random.Random(7)", "Random(7")]
    [TestCase("noise = random.Random(40 + number)", "Random(40")]
    [TestCase("random.seed( 12 )", "seed( 12")]
    [TestCase("rng = np.random.default_rng(2024)", "default_rng(2024")]
    public void Seeds_of_the_data_are_layers_of_their_own(string line, string from)
    {
        var blueprint = Blueprints.Good with { DataBuilderPython = $"import random\n{line}\n" };
        var variants = Variation.UpTo(blueprint, FamilyTemplateReader.Derive(blueprint), 5, 1, new HashSet<string>());

        Assert.That(FamilyTemplateReader.Derive(blueprint).Layers.Single().From, Is.EqualTo(from));
        Assert.That(variants.Select(variant => Variation.DataDigest(variant.Blueprint)), Is.Unique);
    }

    [TestCase("rng = random.Random(number)")]
    [TestCase("values = [1, 2, 3]")]
    public void A_builder_without_a_seed_that_stands_there_needs_a_template(string line) => Assert.That(
        () => FamilyTemplateReader.Derive(Blueprints.Good with { DataBuilderPython = line }), Throws.TypeOf<FormatException>().With.Message.Contains("--template FILE"));

    [Test]
    public void Another_wording_alone_makes_no_variant() => Assert.That(
        Variation.UpTo(
            Blueprints.Good, new FamilyTemplate([new VariationLayer("say", VariationKind.Wording, "Write", ["Write", "Store", "Put"], ["instruction_md"])]), 2, 1, new HashSet<string>()),
        Is.Empty);

    [TestCase("wav-peaks", "wav-peaks-v07", 7)]
    [TestCase("wav-peaks", "wav-peaks-v112", 112)]
    [TestCase("wav-peaks", "wav-peaks", 0)]
    [TestCase("wav-peaks", "wav-peaks-vx", 0)]
    [TestCase("wav-peaks", "other-v03", 0)]
    public void The_number_of_a_variant_stands_in_its_name(string task, string name, int number) => Assert.That(Variation.NumberOf(task, name), Is.EqualTo(number));

    [TestCase("{\"mass\": 12.3456, \"parts\": 3}", "The mass is 12.3456 g.", "instruction.md")]
    [TestCase("{\"mass\": 12.3456, \"density\": 7.851}", "The density is 7.851.", null)]
    [TestCase("{\"mass\": 12.3456}", "Weigh it.", "environment/files/notes.txt")]
    [TestCase("ok", "ok", null)]
    public void The_answer_is_seen_where_all_of_it_stands(string output, string instruction, string? place)
    {
        KeyValuePair<string, string>[] visible = [KeyValuePair.Create("environment/files/notes.txt", "earlier: {\"mass\": 12.3456}\n")];
        var seen = CritiqueRules.AnswerSeenIn(output, instruction, instruction == "Weigh it." ? visible : []);

        Assert.That(seen, place is null ? Is.Empty : Is.EqualTo([place]));
    }
}
