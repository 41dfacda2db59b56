using System.Text.Json;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Domain.Construction;

/// <summary>The rules on what Python says of the programs, over facts written by hand; what Python really says is tested where it runs.</summary>
public class FactRulesTests
{
    private const string Data = "data_builder_python";
    private const string Solution = "oracle_python";
    private const string Checks = "verifier.test_code";

    private static readonly PythonFacts Facts = new(
        new PythonSource { Parses = true, Imports = ["random", "wave"], Calls = [Call("random.Random", 9, 1), Call("wave.open", 18, 2)] },
        new PythonSource { Parses = true, Imports = ["json", "wave"], Calls = [Call("wave.open", 9, 2)] },
        new PythonSource { Parses = true, Imports = ["json"], Tests = [Test("test_names_all_files", "peaks"), Test("test_peaks", "peaks"), Test("test_clipped", "clipped")] });

    private static TaskBlueprint Good => Blueprints.Good;

    [Test]
    public void Facts_of_good_programs_give_no_finding() => Assert.That(CritiqueRules.Check(Good, Blueprints.Spec, Facts), Is.Empty);

    internal static IEnumerable<TestCaseData> Faulty()
    {
        var broken = new PythonSource { Parses = false, Error = "invalid syntax (line 1)" };
        PythonFacts Builder(params PythonCall[] calls) => Facts with { DataBuilder = Facts.DataBuilder with { Calls = calls } };
        PythonFacts Oracle(Func<PythonSource, PythonSource> change) => Facts with { Oracle = change(Facts.Oracle) };
        PythonFacts Tests(Func<PythonSource, PythonSource> change) => Facts with { Tests = change(Facts.Tests) };
        TaskBlueprint Criteria(params AcceptanceCriterion[] criteria) => Good with { AcceptanceCriteria = criteria };
        (string Rule, string Where, PythonFacts Facts, TaskBlueprint? Blueprint)[] cases =
        [
            ("python-does-not-parse", Data, Facts with { DataBuilder = broken }, null),
            ("python-does-not-parse", Solution, Facts with { Oracle = broken }, null),
            ("python-does-not-parse", Checks, Facts with { Tests = broken }, null),
            ("data-not-deterministic", Data, Builder(Call("time.time", 3)), null),
            ("data-not-deterministic", Data, Builder(Call("uuid.uuid4", 3)), null),
            ("data-not-deterministic", Data, Builder(Call("secrets.token_hex", 3)), null),
            ("data-not-deterministic", Data, Builder(Call("random.Random", 3)), null),
            ("data-not-deterministic", Data, Builder(Call("random.random", 3)), null),
            ("data-not-deterministic", Data, Builder(Call("numpy.random.rand", 3, 1)), null),
            ("data-not-deterministic", Data, Builder(Call("random.random", 3), Call("random.seed", 4, 1)), null),
            ("data-not-deterministic", Data, Builder(Call("random.random", 3), Call("random.seed", 2)), null),
            ("data-not-deterministic", Data, Facts with { DataBuilder = Facts.DataBuilder with { UnorderedLines = [7] } }, null),
            ("data-needs-network", Data, Facts with { DataBuilder = Facts.DataBuilder with { Imports = ["urllib.request"] } }, null),
            ("data-needs-network", Data, Builder(Call("urllib.request.urlopen", 2, 1)), null),
            ("data-needs-network", Data, Builder(Call("subprocess.run", 2, 1, "curl -O x")), null),
            ("data-needs-network", Data, Builder(Call("os.system", 2, 1, "x https://a")), null),
            ("data-needs-network", Data, Builder(Call("os.execvp", 2, 1, "wget")), null),
            ("answer-file-visible", Data, Facts with { DataBuilder = Facts.DataBuilder with { Strings = ["/app/data/ground_truth.json"] } }, null),
            ("oracle-reads-hidden", Solution, Oracle(oracle => oracle with { Strings = ["/tests/test_outputs.py"] }), null),
            ("oracle-reads-hidden", Solution, Oracle(oracle => oracle with { Strings = ["../solution/solve.sh"] }), null),
            ("oracle-needs-network", Solution, Oracle(oracle => oracle with { Imports = ["requests.adapters"] }), null),
            ("verifier-vacuous", Checks, Tests(tests => tests with { Tests = [] }), Criteria()),
            ("verifier-vacuous", Checks, Tests(tests => tests with { Tests = [.. tests.Tests.Select(test => test with { ContentAsserts = 0 })] }), null),
            ("verifier-runs-oracle", Checks, Tests(tests => tests with { Imports = ["oracle.main"] }), null),
            ("verifier-runs-oracle", Checks, Tests(tests => tests with { Imports = ["helper.py"] }), null),
            ("verifier-runs-oracle", Checks, Tests(tests => tests with { Calls = [Call("os.popen", 2, 1, "bash solve.sh")] }), null),
            ("verifier-runs-oracle", Checks, Tests(tests => tests with { Strings = ["/solution/right.json"] }), null),
            ("verifier-runs-oracle", Checks, Tests(tests => tests with { Strings = ["/tmp/spark-build/build_data.py"] }), null),
            ("verifier-reads-hidden", Checks, Tests(tests => tests with { Strings = ["/logs"] }), null),
            ("verifier-needs-network", Checks, Tests(tests => tests with { Imports = ["socket"] }), null),
            ("verifier-not-deterministic", Checks, Tests(tests => tests with { Calls = [Call("datetime.datetime.now", 5)] }), null),
            ("criterion-unchecked", "acceptance_criteria[2]", Facts, Criteria([.. Good.AcceptanceCriteria.Take(2), new AcceptanceCriterion("Found.", ["test_cliped"])])),
            ("criterion-unchecked", "acceptance_criteria[3]", Facts, Criteria([.. Good.AcceptanceCriteria, new AcceptanceCriterion("It is pretty.")])),
            ("test-without-criterion", Checks, Facts, Criteria([.. Good.AcceptanceCriteria.Take(2)])),
            ("output-key-drift", Checks, Tests(tests => tests with { Tests = [.. tests.Tests, Test("test_peaks", "overdriven")] }), null),
            ("output-key-drift", Solution, Tests(tests => tests with { Tests = [.. tests.Tests, Test("test_peaks", "overdriven")] }), Good with { InstructionMd = Good.InstructionMd + "\n`overdriven`: yes or no.\n" }),
            ("answer-leaked", "instruction_md", Tests(tests => tests with { Tests = [tests.Tests[0], tests.Tests[1] with { Expected = ["0.2867"] }, tests.Tests[2]] }), Good with { InstructionMd = Good.InstructionMd + "\nNorth peaks at 0.2867.\n" }),
        ];
        return cases.Select((one, index) => new TestCaseData(one.Rule, one.Where, one.Facts, one.Blueprint).SetArgDisplayNames($"{index} {one.Rule}", one.Where));
    }

