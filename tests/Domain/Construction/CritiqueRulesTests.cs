using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Domain.Construction;

/// <summary>The rules that need no Python, and that every rule there is has its test.</summary>
public partial class CritiqueRulesTests
{
    private static TaskBlueprint Good => Blueprints.Good;

    private static PromptSpec WithOverride { get; } = Blueprints.Spec with
    {
        ContentOverrides = new Dictionary<string, JsonElement>
        {
            ["difficulty"] = JsonSerializer.SerializeToElement("easy"),
            ["environment"] = JsonSerializer.SerializeToElement(new { memory_mb = 768 }),
        },
    };

    [Test]
    public void A_good_blueprint_has_no_findings() => Assert.That(CritiqueRules.Check(Good, Blueprints.Spec, null), Is.Empty);

    private static IEnumerable<TestCaseData> Faulty()
    {
        var environment = Good.Environment;
        TaskBlueprint In(BlueprintEnvironment other) => Good with { Environment = other };
        (string Rule, string Where, TaskBlueprint Blueprint, PromptSpec? Spec)[] cases =
        [
            ("task-id-invalid", "task_id", Good with { TaskId = "../wav" }, null),
            ("path-outside-package", "support_files[0].path", Good with { SupportFiles = [new SupportFile("../a", "x")] }, null),
            ("path-twice", "support_files[1].path", Good with { SupportFiles = [new SupportFile("a", "x"), new SupportFile("A", "y")] }, null),
            ("package-name-invalid", "environment.apt_packages[0]", In(environment with { AptPackages = ["sox; id"] }), null),
            ("dockerfile-injection", "environment.workdir", In(environment with { Workdir = "/app\nRUN id" }), null),
            ("output-path-invalid", "output_path", Good with { OutputPath = "peaks.json" }, null),
            ("limit-out-of-range", "environment.build_timeout_sec", In(environment with { BuildTimeoutSec = 9 }), null),
            ("limit-out-of-range", "environment.build_timeout_sec", In(environment with { BuildTimeoutSec = 1_801 }), null),
            ("limit-out-of-range", "environment.cpus", In(environment with { Cpus = 9 }), null),
            ("limit-out-of-range", "environment.cpus", In(environment with { Cpus = double.NaN }), null),
            ("limit-out-of-range", "environment.memory_mb", In(environment with { MemoryMb = 63 }), null),
            ("limit-out-of-range", "environment.storage_mb", In(environment with { StorageMb = 20_481 }), null),
            ("limit-out-of-range", "verifier.timeout_sec", Good with { Verifier = Good.Verifier with { TimeoutSec = 4 } }, null),
            ("limit-out-of-range", "agent_timeout_sec", Good with { AgentTimeoutSec = 14_401 }, null),
            ("field-too-long", "oracle_python", Good with { OraclePython = Good.OraclePython + new string('#', 128 * 1024) }, null),
            ("field-too-long", "support_files", Good with { SupportFiles = [.. Enumerable.Range(0, 5).Select(i => new SupportFile($"data/{i}", new string('é', 60_000)))] }, null),
            ("package-unpinned", "environment.pip_packages[0]", In(environment with { PipPackages = ["trimesh"] }), null),
            ("package-unpinned", "verifier.pip_packages[1]", Good with { Verifier = Good.Verifier with { PipPackages = ["numpy==1.26.4", "scipy"] } }, null),
            ("base-image-not-allowed", "environment.base_image", In(environment with { BaseImage = "debian:bookworm" }), null),
            ("output-path-drift", "instruction_md", Good with { InstructionMd = Good.InstructionMd.Replace("/app/out/peaks.json", "/app/out/peaks.json.gz", StringComparison.Ordinal) }, null),
            ("output-built-in", "support_files[0].path", Good with { SupportFiles = [new SupportFile("out/peaks.json", "{}")] }, null),
            ("evidence-not-verbatim", "evidence[1]", Good with { Evidence = [Good.Evidence[0], "say which recordings are clipped"] }, null),
            ("evidence-not-verbatim", "evidence[0]", Good with { Evidence = [" "] }, null),
            ("override-not-kept", "difficulty", Good with { Difficulty = "hard", Environment = environment with { MemoryMb = 768 } }, WithOverride),
            ("override-not-kept", "environment", Good, WithOverride),
            ("answer-file-visible", "support_files[0].path", Good with { SupportFiles = [new SupportFile("data/expected.json", "{}")] }, null),
            ("checker-visible", "support_files[0].content", Good with { SupportFiles = [new SupportFile("data/notes.txt", Good.OraclePython)] }, null),
        ];
        return cases.Select((one, index) => new TestCaseData(one.Rule, one.Where, one.Blueprint, one.Spec).SetArgDisplayNames($"{index} {one.Rule}", one.Where));
    }

