using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Tests.Domain.Pdi;

public sealed class RoundingTests
{
    [TestCase(0.03125, 0.0312, Description = "an exact half goes to the even neighbour")]
    [TestCase(0.09375, 0.0938)]
    [TestCase(-0.03125, -0.0312)]
    [TestCase(0.00005, 0.0001, Description = "nearest double lies above the half")]
    [TestCase(2.00005, 2.0, Description = "and this one below")]
    [TestCase(1.0, 1.0)]
    [TestCase(-0.00001, 0.0)]
    [TestCase(12345.678949999, 12345.6789)]
    public void To_four_decimals_goes_by_the_binary_value(double value, double rounded) =>
        Assert.That(Rounding.HalfEven(value, 4), Is.EqualTo(rounded));

    [Test]
    public void Never_writes_a_negative_zero() => Assert.That(double.IsNegative(Rounding.HalfEven(-0.0, 4)), Is.False);

    [TestCase(4)]
    [TestCase(12)]
    public void Equals_exact_arithmetic(int digits) => Prop.ForAll<int, int>(
        (numerator, shift) =>
        {
            // Halves are dense among such values, so ties are met, not only thought of.
            var value = Math.ScaleB(numerator, -(Math.Abs(shift % 40)));
            return Rounding.HalfEven(value, digits) == Exact(value, digits);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    private static double Exact(double value, int digits)
    {
        const int Shift = 80;
        var scaled = new BigInteger(Math.ScaleB(value, 40)) << (Shift - 40);
        var units = scaled * BigInteger.Pow(10, digits);
        var one = BigInteger.One << Shift;
        var below = BigInteger.Divide(units - (units.Sign < 0 && units % one != 0 ? one - 1 : 0), one);
        var rest = units - (below * one);
        var up = (rest * 2).CompareTo(one) is var side && (side > 0 || (side == 0 && !below.IsEven));
        return double.Parse($"{below + (up ? 1 : 0)}E-{digits}");
    }
}
