using System.Text;
using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Blueprints;

/// <param name="Name">What was done to the output: <c>emptied</c>, <c>truncated</c>, <c>value-changed</c>, …</param>
/// <param name="Content">The output after it.</param>
public sealed record Mutant(string Name, byte[] Content);

/// <summary>
/// Wrong results made from a right one. A verifier that lets one of them pass does not look at the result.
/// </summary>
public static partial class Mutants
{
    /// <summary>
    /// At least three outputs that differ from the given one and from each other, always the same for the same output; an
    /// empty output has none.
    /// </summary>
    public static IReadOnlyList<Mutant> Of(byte[] output)
    {
        var mutants = new List<Mutant>();
        Add("emptied", []);
        Add("truncated", Truncated(output));
        var text = AsText(output);
        if (text is null)
        {
            Add("value-changed", Flipped(output, output.Length / 2));
            Add("last-byte-changed", Flipped(output, output.Length - 1));
        }
        else
        {
            // The last number is a result more often than the first, which may be a count or an index.
            var numbers = Number().Matches(text);
            if (numbers.Count > 0)
            {
                Add("value-changed", Changed(text, numbers[^1]));
                Add("first-value-changed", Changed(text, numbers[0]));
            }
            else if (Letter().Match(text) is { Success: true } letter)
            {
                Add("value-changed", Replaced(text, letter, letter.Value is "x" or "X" ? "y" : "x"));
            }

            Add("other-text", Encoding.UTF8.GetBytes(new string([.. text.Select(c => char.IsAsciiLetterOrDigit(c) ? '0' : c)])));
            Add("not-the-format", "not what was asked for\n"u8.ToArray());
        }

        if (mutants.Count < 3)
        {
            Add("doubled", [.. output, .. output]);
        }

        return mutants;

        void Add(string name, byte[] content)
        {
            if (output.Length > 0 && !content.AsSpan().SequenceEqual(output) && !mutants.Exists(other => other.Content.AsSpan().SequenceEqual(content)))
            {
                mutants.Add(new Mutant(name, content));
            }
        }
    }

    /// <summary>The first half, cut so that more than white space goes.</summary>
    private static byte[] Truncated(byte[] output) => output[..(output.AsSpan().TrimEnd(" \t\r\n"u8).Length / 2)];

    private static byte[] Flipped(byte[] output, int index)
    {
        if (output.Length == 0)
        {
            return [];
        }

        var changed = output.ToArray();
        changed[index] ^= 0xFF;
        return changed;
    }

    /// <summary>
    /// Another leading digit: a change of a hundredth would be inside many a tolerance.
    /// </summary>
    private static byte[] Changed(string text, Match number)
    {
        var at = number.Value.IndexOfAny([.. "123456789"]);
        at = at < 0 ? number.Value.IndexOf('0', StringComparison.Ordinal) : at;
        var digit = number.Value[at];
        var other = digit switch { < '5' => (char)(digit + 4), '9' => '4', _ => (char)(digit - 4) };
        return Encoding.UTF8.GetBytes(text[..(number.Index + at)] + other + text[(number.Index + at + 1)..]);
    }

    private static byte[] Replaced(string text, Match part, string by) =>
        Encoding.UTF8.GetBytes(text[..part.Index] + by + text[(part.Index + part.Length)..]);

    private static string? AsText(byte[] output)
    {
        if (output.AsSpan().Contains((byte)0))
        {
            return null;
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(output);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    // A number by itself, not the 2 of "peak2" or another part of a name.
    [GeneratedRegex(@"(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w])", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex("[A-Za-z]", RegexOptions.CultureInvariant)]
    private static partial Regex Letter();
}
