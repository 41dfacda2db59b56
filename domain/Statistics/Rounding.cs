using System.Globalization;

namespace Spark.Temporal.Domain.Statistics;

/// <summary>
/// Decimal rounding of the exact binary value, halves to even: what Python's <c>round</c> does and
/// <see cref="Math.Round(double, int)"/>, which scales and thereby rounds twice, does not.
/// </summary>
public static class Rounding
{
    public static double HalfEven(double value, int digits)
    {
        // A half of the last decimal is exact in binary only where value · 2^(digits+1) is an odd integer; such a value has
        // digits + 1 decimals, which a decimal holds exactly.
        var scaled = Math.ScaleB(value, digits + 1);
        if (Math.Abs(scaled) < 1e9 && Math.Abs(scaled % 2) == 1)
        {
            return (double)Math.Round((decimal)value, digits, MidpointRounding.ToEven) + 0.0;
        }

        Span<char> text = stackalloc char[384];
        // Adding zero turns a negative zero into the plain one.
        return value.TryFormat(text, out var written, digits == 4 ? "F4" : $"F{digits}", CultureInfo.InvariantCulture)
            ? double.Parse(text[..written], NumberStyles.Float, CultureInfo.InvariantCulture) + 0.0
            : value;
    }
}
