using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Skills;

/// <summary>
/// Whether a text gives a task's answer away: strings of four characters or more, and numbers of three significant digits or more, that stand in what the
/// oracle wrote, and in neither the instruction nor the environment. The same rule keeps the verifier hint free of answers.
/// </summary>
/// <remarks>
/// Here it reads prose and code, so a single plain word counts only where it is a short file's whole line or a name among the values of JSON, and a number of fewer than five digits only
/// where the oracle wrote few: in a long table every short number occurs.
/// </remarks>
public sealed partial class AnswerGuard
{
    /// <summary>Takes the place of what is cut out.</summary>
    public const string Hidden = "\u2026";

    private const int ShortestString = 4;
    private const int LongestString = 200;
    private const int FewestDigits = 3;
    private const int ManyDigits = 5;
    private const int FewNumbers = 200;
    private const int MostStrings = 50_000;

    /// <summary>A file with no more lines is an answer, and no report.</summary>
    private const int FewLines = 3;

    private static readonly char[] Around = [' ', '"', '\'', '`', ',', ';', ':', '(', ')', '[', ']', '{', '}', '.'];

    private readonly HashSet<string> _strings = new(StringComparer.Ordinal);
    private readonly HashSet<double> _numbers = [];

    private AnswerGuard()
    {
    }

    /// <summary>Whether there is nothing to guard.</summary>
    public bool IsEmpty => _strings.Count == 0 && _numbers.Count == 0;

    /// <summary>Learns what is secret.</summary>
    /// <param name="oracle">What the oracle wrote: text of each file, and of its output.</param>
    /// <param name="open">What every agent is told: the instruction, and the files of the environment.</param>
    public static AnswerGuard Of(IEnumerable<string> oracle, IEnumerable<string> open)
    {
        var guard = new AnswerGuard();
        string[] wrote = [.. oracle];
        var told = string.Join('\n', open);
        var toldNumbers = Numbers(told).Select(number => number.Value).ToHashSet();
        foreach (var text in wrote)
        {
            foreach (var token in Answers(text).Where(token => token.Length is >= ShortestString and <= LongestString && !IsNumber(token) && !told.Contains(token, StringComparison.Ordinal)))
            {
                if (guard._strings.Count < MostStrings)
                {
                    guard._strings.Add(token);
                }
            }
        }

        var found = wrote.SelectMany(Numbers).Where(number => number.Digits >= FewestDigits && !toldNumbers.Contains(number.Value)).DistinctBy(number => number.Value).ToList();
        guard._numbers.UnionWith(found.Where(number => found.Count <= FewNumbers || number.Digits >= ManyDigits).Select(number => number.Value));
        return guard;
    }

    /// <summary>What a text gives away, each once, in order.</summary>
    public IReadOnlyList<string> Find(string text)
    {
        if (IsEmpty)
        {
            return [];
        }

        string[] strings = [.. Candidates(text).Where(_strings.Contains).Distinct(StringComparer.Ordinal)];
        var numbers = Numbers(text).Where(number => _numbers.Contains(number.Value)).Select(number => number.Text).Distinct(StringComparer.Ordinal);
        return [.. strings, .. numbers.Where(number => !strings.Any(found => found.Contains(number, StringComparison.Ordinal)))];
    }

    /// <summary>The text without what it gives away.</summary>
    public string Cut(string text)
    {
        // The longest first: a shorter one may be a part of it.
        foreach (var secret in Find(text).Where(found => !IsNumber(found)).OrderByDescending(found => found.Length))
        {
            text = Regex.Replace(text, $@"(?<!\w){Regex.Escape(secret)}(?!\w)", Hidden, RegexOptions.CultureInvariant);
        }

        return LooseNumber().Replace(text, match => IsSecret(match.Value) ? Hidden : string.Join(',', match.Value.Split(',').Select(part => IsSecret(part) ? Hidden : part)));
    }

