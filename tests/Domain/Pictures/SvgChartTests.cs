using System.Globalization;
using System.Xml.Linq;
using Spark.Temporal.Domain.Pictures;
using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Tests.Domain.Pictures;

public sealed class SvgChartTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [TestCase(-1, 1, "−1|−0.5|0|0.5|1")]
    [TestCase(0.9, 6.2, "1|2|3|4|5|6")]
    [TestCase(0.0012, 0.0031, "0.0015|0.002|0.0025|0.003")]
    [TestCase(-12000, 130000, "0|50000|100000")]
    public void Axes_are_marked_at_round_numbers(double low, double high, string expected)
    {
        var chart = new SvgChart("t", "x", "y", new Interval(low, high), new Interval(0, 1));
        var axis = Texts(chart).Where(text => (string?)text.Attribute("text-anchor") == "middle" && (string?)text.Attribute("font-size") == "12").Select(text => text.Value);
        Assert.That(string.Join('|', axis), Is.EqualTo(expected));
    }

    [Test]
    public void An_axis_that_counts_has_whole_numbers_only()
    {
        var chart = new SvgChart("t", "x", "y", new Interval(0.9, 3.1), new Interval(100, 200), wholeX: true);
        Assert.That(Texts(chart).Select(text => text.Value), Is.SupersetOf(new[] { "1", "2", "3" }).And.None.EqualTo("1.5"));
    }

    [Test]
    public void Names_at_one_place_do_not_cover_each_other()
    {
        var chart = new SvgChart("t", "x", "y", new Interval(0, 1), new Interval(0, 1));
        chart.Points([(0.3, 0.5), (0.31, 0.5)], SvgPicture.Good, ChartMark.Dot, "dots");
        chart.Name(0.3, 0.5, "first name");
        chart.Name(0.31, 0.5, "second name");
        var lines = Texts(chart).Where(text => text.Value.EndsWith(" name", StringComparison.Ordinal))
            .Select(text => double.Parse((string)text.Attribute("y")!, CultureInfo.InvariantCulture)).ToList();
        Assert.That(Math.Abs(lines[0] - lines[1]), Is.GreaterThan(12));
    }

    [TestCase("<b>&\"'", "<b>&\"'")]
    [TestCase("a\u0001b", "a\ufffdb")]
    public void Any_name_gives_a_file_that_can_be_read(string name, string shown)
    {
        // Half of a surrogate pair: an attribute cannot hold one.
        (name, shown) = (name + (char)0xd800, shown + '\ufffd');
        var picture = new SvgPicture(name, 10, 10);
        picture.Text(0, 0, name);
        Assert.That(XDocument.Parse(picture.ToString()).Descendants(Svg + "text").Single().Value, Is.EqualTo(shown));
    }

    [Test]
    public void A_range_of_one_value_has_room_around_it() => Assert.That(
        (SvgChart.Around([3], 0.1), SvgChart.Around([], 0), SvgChart.Around([-2, 8], 0.1)),
        Is.EqualTo((new Interval(2.9, 3.1), new Interval(0, 1), new Interval(-3, 9))));

    private static IEnumerable<XElement> Texts(SvgChart chart) => XDocument.Parse(chart.ToString()).Descendants(Svg + "text");
}
