using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>Checks that the tests look at the result's content, need no oracle, and test what the criteria say.</summary>
public static class VerifierRules
{
    public const string Vacuous = "verifier-vacuous";
    public const string TestWithoutAssert = "test-without-assert";
    public const string RunsOracle = "verifier-runs-oracle";
    public const string ReadsHidden = "verifier-reads-hidden";
    public const string NeedsNetwork = "verifier-needs-network";
    public const string NotDeterministic = "verifier-not-deterministic";
    public const string CriterionUnchecked = "criterion-unchecked";
    public const string TestUnasked = "test-without-criterion";
    public const string KeyDrift = "output-key-drift";

    private static readonly string[] HiddenRoots = ["/solution", "/tests", "/logs", "/oracle", "/tmp/spark-build", "/opt/verifier"];
    private static readonly string[] OracleNames = ["oracle", "solve", "solution", "build_data"];

    public static IEnumerable<CritiqueFinding> Check(TaskBlueprint blueprint, PythonFacts facts)
    {
        var tests = facts.Tests;
        return tests.Parses
            ? Content(tests).Concat(Independence(tests)).Concat(Criteria(blueprint, tests)).Concat(Keys(blueprint, facts))
            : [];
    }

    public static bool IsHidden(string text) =>
        HiddenRoots.Any(root => text == root || text.StartsWith(root + "/", StringComparison.Ordinal)) || text.Contains("solution/solve.sh", StringComparison.Ordinal);

    private static IEnumerable<CritiqueFinding> Content(PythonSource tests)
    {
        if (tests.Tests.Count == 0)
        {
            yield return CritiqueFinding.Blocking(Vacuous, Where, "there is no test function; pytest collects functions named test_…");
        }
        else if (tests.Tests.Sum(test => test.ContentAsserts) == 0)
        {
            yield return CritiqueFinding.Blocking(Vacuous, Where, "no assert looks at the output's content: an empty file would pass");
        }

        foreach (var test in tests.Tests.Where(test => test.Asserts == 0))
        {
            yield return new CritiqueFinding(TestWithoutAssert, CritiqueSeverity.Warning, Where, $"{test.Name} asserts nothing");
        }
    }

    private static IEnumerable<CritiqueFinding> Independence(PythonSource tests)
    {
        foreach (var import in tests.Imports.Where(import => OracleNames.Contains(import.Split('.')[0]) || import.EndsWith(".py", StringComparison.Ordinal)))
        {
            yield return CritiqueFinding.Blocking(RunsOracle, Where, $"it imports {import}; the tests must work out the right result themselves");
        }

        foreach (var call in tests.Calls.Where(call => ProgramRules.IsShell(call) && call.Strings.Any(IsOracle)))
        {
            yield return CritiqueFinding.Blocking(RunsOracle, Where, $"line {call.Line} runs the oracle; the tests must work out the right result themselves");
        }

        foreach (var text in tests.Strings.Where(IsHidden))
        {
            yield return text.StartsWith("/solution", StringComparison.Ordinal) || IsOracle(text)
                ? CritiqueFinding.Blocking(RunsOracle, Where, $"'{PlainText.OneLine(text)}' belongs to the oracle, which is not there when tests run")
                : CritiqueFinding.Blocking(ReadsHidden, Where, $"'{PlainText.OneLine(text)}' is a place that the agent cannot look at; only test_outputs.py is there");
        }

        if (ProgramRules.Network(tests) is { } module)
        {
            yield return CritiqueFinding.Blocking(NeedsNetwork, Where, $"it uses {module}; verifying must need no network");
        }

        foreach (var reason in tests.Calls.Select(call => ProgramRules.Chance(tests, call)).OfType<string>())
        {
            yield return CritiqueFinding.Blocking(NotDeterministic, Where, reason);
        }
    }

    private static bool IsOracle(string text) =>
        text.Contains("oracle.py", StringComparison.Ordinal) || text.Contains("solve.sh", StringComparison.Ordinal) || text.Contains(DataBuild.Program, StringComparison.Ordinal);