    /// <summary>What of an oracle's file is an answer: lines, cells, values of JSON, quoted parts, and words that are no plain ones.</summary>
    private static IEnumerable<string> Answers(string text)
    {
        var lines = Lines(text);
        var few = lines.Count <= FewLines;
        foreach (var line in lines.Where(line => few || !IsPlainWord(line)))
        {
            yield return line;
        }

        foreach (var part in lines.SelectMany(line => Parts(line)).Where(part => !IsPlainWord(part)))
        {
            yield return part;
        }

        foreach (var value in Values(text).Where(value => !IsPlainWord(value) || value.Any(char.IsUpper)))
        {
            yield return value;
        }
    }

    /// <summary>What of a text could be such an answer.</summary>
    private static IEnumerable<string> Candidates(string text) => Lines(text).SelectMany(line => (IEnumerable<string>)[line, .. Parts(line)]);

    private static List<string> Lines(string text) =>
        [.. text.Split('\n').Select(line => line.Trim().TrimStart('-', '*', '>', ' ')).Where(line => line.Length > 0)];

    private static IEnumerable<string> Parts(string line) =>
    [
        .. Cells().Split(line).Select(cell => cell.Trim(Around)),
        .. line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Select(word => word.Trim(Around)),
        .. Quoted().Matches(line).Select(quoted => quoted.Groups[1].Value),
    ];

    private static List<string> Values(string text)
    {
        List<string> values = [];
        if (text.TrimStart() is not (['{', ..] or ['[', ..]))
        {
            return values;
        }

        try
        {
            using var json = JsonDocument.Parse(text);
            Stack<JsonElement> todo = new([json.RootElement]);
            while (todo.TryPop(out var element))
            {
                switch (element.ValueKind)
                {
                    case JsonValueKind.Object:
                        foreach (var member in element.EnumerateObject())
                        {
                            todo.Push(member.Value);
                        }

                        break;
                    case JsonValueKind.Array:
                        foreach (var item in element.EnumerateArray())
                        {
                            todo.Push(item);
                        }

                        break;
                    case JsonValueKind.String:
                        values.Add(element.GetString()!);
                        break;
                }
            }
        }
        catch (JsonException)
        {
            // It only begins like JSON.
        }

        return values;
    }

    private static IEnumerable<(string Text, double Value, int Digits)> Numbers(string text)
    {
        foreach (Match match in LooseNumber().Matches(text))
        {
            // Commas part thousands, or cells.
            foreach (var number in match.Value.Contains(',', StringComparison.Ordinal) ? [match.Value, .. match.Value.Split(',')] : new[] { match.Value })
            {
                if (ValueOf(number) is { } value)
                {
                    yield return (number, value, number.Split('e', 'E')[0].Where(char.IsAsciiDigit).SkipWhile(digit => digit == '0').Count());
                }
            }
        }
    }

    private static double? ValueOf(string number) =>
        double.TryParse(number.Replace(",", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? Math.Abs(value) : null;

    private bool IsSecret(string number) => ValueOf(number) is { } value && _numbers.Contains(value);

    private static bool IsNumber(string text) => LooseNumber().Match(text) is { Success: true } match && match.Length == text.TrimStart('-', '+', '$').Length;

    /// <summary>A word that says nothing by itself: letters only, as in prose, or joined as in names of code.</summary>
    private static bool IsPlainWord(string word) => PlainWord().IsMatch(word);

    [GeneratedRegex(@"\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?", RegexOptions.CultureInvariant)]
    private static partial Regex LooseNumber();

    [GeneratedRegex(@"^[\p{L}_./-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex PlainWord();

    [GeneratedRegex(@"[,;|\t]", RegexOptions.CultureInvariant)]
    private static partial Regex Cells();

    [GeneratedRegex("""["'`]([^"'`\n]{4,200})["'`]""", RegexOptions.CultureInvariant)]
    private static partial Regex Quoted();
}