    [TestCaseSource(nameof(Faulty))]
    public void A_faulty_program_is_stopped_by_its_rule_where_it_is(string rule, string where, PythonFacts facts, TaskBlueprint? blueprint)
    {
        var found = CritiqueRules.Check(blueprint ?? Good, Blueprints.Spec, facts);

        Assert.That(found.Where(finding => finding.Severity == CritiqueSeverity.Blocking).Select(finding => (finding.Rule, finding.Where)), Does.Contain((rule, where)));
    }

    [TestCase("oracle-knows-the-answer", Solution)]
    [TestCase("oracle-needs-network", Solution)]
    [TestCase("test-without-assert", Checks)]
    [TestCase("criterion-unchecked", "acceptance_criteria[0]")]
    [TestCase("test-without-criterion", Checks)]
    [TestCase("answer-leaked", "instruction_md")]
    public void A_doubtful_program_is_worth_a_warning(string rule, string where)
    {
        var tests = Facts.Tests.Tests;
        var (facts, blueprint) = rule switch
        {
            "oracle-knows-the-answer" => (Facts with { Oracle = Facts.Oracle with { Calls = [Call("open", 1, 2, Good.OutputPath)] } }, Good),
            "oracle-needs-network" => (Facts with { Oracle = Facts.Oracle with { Imports = ["httpx"] } }, Good with { Environment = Good.Environment with { AllowInternet = true } }),
            "test-without-assert" => (Facts with { Tests = Facts.Tests with { Tests = [tests[0] with { Asserts = 0 }, tests[1], tests[2]] } }, Good),
            "answer-leaked" => (
                Facts with { Tests = Facts.Tests with { Tests = [tests[0] with { Expected = ["north wall", "/app/north.wav", "ab", "north.wav"] }, tests[1], tests[2]] } },
                Good with { InstructionMd = Good.InstructionMd + "\nIt is the north wall.\n" }),

            // Criteria that name no tests are compared by their words.
            _ => (Facts with { Tests = Facts.Tests with { Tests = [Test("test_it", "peaks") with { Mentions = ["colour"] }] } }, Good with { AcceptanceCriteria = [new AcceptanceCriterion("The sum is right.")] }),
        };
        var found = CritiqueRules.Check(blueprint, Blueprints.Spec, facts);

        Assert.That(found.Where(finding => finding.Severity == CritiqueSeverity.Warning).Select(finding => (finding.Rule, finding.Where)), Does.Contain((rule, where)));
        Assert.That(found.Select(finding => finding.Severity), Has.None.EqualTo(CritiqueSeverity.Blocking), string.Join('\n', found));
    }

