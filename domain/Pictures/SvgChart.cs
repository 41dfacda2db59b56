using System.Globalization;
using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Domain.Pictures;

/// <summary>How a point is marked.</summary>
public enum ChartMark
{
    Dot,
    Diamond,
}

/// <summary>Points and lines between two axes, with a legend beside them: 1000 × 640 points.</summary>
public sealed class SvgChart
{
    private const double Width = 1000;
    private const double Height = 640;
    private const double Left = 78;
    private const double Right = 240;
    private const double Top = 46;
    private const double Bottom = 58;
    private const int LegendCharacters = 32;

    private readonly SvgPicture _picture;
    private readonly Interval _x;
    private readonly Interval _y;
    private readonly List<(double Left, double Top, double Right, double Bottom)> _taken = [];
    private int _named;

    /// <param name="title">Above the picture.</param>
    /// <param name="across">Name of the axis across.</param>
    /// <param name="up">Name of the axis upwards.</param>
    /// <param name="x">Range of the axis across (<see cref="Around"/>).</param>
    /// <param name="y">Range of the axis upwards.</param>
    /// <param name="wholeX">Whether the axis across counts: only whole numbers are written at it.</param>
    public SvgChart(string title, string across, string up, Interval x, Interval y, bool wholeX = false)
    {
        _picture = new SvgPicture(title, Width, Height);
        (_x, _y) = (x, y);
        _picture.Bar(0, 0, Width, Height, "#ffffff");
        foreach (var tick in Ticks(x, wholeX ? 1 : 0))
        {
            _picture.Line(X(tick), Top, X(tick), Height - Bottom, SvgPicture.Faint, 0.5);
            _picture.Text(X(tick), Height - Bottom + 18, Number(tick), "middle");
        }

        foreach (var tick in Ticks(y, 0))
        {
            _picture.Line(Left, Y(tick), Width - Right, Y(tick), SvgPicture.Faint, 0.5);
            _picture.Text(Left - 8, Y(tick) + 4, Number(tick), "end");
        }

        _picture.Line(Left, Height - Bottom, Width - Right, Height - Bottom);
        _picture.Line(Left, Top, Left, Height - Bottom);
        _picture.Text((Left + Width - Right) / 2, 28, title, "middle", size: 18);
        _picture.Text((Left + Width - Right) / 2, Height - 14, across, "middle", size: 14);
        _picture.TextUpwards(22, (Top + Height - Bottom) / 2, up, 14);
    }

    /// <summary>The range of some values with room on both sides; from 0 to 1 for none.</summary>
    /// <param name="values">Finite ones.</param>
    /// <param name="room">Share of the range that is left free on each side.</param>
    public static Interval Around(IReadOnlyCollection<double> values, double room)
    {
        var (low, high) = values.Count == 0 ? (0, 1) : (values.Min(), values.Max());
        var wide = high > low ? high - low : Math.Max(1, Math.Abs(high) / 10);
        return new Interval(low - (wide * room), high + (wide * room));
    }

    /// <summary>A line through points.</summary>
    /// <param name="points">In their order.</param>
    /// <param name="color">Its colour.</param>
    /// <param name="opacity">0 to 1.</param>
    /// <param name="marked">Whether its points are seen too.</param>
    /// <param name="name">In the legend; null for none.</param>
    public void Line(IReadOnlyList<(double X, double Y)> points, string color, double opacity, bool marked, string? name)
    {
        _picture.Path(points.Select(point => (X(point.X), Y(point.Y))), color, opacity);
        foreach (var point in marked ? points : [])
        {
            _picture.Dot(X(point.X), Y(point.Y), 2.5, color);
        }

        Legend(name, (x, y) => _picture.Line(x - 8, y, x + 8, y, color, 2));
    }

    /// <summary>A line over the whole width.</summary>
    public void Across(double y, string color, double thickness = 1, string? name = null)
    {
        _picture.Line(Left, Y(y), Width - Right, Y(y), color, thickness);
        Legend(name, (x, at) => _picture.Line(x - 8, at, x + 8, at, color, thickness));
    }

    /// <summary>A line over the whole height.</summary>
    public void Upwards(double x, string color) => _picture.Line(X(x), Top, X(x), Height - Bottom, color);

    /// <summary>Marks of one kind.</summary>
    public void Points(IEnumerable<(double X, double Y)> points, string color, ChartMark mark, string name)
    {
        foreach (var point in points)
        {
            var (x, y) = (X(point.X), Y(point.Y));
            Mark(x, y, color, mark);
            _taken.Add((x - 5, y - 5, x + 5, y + 5));
        }

        Legend(name, (x, y) => Mark(x, y, color, mark));
    }

    /// <summary>
    /// Writes a name at a point, on the side towards the middle, so that the frame does not cut off a long name. It takes
    /// the first place around the point where it covers nothing; if there is none, it is above the point. Call it after all
    /// points are drawn.
    /// </summary>
    public void Name(double x, double y, string name)
    {
        const double size = 12;
        var (atX, atY) = (X(x), Y(y));
        var isRight = atX > (Left + Width - Right) / 2;
        var length = name.Length * size * 0.55;
        foreach (var step in (double[])[-8, 17, 4, -21, 30, -34, 43])
        {
            var gap = step == 4 ? 9 : 0;
            var start = isRight ? atX - gap - length : atX + gap;
            var box = (Start: start, High: atY + step - size, End: start + length, Low: atY + step + 2);
            if (_taken.Any(other => other.Left < box.End && box.Start < other.Right && other.Top < box.Low && box.High < other.Bottom))
            {
                continue;
            }

            _taken.Add(box);
            _picture.Text(isRight ? atX - gap : atX + gap, atY + step, name, isRight ? "end" : "start", size: size);
            return;
        }

        _picture.Text(atX, atY - 8, name, isRight ? "end" : "start", size: size);
    }

    /// <summary>The whole picture as a file.</summary>
    public override string ToString() => _picture.ToString();

    private void Mark(double x, double y, string color, ChartMark mark)
    {
        if (mark == ChartMark.Dot)
        {
            _picture.Dot(x, y, 5.5, color);
        }
        else
        {
            _picture.Diamond(x, y, 7, color);
        }
    }

    private void Legend(string? name, Action<double, double> sign)
    {
        if (name is null)
        {
            return;
        }

        var y = Top + 12 + (_named++ * 22);
        sign(Width - Right + 20, y);
        _picture.Text(Width - Right + 34, y + 4, name.Length <= LegendCharacters ? name : name[..(LegendCharacters - 1)] + "…");
    }

    /// <summary>Round numbers in a range, some six of them: steps of 1, 2 or 5 times a power of ten.</summary>
    private static IEnumerable<double> Ticks(Interval range, double least)
    {
        var raw = (range.High - range.Low) / 6;
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = Math.Max(least, (raw / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 } * power);
        for (var count = Math.Ceiling(range.Low / step); count * step <= range.High; count++)
        {
            yield return count * step;
        }
    }

    private static string Number(double value) => value.ToString("0.######;−0.######;0", CultureInfo.InvariantCulture);

    private double X(double value) => Left + ((value - _x.Low) / (_x.High - _x.Low) * (Width - Left - Right));

    private double Y(double value) => Height - Bottom - ((value - _y.Low) / (_y.High - _y.Low) * (Height - Top - Bottom));
}