    [TestCaseSource(nameof(Faulty))]
    public void A_fault_is_found_by_its_rule_where_it_is(string rule, string where, TaskBlueprint blueprint, PromptSpec? spec)
    {
        var found = CritiqueRules.Check(blueprint, spec ?? Blueprints.Spec, null).Where(finding => finding.Severity == CritiqueSeverity.Blocking);
        Assert.That(found.Select(finding => (finding.Rule, finding.Where)), Does.Contain((rule, where)));
    }

    [TestCase("library-out-of-sight")]
    public void Debians_libraries_beside_another_Python_are_worth_a_warning(string rule)
    {
        var blueprint = Good with { Environment = Good.Environment with { BaseImage = "python:3.12-slim", AptPackages = ["python3-numpy"] } };
        Assert.That(
            CritiqueRules.Check(blueprint, Blueprints.Spec, null).Select(finding => (finding.Rule, finding.Severity)), Is.EqualTo([(rule, CritiqueSeverity.Warning)]));
    }

    [Test]
    public void What_stands_just_within_a_limit_is_let_pass()
    {
        var blueprint = Good with
        {
            AgentTimeoutSec = 14_400,
            Environment = Good.Environment with { BuildTimeoutSec = 10, Cpus = 0.1, MemoryMb = 64, StorageMb = 20_480, PipPackages = ["trimesh==4.4.9"] },
            Evidence = ["saved mono WAV files\n  of 16 bits"],
            Verifier = Good.Verifier with { TimeoutSec = 5, PipPackages = ["numpy==1.26.4"] },
        };
        Assert.That(CritiqueRules.Check(blueprint, Blueprints.Spec with { ContentOverrides = new Dictionary<string, JsonElement> { ["category"] = JsonSerializer.SerializeToElement("audio") } }, null), Is.Empty);
    }

    /// <summary>
    /// Rules are the constants of the classes that are named so; tests name the rule that they are about. That Python said
    /// nothing is found by the activity that asks it, and tested there.
    /// </summary>
    [Test]
    public void Every_rule_has_a_test_of_its_own()
    {
        var rules = typeof(CritiqueRules).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(CritiqueRules).Namespace && type.Name.EndsWith("Rules", StringComparison.Ordinal))
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(field => field.IsLiteral)
            .Select(field => field.GetRawConstantValue())
            .OfType<string>()
            .Where(value => RuleId().IsMatch(value) && value != CritiqueRules.NotExamined)
            .ToList();
        var tested = new[] { typeof(CritiqueRulesTests), typeof(FactRulesTests) }.SelectMany(type => type.GetMethods())
            .SelectMany(test => test.GetCustomAttributes<TestCaseAttribute>())
            .SelectMany(test => test.Arguments)
            .Concat(Faulty().Concat(FactRulesTests.Faulty()).SelectMany(test => test.Arguments))
            .OfType<string>()
            .ToHashSet(StringComparer.Ordinal);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(rules, Is.Unique);
            Assert.That(rules, Has.Count.GreaterThanOrEqualTo(33));
            Assert.That(rules.Where(rule => !tested.Contains(rule)), Is.Empty);
        }
    }

    [GeneratedRegex(@"\A[a-z]+(?:-[a-z]+)+\z")]
    private static partial Regex RuleId();
}