    /// <summary>
    /// If criteria name their tests, every named test must exist and every test must be named. If they are plain sentences,
    /// the words that they share with the tests are only a hint, so a mismatch is only a warning.
    /// </summary>
    private static IEnumerable<CritiqueFinding> Criteria(TaskBlueprint blueprint, PythonSource tests)
    {
        var names = tests.Tests.Select(test => test.Name).ToHashSet(StringComparer.Ordinal);
        var named = blueprint.AcceptanceCriteria.SelectMany(criterion => criterion.Tests).Select(Plain).ToHashSet(StringComparer.Ordinal);
        foreach (var (criterion, index) in blueprint.AcceptanceCriteria.Select((criterion, index) => (criterion, index)))
        {
            var where = $"acceptance_criteria[{index}]";
            foreach (var missing in criterion.Tests.Where(test => !names.Contains(Plain(test))))
            {
                yield return CritiqueFinding.Blocking(CriterionUnchecked, where, $"there is no test {missing}{NearMatches.Remedy(missing, names)}");
            }

            if (criterion.Tests.Count == 0 && named.Count > 0)
            {
                yield return CritiqueFinding.Blocking(CriterionUnchecked, where, $"'{PlainText.OneLine(criterion.Text)}' names no test that checks it");
            }
            else if (criterion.Tests.Count == 0 && !tests.Tests.Any(test => IsAbout(test, criterion)))
            {
                yield return new CritiqueFinding(CriterionUnchecked, CritiqueSeverity.Warning, where, $"no test seems to check '{PlainText.OneLine(criterion.Text)}'");
            }
        }

        foreach (var test in tests.Tests)
        {
            if (named.Count > 0 && !named.Contains(test.Name))
            {
                yield return CritiqueFinding.Blocking(TestUnasked, Where, $"no criterion asks for what {test.Name} checks");
            }
            else if (named.Count == 0 && !blueprint.AcceptanceCriteria.Any(criterion => IsAbout(test, criterion)))
            {
                yield return new CritiqueFinding(TestUnasked, CritiqueSeverity.Warning, Where, $"no criterion seems to ask for what {test.Name} checks");
            }
        }
    }

    /// <summary>A test as pytest may name it: with its file, its class, its parameters.</summary>
    private static string Plain(string test) => test.Split("::")[^1].Split('[')[0].Trim();

    private static bool IsAbout(PythonTest test, AcceptanceCriterion criterion) =>
        TaskLibrary.Words(criterion.Text).Where(word => word.Length > 3).Any(word => test.Mentions.Any(mention => mention == word || (mention.Length > 3 && (word.StartsWith(mention, StringComparison.Ordinal) || mention.StartsWith(word, StringComparison.Ordinal)))));

    /// <summary>
    /// Finds keys that the tests look up in a JSON output, but that are in neither oracle, instruction nor input.
    /// </summary>
    private static IEnumerable<CritiqueFinding> Keys(TaskBlueprint blueprint, PythonFacts facts)
    {
        if (!blueprint.OutputPath.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || !facts.Oracle.Parses)
        {
            yield break;
        }

        var sources = new[] { blueprint.OraclePython, blueprint.DataBuilderPython }.Concat(blueprint.SupportFiles.Select(file => file.Content)).ToList();
        foreach (var key in facts.Tests.Tests.SelectMany(test => test.Keys).Distinct(StringComparer.Ordinal).Where(key => !sources.Exists(source => source.Contains(key, StringComparison.Ordinal))))
        {
            var told = blueprint.InstructionMd.Contains(key, StringComparison.Ordinal);
            yield return CritiqueFinding.Blocking(KeyDrift, told ? "oracle_python" : Where,
                told ? $"the tests look up '{key}', which the oracle never writes" : $"the tests look up '{key}', which is in neither the instruction nor the oracle nor the data");
        }
    }

    private const string Where = "verifier.test_code";
}
