using System.Text;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.TaskPackages;
using Spark.Temporal.Activities.TaskPackages.Construction;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Starter.Demo;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Testing;

namespace Spark.Temporal.Tests.Activities.TaskPackages.Construction;

/// <summary>The rules on what Python itself says: the script runs where it runs in production.</summary>
[Category("Docker")]
public class PythonFactsTests
{
    private DockerPythonRunner _python = null!;

    [OneTimeSetUp]
    public void StartRunner()
    {
        Requires.Docker();
        _python = new DockerPythonRunner();
    }

    [OneTimeTearDown]
    public void EndRunner() => _python?.Dispose();

    [Test]
    public async Task A_good_blueprint_has_no_findings() => Assert.That(await CheckAsync(Blueprints.Good), Is.Empty);

    private static IEnumerable<TestCaseData> Faulty()
    {
        yield return new TestCaseData(Blueprints.LeakedAnswer, "answer-file-visible").SetArgDisplayNames("leaked answer");
        yield return new TestCaseData(Blueprints.VacuousVerifier, "verifier-vacuous").SetArgDisplayNames("vacuous verifier");
        yield return new TestCaseData(Blueprints.Drift, "output-key-drift").SetArgDisplayNames("drift");
        yield return new TestCaseData(Blueprints.RandomData, "data-not-deterministic").SetArgDisplayNames("random data");
        yield return new TestCaseData(Blueprints.WrongOutputPath, "output-path-drift").SetArgDisplayNames("wrong output path");
    }

