using System.Globalization;
using System.Net;
using System.Text;

namespace Spark.Temporal.Domain.Pictures;

/// <summary>A picture drawn as text (SVG 1.1), so that a report is one file that needs nothing else to be seen.</summary>
/// <param name="title">Description for readers who cannot see it.</param>
/// <param name="width">In points.</param>
/// <param name="height">In points.</param>
public sealed class SvgPicture(string title, double width, double height)
{
    public const string Ink = "#1f2937";
    public const string Faint = "#d1d5db";
    public const string Good = "#1b7f4b";
    public const string Bad = "#b91c1c";

    private static readonly string[] Colors = ["#6b7280", "#2b6cb0", "#d97706", "#7c3aed", "#0d9488", "#be185d", "#4d7c0f", "#38bdf8", "#1e3a8a", "#9f1239", "#f472b6", "#78350f"];

    private readonly StringBuilder _shapes = new();

    /// <summary>The colour of an arm, or of a line, by its place.</summary>
    public static string Color(int place) => Colors[place % Colors.Length];

    public void Line(double x1, double y1, double x2, double y2, string color = Ink, double thickness = 1) =>
        Add($"<line x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\" stroke=\"{color}\" stroke-width=\"{thickness:0.##}\"/>");

    /// <summary>A line through several points.</summary>
    /// <param name="points">In their order.</param>
    /// <param name="color">Its colour.</param>
    /// <param name="opacity">0 to 1.</param>
    public void Path(IEnumerable<(double X, double Y)> points, string color, double opacity)
    {
        var places = string.Join(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.X:0.##},{point.Y:0.##}")));
        Add($"<polyline points=\"{places}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.5\" stroke-opacity=\"{opacity:0.##}\"/>");
    }

    public void Bar(double x, double y, double wide, double high, string color) =>
        Add($"<rect x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{Math.Max(0.5, wide):0.##}\" height=\"{high:0.##}\" fill=\"{color}\"/>");

    public void Dot(double x, double y, double radius, string color) => Add($"<circle cx=\"{x:0.##}\" cy=\"{y:0.##}\" r=\"{radius:0.##}\" fill=\"{color}\"/>");

    /// <summary>A square on its corner.</summary>
    /// <param name="x">Its middle.</param>
    /// <param name="y">Its middle.</param>
    /// <param name="radius">From the middle to a corner.</param>
    /// <param name="color">Its colour.</param>
    public void Diamond(double x, double y, double radius, string color) =>
        Add($"<path d=\"M{x:0.##} {y - radius:0.##}L{x + radius:0.##} {y:0.##}L{x:0.##} {y + radius:0.##}L{x - radius:0.##} {y:0.##}Z\" fill=\"{color}\"/>");

    /// <param name="x">Where <paramref name="anchor"/> says.</param>
    /// <param name="y">Base line.</param>
    /// <param name="text">What is written.</param>
    /// <param name="anchor"><c>start</c>, <c>middle</c> or <c>end</c>.</param>
    /// <param name="color">Its colour.</param>
    /// <param name="size">Height of the letters.</param>
    public void Text(double x, double y, string text, string anchor = "start", string color = Ink, double size = 12) =>
        Add($"<text x=\"{x:0.##}\" y=\"{y:0.##}\" text-anchor=\"{anchor}\" fill=\"{color}\" font-size=\"{size:0.##}\">{Encoded(text)}</text>");

    /// <summary>Text that runs upwards, its middle at a point.</summary>
    public void TextUpwards(double x, double y, string text, double size = 12) =>
        Add($"<text transform=\"translate({x:0.##} {y:0.##}) rotate(-90)\" text-anchor=\"middle\" fill=\"{Ink}\" font-size=\"{size:0.##}\">{Encoded(text)}</text>");

    /// <summary>The element, for a page or a file of its own.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{Encoded(title)}\" width=\"{width:0.##}\" height=\"{height:0.##}\" viewBox=\"0 0 {width:0.##} {height:0.##}\" font-family=\"sans-serif\"><title>{Encoded(title)}</title>\n{_shapes}</svg>");

    /// <summary>XML has no place for control characters and halves of surrogate pairs, not even escaped.</summary>
    private static string Encoded(string text) => WebUtility.HtmlEncode(string.Concat(
        text.EnumerateRunes().Select(rune => Rune.IsControl(rune) ? Rune.ReplacementChar : rune)));

    private void Add(FormattableString shape) => _shapes.Append(shape.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
