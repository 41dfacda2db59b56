using System.Xml.Linq;
using Spark.Temporal.Domain.Pictures;
using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Tests.Domain.Pictures;

public sealed class SvgRowsTests
{
    [Test]
    public void Each_row_has_a_dot_for_every_value_there_is_and_none_leaves_the_frame()
    {
        var picture = XDocument.Parse(SvgRows.Draw(
            "Rewards & more", ["small", new string('x', 60)], [new SvgSeries("first", [0.5, null]), new SvgSeries("second", [7, 0])], new Interval(-1, 1)).ToString());

        var dots = picture.Descendants().Where(element => element.Name.LocalName == "circle").ToList();
        var texts = picture.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value).ToList();
        Assert.That(dots, Has.Count.EqualTo(2 + 3), "two of the legend, three values");
        Assert.That(dots.Select(dot => (double)dot.Attribute("cx")!), Has.All.InRange(0, 860));
        Assert.That(texts, Is.SupersetOf(new[] { "Rewards & more", "small", "first", "second", "−1", "0", "1" }));
        Assert.That(texts, Has.Some.EndsWith("x…"), "a long name is cut");
    }

    [TestCase(0, 1)]
    [TestCase(-1, 0)]
    public void A_line_at_zero_is_drawn_only_where_both_signs_occur(double low, double high)
    {
        var none = Lines(SvgRows.Draw("t", ["a"], [], new Interval(low, high)));
        var both = Lines(SvgRows.Draw("t", ["a"], [], new Interval(-1, 1)));

        Assert.That(both - none, Is.EqualTo(1));
    }

    private static int Lines(SvgPicture picture) => XDocument.Parse(picture.ToString()).Descendants().Count(element => element.Name.LocalName == "line");
}
