using System.Globalization;
using System.Text;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>Sets of numbers as short text: <c>1-40,42</c>.</summary>
public static class NumberRanges
{
    /// <param name="numbers">Ascending, each once.</param>
    public static string Of(IEnumerable<int> numbers)
    {
        var text = new StringBuilder();
        int? first = null;
        var last = 0;
        foreach (var number in numbers)
        {
            if (first is not null && number != last + 1)
            {
                Append(text, first.Value, last);
                first = null;
            }

            first ??= number;
            last = number;
        }

        if (first is { } open)
        {
            Append(text, open, last);
        }

        return text.ToString();
    }

    /// <exception cref="FormatException">The text is no set of numbers.</exception>
    public static IEnumerable<int> Parse(string ranges)
    {
        foreach (var range in ranges.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = range.Split('-');
            var (first, last) = (int.Parse(ends[0], CultureInfo.InvariantCulture), int.Parse(ends[^1], CultureInfo.InvariantCulture));
            for (var number = first; number <= last; number++)
            {
                yield return number;
            }
        }
    }

    private static void Append(StringBuilder text, int first, int last)
    {
        text.Append(text.Length > 0 ? "," : "").Append(first);
        if (last > first)
        {
            text.Append('-').Append(last);
        }
    }
}
