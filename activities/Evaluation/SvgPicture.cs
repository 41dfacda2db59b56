using System.Globalization;
using System.Net;
using System.Text;

namespace Spark.Temporal.Activities.Evaluation;

/// <summary>A picture drawn as text, so that a report is one file that needs nothing else to be seen.</summary>
/// <param name="title">What a reader who cannot see it is told.</param>
/// <param name="width">In points.</param>
/// <param name="height">In points.</param>
internal sealed class SvgPicture(string title, double width, double height)
{
    public const string Ink = "#1f2937";
    public const string Faint = "#d1d5db";
    public const string Good = "#1b7f4b";
    public const string Bad = "#b91c1c";

    private static readonly string[] Colors = ["#6b7280", "#2b6cb0", "#d97706", "#7c3aed", "#0d9488", "#be185d"];

    private readonly StringBuilder _shapes = new();

    /// <summary>The colour of an arm by its place.</summary>
    public static string Color(int place) => Colors[place % Colors.Length];

    public void Line(double x1, double y1, double x2, double y2, string color = Ink, double thickness = 1) =>
        Add($"<line x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\" stroke=\"{color}\" stroke-width=\"{thickness:0.##}\"/>");

    public void Bar(double x, double y, double wide, double high, string color) =>
        Add($"<rect x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{Math.Max(0.5, wide):0.##}\" height=\"{high:0.##}\" fill=\"{color}\"/>");

    public void Dot(double x, double y, double radius, string color) => Add($"<circle cx=\"{x:0.##}\" cy=\"{y:0.##}\" r=\"{radius:0.##}\" fill=\"{color}\"/>");

    /// <param name="x">Where <paramref name="anchor"/> says.</param>
    /// <param name="y">Base line.</param>
    /// <param name="text">What is written.</param>
    /// <param name="anchor"><c>start</c>, <c>middle</c> or <c>end</c>.</param>
    /// <param name="color">Its colour.</param>
    /// <param name="size">Height of the letters.</param>
    public void Text(double x, double y, string text, string anchor = "start", string color = Ink, double size = 12) =>
        Add($"<text x=\"{x:0.##}\" y=\"{y:0.##}\" text-anchor=\"{anchor}\" fill=\"{color}\" font-size=\"{size:0.##}\">{WebUtility.HtmlEncode(text)}</text>");

    /// <summary>The element, for a page.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(title)}\" width=\"{width:0.##}\" height=\"{height:0.##}\" viewBox=\"0 0 {width:0.##} {height:0.##}\" font-family=\"sans-serif\"><title>{WebUtility.HtmlEncode(title)}</title>\n{_shapes}</svg>");

    private void Add(FormattableString shape) => _shapes.Append(shape.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
