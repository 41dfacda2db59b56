using Spark.Temporal.Domain.Blueprints;

namespace Spark.Temporal.Tests.Domain.Construction;

public class PromptSpecReaderTests
{
    [TestCase("scan-mass")]
    [TestCase("wav-peaks")]
    [TestCase("weather-anomaly")]
    public void The_example_prompts_are_read(string name)
    {
        var spec = PromptSpecReader.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "samples", "prompts", name + ".json")), name);
        Assert.That(spec.TaskNameHint, Is.EqualTo(name));
    }

    [TestCase("请编写一个任务：计算三个录音的峰值。")]
    [TestCase("Составь задачу о погоде.")]
    public void A_prompt_in_another_script_is_read(string prompt) =>
        Assert.That(PromptSpecReader.Parse($$"""{"prompt": "{{prompt}}"}""", "p.json").Prompt, Is.EqualTo(prompt));

    [TestCase("""{"prompt": ""}""", "p.json: $.prompt: is empty")]
    [TestCase("""{"prompt": " \n\t"}""", "p.json: $.prompt: is empty")]
    [TestCase("{}", "p.json: $.prompt: is missing")]
    [TestCase("[]", "p.json: $: must be an object")]
    [TestCase("{", "p.json: $: does not parse as JSON")]
    [TestCase("""{"prompt": 3}""", "p.json: $.prompt: must be a text, not a number")]
    [TestCase("""{"prompt": "a", "promt": "b"}""", "p.json: $.promt: is not a known field; did you mean 'prompt'?")]
    [TestCase("""{"prompt": "a", "prompt": "b"}""", "p.json: $: does not parse as JSON")]
    [TestCase("""{"prompt": "a\u0000b"}""", "p.json: $.prompt: holds a NUL character")]
    [TestCase("""{"prompt": "a\ud800b"}""", "p.json: $.prompt: holds half of a surrogate pair")]
    [TestCase("""{"prompt": "a", "task_name_hint": "../x"}""", "p.json: $.task_name_hint: '../x' is a path, not a name; write a name such as 'x'")]
    [TestCase("""{"prompt": "a", "task_name_hint": "/etc/x"}""", "p.json: $.task_name_hint: '/etc/x' is a path")]
    [TestCase("""{"prompt": "a", "task_name_hint": "C:\\x"}""", "p.json: $.task_name_hint: ")]
    [TestCase("""{"prompt": "a", "task_name_hint": ".."}""", "p.json: $.task_name_hint: ")]
    [TestCase("""{"prompt": "a", "available_tools": ["python3", "jq", "nunpy"]}""", "p.json: $.available_tools[2]: 'nunpy' is not in the tools catalogue; did you mean 'numpy'")]
    [TestCase("""{"prompt": "a", "available_tools": ["python3", 3]}""", "p.json: $.available_tools[1]: must be a text, not a number")]
    [TestCase("""{"prompt": "a", "constraints": [""]}""", "p.json: $.constraints[0]: is empty")]
    [TestCase("""{"prompt": "a", "content_overrides": {"outputpath": "/a"}}""", "p.json: $.content_overrides.outputpath: is not a field of a blueprint; did you mean 'output_path'?")]
    [TestCase("""{"prompt": "a", "content_overrides": {"tags": "x"}}""", "p.json: $.content_overrides.tags: must be a list, not a text")]
    [TestCase("""{"prompt": "a", "available_tools": {"python3": true}}""", "p.json: $.available_tools: must be a list of texts, not an object")]
    [TestCase("""{"prompt": "a", "constraints": 3}""", "p.json: $.constraints: must be a list of texts, not a number")]
    [TestCase("""{"prompt": "a", "structure_template": 3}""", "p.json: $.structure_template: must be a text, a list or an object of sections, not a number")]
    [TestCase("""{"prompt": "a", "content_overrides": []}""", "p.json: $.content_overrides: must be an object of blueprint fields, not a list")]
    public void What_is_wrong_is_named_by_file_and_field(string json, string message) =>
        Assert.That(() => PromptSpecReader.Parse(json, "p.json"), Throws.TypeOf<FormatException>().With.Message.StartsWith(message));

    [TestCase(64 * 1024 + 1, "$.prompt: has 65,537 bytes")]
    [TestCase(1024 * 1024, "$: the file has 1,0")]
    public void A_prompt_that_is_too_long_is_refused(int length, string message) =>
        Assert.That(() => PromptSpecReader.Parse($$"""{"prompt": "{{new string('a', length)}}"}""", "p.json"), Throws.TypeOf<FormatException>().With.Message.Contains(message));

    [Test]
    public void The_longest_prompt_is_read() =>
        Assert.That(PromptSpecReader.Parse($$"""{"prompt": "{{new string('a', 64 * 1024)}}"}""", "p.json").Prompt, Has.Length.EqualTo(64 * 1024));

    [Test]
    public void Hints_may_be_a_text_a_list_or_an_object()
    {
        var spec = PromptSpecReader.Parse(
            """
            {"prompt": "a", "task_name_hint": " ", "constraints": "One text.", "environment_hints": {"disk": "slow", "cpus": 2, "gpu": false},
             "structure_template": {"goal": "one sentence"}, "content_overrides": {"difficulty": "easy"}}
            """,
            "p.json");

        Assert.That(spec.TaskNameHint, Is.Null);
        Assert.That(spec.Constraints, Is.EqualTo(["One text."]));
        Assert.That(spec.EnvironmentHints, Is.EqualTo(["disk: slow", "cpus: 2", "gpu: false"]));
        Assert.That(spec.StructureTemplate!.Value.GetRawText(), Does.Contain("one sentence"));
        Assert.That(spec.ContentOverrides!.Single().Value.GetString(), Is.EqualTo("easy"));
    }

    private static IEnumerable<TestCaseData> TooMuch()
    {
        yield return new TestCaseData("task_name_hint", $"\"{new string('a', 300)}\"").SetArgDisplayNames("a name");
        yield return new TestCaseData("constraints", $"[\"{new string('a', 20_000)}\"]").SetArgDisplayNames("a sentence");
        yield return new TestCaseData("constraints", $"[{string.Join(',', Enumerable.Repeat("\"a\"", 2_000))}]").SetArgDisplayNames("a list");
        yield return new TestCaseData("structure_template", $"\"{new string('a', 20_000)}\"").SetArgDisplayNames("a template");
    }

    [TestCaseSource(nameof(TooMuch))]
    public void What_is_too_long_is_refused_by_its_field(string field, string value) => Assert.That(
        () => PromptSpecReader.Parse($$"""{"prompt": "a", "{{field}}": {{value}}}""", "p.json"), Throws.TypeOf<FormatException>().With.Message.StartsWith($"p.json: $.{field}"));
}