    [TestCaseSource(nameof(Faulty))]
    public async Task Each_seeded_fault_is_caught_by_its_rule_and_named_in_the_report(TaskBlueprint blueprint, string rule)
    {
        using var folder = new TemporaryFolder();
        var store = new FileArtifactStore(folder["store"]);
        var request = new CritiqueRequest(
            await store.PutJsonAsync(Blueprints.Spec, CancellationToken.None), await store.PutJsonAsync(blueprint, CancellationToken.None));
        var critique = await new ActivityEnvironment().RunAsync(() => new ConstructionActivities(store, _python).CritiqueAsync(request));
        var findings = await store.ReadJsonAsync<IReadOnlyList<CritiqueFinding>>(critique.Findings.Stored, CancellationToken.None);
        var written = await new ConstructionWriter(store).WriteAsync(
            new FinishRequest
            {
                Input = new ReportedConstruction { ModelSlug = "none", OutDir = folder["out"] },
                Spec = request.Spec,
                Versions = [new BlueprintVersion { Number = 1, Blueprint = request.Blueprint, OutputPath = blueprint.OutputPath, Rules = critique.Findings }],
                Result = new ConstructionResult { Name = "peaks", TaskId = blueprint.TaskId, Status = ConstructionStatus.Rejected },
            },
            "construction",
            CancellationToken.None);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(findings.Where(finding => finding.Severity == CritiqueSeverity.Blocking).Select(finding => finding.Rule).Distinct(), Is.EqualTo([rule]));
            Assert.That(await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(written.ReportPath)!, "report.md")), Does.Contain($"- {rule} (blocking) at "));
            Assert.That(await File.ReadAllTextAsync(written.ReportPath), Does.Contain($"\"{rule}\""));
        }
    }

    [Test]
    public async Task The_demos_first_blueprint_is_stopped_by_the_rule_on_data_and_the_repaired_one_by_none()
    {
        var spec = PromptSpecReader.Parse(await File.ReadAllTextAsync(DemoSamples.Prompt), "prompt");
        var construction = ScriptedStory.LoadAll(DemoSamples.ScriptsDir)["wav-peaks"].Construction!;
        var first = BlueprintReader.Read(construction.First).Blueprint!;
        var repaired = BlueprintReader.Read(construction.Repaired).Blueprint!;

        var findings = CritiqueRules.Check(first, spec, await FactsAsync(first));
        Assert.That(findings.Where(finding => finding.Severity == CritiqueSeverity.Blocking).Select(finding => finding.Rule), Is.EqualTo(["data-not-deterministic"]));
        Assert.That(CritiqueRules.Check(repaired, spec, await FactsAsync(repaired)), Is.Empty);
    }

    [TestCase("builder", "import time\nopen('/app/data/a', 'w').write(str(time.time()))", "data-not-deterministic")]
    [TestCase("builder", "from datetime import datetime as dt\nprint(dt.now())", "data-not-deterministic")]
    [TestCase("builder", "import random as r\nprint(r.random())", "data-not-deterministic")]
    [TestCase("builder", "import numpy as np\nprint(np.random.rand(3))", "data-not-deterministic")]
    [TestCase("builder", "import numpy as np\nprint(np.random.default_rng())", "data-not-deterministic")]
    [TestCase("builder", "import uuid\nprint(uuid.uuid4())", "data-not-deterministic")]
    [TestCase("builder", "names = {'a', 'b'}\nfor name in names:\n    print(name)", "data-not-deterministic")]
    [TestCase("builder", "print(','.join({'a', 'b'}))", "data-not-deterministic")]
    [TestCase("builder", "import os\nfor name in os.listdir('.'):\n    print(name)", "data-not-deterministic")]
    [TestCase("builder", "import urllib.request\nprint(urllib.request.urlopen('http://a').read())", "data-needs-network")]
    [TestCase("builder", "import subprocess\nsubprocess.run(['curl', '-O', 'x'])", "data-needs-network")]
    [TestCase("builder", "def broken(:", "python-does-not-parse")]
    [TestCase("builder", "open('/app/data/ground_truth.json', 'w').write('1')", "answer-file-visible")]
    [TestCase("oracle", "print(open('/tests/test_outputs.py').read(), '/app/out/peaks.json peaks clipped')", "oracle-reads-hidden")]
    [TestCase("oracle", "import requests\nopen('/app/out/peaks.json', 'w').write(requests.get('http://a').text + 'peaks clipped')", "oracle-needs-network")]
    [TestCase("oracle", "this is no python '/app/out/peaks.json'", "python-does-not-parse")]
    [TestCase("tests", "fn main() { } // /app/out/peaks.json", "python-does-not-parse")]
    [TestCase("tests", "P = '/app/out/peaks.json'\nimport oracle\ndef test_peaks():\n    assert open(P).read() == oracle.run()", "verifier-runs-oracle")]
    [TestCase("tests", "P = '/app/out/peaks.json'\nimport subprocess\ndef test_peaks():\n    subprocess.run(['bash', '/solution/solve.sh'])\n    assert open(P).read() == 'x'", "verifier-runs-oracle")]
    [TestCase("tests", "P = '/app/out/peaks.json'\ndef test_peaks():\n    assert open(P).read() == open('/tests/right.json').read()", "verifier-reads-hidden")]
    [TestCase("tests", "P = '/app/out/peaks.json'\nimport requests\ndef test_peaks():\n    assert open(P).read() == requests.get('http://a').text", "verifier-needs-network")]
    [TestCase("tests", "P = '/app/out/peaks.json'\nimport random\ndef test_peaks():\n    assert len(open(P).read()) > random.randint(0, 5)", "verifier-not-deterministic")]
    [TestCase("tests", "P = '/app/out/peaks.json'\nimport os\ndef test_peaks():\n    assert os.path.exists(P) and os.path.getsize(P) > 0", "verifier-vacuous")]
    [TestCase("tests", "P = '/app/out/peaks.json'\ndef test_peaks():\n    assert True\n    assert 1 == 1", "verifier-vacuous")]
    [TestCase("tests", "P = '/app/out/peaks.json'\ndef check():\n    assert open(P).read() == 'x'", "verifier-vacuous")]
    [TestCase("tests", "P = '/app/out/peaks.json'\ndef test_extra():\n    assert open(P).read() == 'x'", "test-without-criterion")]
    [TestCase("tests", "P = '/app/out/peaks.json'\ndef test_extra():\n    assert open(P).read() == 'x'", "criterion-unchecked")]
    [TestCase("tests", "P = '/app/out/peaks.json'\nimport json\ndef test_peaks():\n    assert json.load(open(P))['overdriven'] == 'hall.wav'", "output-key-drift")]
    public async Task A_faulty_program_is_found(string part, string source, string rule)
    {
        var found = await CheckAsync(With(part, source));
        Assert.That(found.Where(finding => finding.Severity == CritiqueSeverity.Blocking).Select(finding => finding.Rule), Does.Contain(rule));
    }

    [TestCase("oracle", "open('/app/out/peaks.json', 'w').write('{\"peaks\": {}, \"clipped\": \"hall.wav\"}')", "oracle-knows-the-answer")]
    [TestCase("tests", "P = '/app/out/peaks.json'\ndef test_peaks():\n    assert open(P).read() == 'x'\ndef test_quiet():\n    open(P).read()", "test-without-assert")]
    public async Task A_doubtful_program_is_pointed_out(string part, string source, string rule)
    {
        var found = await CheckAsync(With(part, source));
        Assert.That(found.Where(finding => finding.Severity == CritiqueSeverity.Warning).Select(finding => finding.Rule), Does.Contain(rule));
    }

    [TestCase("import random\nrandom.seed(3)\nprint(random.random())")]
    [TestCase("import random\nprint(random.Random(3).random())")]
    [TestCase("import numpy as np\nnp.random.seed(3)\nprint(np.random.rand(3))")]
    [TestCase("print(sorted({'a', 'b'}), len({'a'}))\nfor name in sorted({'a', 'b'}):\n    print(name)")]
    [TestCase("from datetime import datetime\nprint(datetime(2024, 1, 2).isoformat())")]
    [TestCase("import os\nfor name in sorted(os.listdir('.')):\n    print(name)")]
    public async Task What_is_the_same_each_time_is_let_pass(string builder)
    {
        var found = await CheckAsync(Blueprints.Good with { DataBuilderPython = builder });
        Assert.That(found.Select(finding => finding.Rule), Has.None.EqualTo("data-not-deterministic"));
    }

    [TestCase("open(P).read() == '0.2867'", true)]
    [TestCase("os.path.exists(P)", false)]
    [TestCase("os.path.exists(P) and json.load(open(P))['a'] == 3", true)]
    [TestCase("os.path.exists(P) or json.load(open(P))['a'] == 3", false)]
    [TestCase("len(open(P).read()) > 0", false)]
    [TestCase("len(open(P).read()) == 17", true)]
    [TestCase("open(P).read() != ''", false)]
    [TestCase("math.isclose(value(), 2.5)", true)]
    [TestCase("isinstance(json.load(open(P)), dict)", false)]
    public async Task An_assert_looks_at_content_or_not(string condition, bool telling)
    {
        var tests = $"import json, math, os\nP = 'x'\ndef test_it():\n    assert {condition}\n";
        var facts = await FactsAsync(Blueprints.Good with { Verifier = new BlueprintVerifier { TestCode = tests } });
        Assert.That(facts.Tests.Tests.Single().ContentAsserts > 0, Is.EqualTo(telling));
    }

    [TestCase("answer-leaked")]
    public async Task A_number_that_the_tests_expect_and_the_instruction_says_is_a_leak(string rule)
    {
        var tests = "P = '/app/out/peaks.json'\nPEAK = 0.2867\ndef test_peaks():\n    assert abs(float(open(P).read()) - PEAK) < 0.001\n";
        var blueprint = Blueprints.Good with
        {
            InstructionMd = Blueprints.Good.InstructionMd + "\nFor checking: north peaks at 0.2867.\n",
            Verifier = new BlueprintVerifier { TestCode = tests },
        };
        Assert.That((await CheckAsync(blueprint)).Select(finding => (finding.Rule, finding.Where)), Does.Contain((rule, "instruction_md")));
    }

    private static TaskBlueprint With(string part, string source) => part switch
    {
        "builder" => Blueprints.Good with { DataBuilderPython = source },
        "oracle" => Blueprints.Good with { OraclePython = source },
        _ => Blueprints.Good with { Verifier = Blueprints.Good.Verifier with { TestCode = source } },
    };

    private async Task<IReadOnlyList<CritiqueFinding>> CheckAsync(TaskBlueprint blueprint) =>
        CritiqueRules.Check(blueprint, Blueprints.Spec, await FactsAsync(blueprint));

    private async Task<PythonFacts> FactsAsync(TaskBlueprint blueprint)
    {
        using var stream = typeof(IPythonRunner).Assembly.GetManifestResourceStream("Blueprint/python_facts.py")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var result = await _python.RunAsync(
            await reader.ReadToEndAsync(), new Dictionary<string, byte[]> { ["request.json"] = PythonFactsReader.Request(blueprint) }, TimeSpan.FromSeconds(60), CancellationToken.None);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        return PythonFactsReader.Parse(result.Output);
    }
}
