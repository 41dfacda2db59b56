namespace Spark.Temporal.Domain.Texts;

/// <summary>Tells a text that repeats itself without end: some models do so until their limit.</summary>
public static class Repetition
{
    /// <summary>Characters at the end that are looked at.</summary>
    private const int Tail = 4_000;

    /// <summary>Shortest end, in characters, that may be called endless: a line of dashes is none.</summary>
    private const int Shortest = 1_000;

    /// <summary>How often the same must stand there.</summary>
    private const int Times = 5;

    /// <summary>Whether the end of a text is the same passage at least five times, over at least 1,000 characters.</summary>
    public static bool IsEndless(string? text)
    {
        if (text is null || text.Length < Shortest)
        {
            return false;
        }

        // The period of the reversed end, by the failure function: the longest beginning that is also an end, at each length.
        var end = text.AsSpan()[^Math.Min(Tail, text.Length)..];
        var borders = new int[end.Length];
        for (var length = 1; length < end.Length; length++)
        {
            var border = borders[length - 1];
            while (border > 0 && end[^(length + 1)] != end[^(border + 1)])
            {
                border = borders[border - 1];
            }

            borders[length] = end[^(length + 1)] == end[^(border + 1)] ? border + 1 : 0;
            var period = length + 1 - borders[length];
            if (length + 1 >= Shortest && period * Times <= length + 1)
            {
                return true;
            }
        }

        return false;
    }
}
