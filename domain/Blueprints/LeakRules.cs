using System.Globalization;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>Checks that the answer is nowhere the agent can look.</summary>
public static partial class LeakRules
{
    public const string AnswerLeaked = "answer-leaked";
    public const string AnswerFile = "answer-file-visible";
    public const string ProgramVisible = "checker-visible";

    /// <summary>A number with this many digits is no coincidence; neither is a text of this length.</summary>
    private const int FewestDigits = 3;
    private const int FewestCharacters = 6;

    /// <summary>This many common lines are a copy.</summary>
    private const int CommonLines = 4;

    public static IEnumerable<CritiqueFinding> Check(TaskBlueprint blueprint, PromptSpec spec, PythonFacts? facts) =>
        Files(blueprint, facts).Concat(Literals(blueprint, spec, facts)).Concat(Copies(blueprint));

    /// <summary>
    /// Finds the places that show the whole output. The instruction counts as soon as it has every telling number of the
    /// output: an answer may repeat some of its input, but not everything in it.
    /// </summary>
    public static IEnumerable<string> AnswerSeenIn(string output, string instruction, IEnumerable<KeyValuePair<string, string>> visible)
    {
        var whole = output.Trim();
        if (whole.Length < FewestCharacters)
        {
            yield break;
        }

        var telling = Numbers(output).Where(IsTelling).ToList();
        if (instruction.Contains(whole, StringComparison.Ordinal) || (telling.Count > 0 && telling.TrueForAll(Numbers(instruction).Contains)))
        {
            yield return "instruction.md";
        }

        foreach (var (path, _) in visible.Where(file => file.Value.Contains(whole, StringComparison.Ordinal)))
        {
            yield return path;
        }
    }

    private static IEnumerable<CritiqueFinding> Files(TaskBlueprint blueprint, PythonFacts? facts)
    {
        foreach (var (file, index) in blueprint.SupportFiles.Select((file, index) => (file, index)))
        {
            if (AnswerName().IsMatch(file.Path))
            {
                yield return CritiqueFinding.Blocking(AnswerFile, $"support_files[{index}].path", $"'{file.Path}' is in the agent's container, and its name says that it holds the answer");
            }
        }

        foreach (var path in (facts?.DataBuilder.Strings ?? []).Where(text => text.Length < 200 && FileName().IsMatch(text) && AnswerName().IsMatch(text)))
        {
            yield return CritiqueFinding.Blocking(AnswerFile, "data_builder_python", $"'{path}' is left in the agent's container and its name says that it holds the answer");
        }
    }

    private static IEnumerable<CritiqueFinding> Literals(TaskBlueprint blueprint, PromptSpec spec, PythonFacts? facts)
    {
        var expected = (facts?.Tests.Tests ?? []).SelectMany(test => test.Expected).Distinct(StringComparer.Ordinal).ToList();
        var given = Numbers(spec.Prompt);
        (string Where, string Text)[] places =
            [("instruction_md", blueprint.InstructionMd), .. blueprint.SupportFiles.Select((file, index) => ($"support_files[{index}].content", file.Content))];
        foreach (var (where, text) in places)
        {
            var said = Numbers(text);
            foreach (var value in expected.Where(value => Canonical(value) is { } number && IsTelling(number) && said.Contains(number) && !given.Contains(number)))
            {
                yield return CritiqueFinding.Blocking(AnswerLeaked, where, $"says {value}, which the tests compare the result with and the prompt does not give");
            }

            foreach (var value in expected.Where(value => IsTellingText(value) && text.Contains(value, StringComparison.Ordinal) && !spec.Prompt.Contains(value, StringComparison.Ordinal)))
            {
                yield return new CritiqueFinding(AnswerLeaked, CritiqueSeverity.Warning, where, $"says '{PlainText.OneLine(value)}', which the tests compare the result with");
            }
        }
    }

    private static IEnumerable<CritiqueFinding> Copies(TaskBlueprint blueprint)
    {
        (string What, HashSet<string> Lines)[] secrets =
            [("oracle_python", Lines(blueprint.OraclePython)), ("verifier.test_code", Lines(blueprint.Verifier.TestCode))];
        foreach (var (file, index) in blueprint.SupportFiles.Select((file, index) => (file, index)))
        {
            var lines = Lines(file.Content);
            foreach (var (what, secret) in secrets.Where(secret => lines.Count(secret.Lines.Contains) >= CommonLines))
            {
                yield return CritiqueFinding.Blocking(ProgramVisible, $"support_files[{index}].content", $"shares lines with {what}, which the agent must not see");
            }
        }
    }

    private static HashSet<string> Lines(string source) =>
        [.. source.Split('\n').Select(line => line.Trim()).Where(line => line.Length >= 16 && !line.StartsWith('#') && !line.StartsWith("import ", StringComparison.Ordinal) && !line.StartsWith("from ", StringComparison.Ordinal))];

    private static HashSet<string> Numbers(string text) =>
        [.. Number().Matches(text).Select(match => Canonical(match.Value)).OfType<string>()];

    /// <summary>A number in one spelling, without its sign; null for a text that is no number.</summary>
    private static string? Canonical(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? Math.Abs(number).ToString("R", CultureInfo.InvariantCulture)
            : null;

    /// <summary>Round numbers and powers of two are formats and sizes, not results.</summary>
    private static bool IsTelling(string number)
    {
        var digits = number.Split('E')[0].Replace(".", "", StringComparison.Ordinal).Trim('0');
        return digits.Length >= FewestDigits && !(long.TryParse(number, CultureInfo.InvariantCulture, out var whole) && (System.Numerics.BitOperations.IsPow2(whole) || System.Numerics.BitOperations.IsPow2(whole + 1)));
    }

    /// <summary>The instruction has to name files.</summary>
    private static bool IsTellingText(string value) =>
        value.Length >= FewestCharacters && Canonical(value) is null && !value.StartsWith('/') && !FileName().IsMatch(value);

    [GeneratedRegex(@"(?<![A-Za-z0-9_])(?:expected|answers?|solutions?|oracle|golden|ground[_-]?truth|correct|reference[_-]?(?:output|result|answer)s?|verifier)(?![A-Za-z0-9])[^/]*\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex AnswerName();

    [GeneratedRegex(@"\A[\w./ -]*\.\w{1,6}\z", RegexOptions.CultureInvariant)]
    private static partial Regex FileName();

    [GeneratedRegex(@"(?<![\w.])\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?!\w)", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