    [Test]
    public void Criteria_without_names_are_found_by_the_words_of_the_tests()
    {
        var facts = Facts with { Tests = Facts.Tests with { Tests = [Test("test_it", "peaks") with { Mentions = ["record", "names"] }] } };
        var blueprint = Good with { AcceptanceCriteria = [new AcceptanceCriterion("All recordings have names.")] };

        Assert.That(CritiqueRules.Check(blueprint, Blueprints.Spec, facts), Is.Empty);
    }

    [TestCase("random.seed", "random.random")]
    [TestCase("numpy.random.seed", "numpy.random.rand")]
    public void What_is_drawn_after_a_seed_is_the_same_each_time(string seed, string draw)
    {
        var facts = Facts with { DataBuilder = Facts.DataBuilder with { Calls = [Call(seed, 1, 1), Call(draw, 2)] } };
        Assert.That(CritiqueRules.Check(Good, Blueprints.Spec, facts), Is.Empty);
    }

    [Test]
    public void Keys_are_only_compared_where_the_output_is_JSON()
    {
        var facts = Facts with { Tests = Facts.Tests with { Tests = [.. Facts.Tests.Tests, Test("test_peaks", "overdriven")] } };
        var found = CritiqueRules.Check(Good with { OutputPath = "/app/out/peaks.txt" }, Blueprints.Spec, facts);
        Assert.That(found.Select(finding => finding.Rule), Has.None.EqualTo("output-key-drift"));
    }

    [TestCase("0.5", "0.5 is written here", "", "", TestName = "A short output is no answer")]
    [TestCase("{\"peak\": 0.2867}", "It is 0.2867.", "", "instruction.md", TestName = "Every number of the output in the instruction")]
    [TestCase("loudest is hall", "Say that loudest is hall.", "", "instruction.md", TestName = "The whole output in the instruction")]
    [TestCase("loudest is hall", "Say which.", "notes: loudest is hall", "data/notes.txt", TestName = "The whole output in a file")]
    [TestCase("{\"rate\": 8192, \"n\": 100}", "8192 and 100", "", "", TestName = "Powers of two and round numbers tell nothing")]
    public void The_answer_is_seen_where_it_can_be_read(string output, string instruction, string file, string where) => Assert.That(
        CritiqueRules.AnswerSeenIn(output, instruction, [KeyValuePair.Create("data/notes.txt", file)]),
        Is.EqualTo(where.Length == 0 ? Array.Empty<string>() : [where]));

    [Test]
    public void Facts_are_read_as_the_script_prints_them()
    {
        var facts = PythonFactsReader.Parse(
            """
            {"data_builder": {"parses": true}, "oracle": {"parses": false, "error": "line 1"},
             "tests": {"parses": true, "tests": [{"name": "test_a", "line": 3, "asserts": 2, "content_asserts": 1, "keys": ["k"]}]}}
            """);

        Assert.That((facts.Oracle.Error, facts.Tests.Tests.Single().Keys.Single()), Is.EqualTo(("line 1", "k")));
        using var request = JsonDocument.Parse(PythonFactsReader.Request(Good));
        Assert.That(request.RootElement.EnumerateObject().Select(part => (part.Name, part.Value.GetString())), Is.EqualTo(
            [("data_builder", Good.DataBuilderPython), ("oracle", Good.OraclePython), ("tests", (string?)Good.Verifier.TestCode)]));
    }

    [TestCase("{\"oracle\": {\"parses\": true}}")]
    [TestCase("Killed")]
    public void What_the_script_does_not_print_is_refused(string text) =>
        Assert.That(() => PythonFactsReader.Parse(text), Throws.TypeOf<FormatException>().With.Message.Contains("python_facts.py"));

    private static PythonCall Call(string name, int line, int arguments = 0, params string[] strings) => new(name, line, strings, arguments);

    private static PythonTest Test(string name, string key) => new() { Name = name, Asserts = 1, ContentAsserts = 1, Keys = [key] };
}
