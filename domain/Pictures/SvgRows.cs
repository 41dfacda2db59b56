using System.Globalization;
using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Domain.Pictures;

/// <param name="Name">In the legend.</param>
/// <param name="Values">One for each row; null where it has none.</param>
public sealed record SvgSeries(string Name, IReadOnlyList<double?> Values);

/// <summary>A table as a picture: a row with a name and one dot for each series, on one axis across.</summary>
public static class SvgRows
{
    private const double Width = 860;
    private const double Left = 260;
    private const double Right = 40;
    private const double Top = 66;
    private const double RowHeight = 28;
    private const int NameCharacters = 38;

    /// <summary>Draws it.</summary>
    /// <param name="title">Above the rows.</param>
    /// <param name="rows">Names of the rows, from the top.</param>
    /// <param name="series">Each as long as the rows.</param>
    /// <param name="range">Of the axis; what lies outside is drawn at its end.</param>
    public static SvgPicture Draw(string title, IReadOnlyList<string> rows, IReadOnlyList<SvgSeries> series, Interval range)
    {
        var bottom = Top + (rows.Count * RowHeight);
        var picture = new SvgPicture(title, Width, bottom + 30);
        picture.Bar(0, 0, Width, bottom + 30, "#ffffff");
        picture.Text(Width / 2, 22, title, "middle", size: 16);
        Legend(picture, series);
        for (var step = 0; step <= 4; step++)
        {
            var value = range.Low + (step * (range.High - range.Low) / 4);
            picture.Line(X(value, range), Top - 8, X(value, range), bottom, SvgPicture.Faint);
            picture.Text(X(value, range), bottom + 18, value.ToString("0.###;−0.###;0", CultureInfo.InvariantCulture), "middle", size: 11);
        }

        if (range.Low < 0 && range.High > 0)
        {
            picture.Line(X(0, range), Top - 8, X(0, range), bottom);
        }

        for (var row = 0; row < rows.Count; row++)
        {
            var y = Top + ((row + 0.5) * RowHeight);
            picture.Text(Left - 12, y + 4, Short(rows[row]), "end");
            for (var place = 0; place < series.Count; place++)
            {
                if (series[place].Values[row] is { } value)
                {
                    picture.Dot(X(Math.Clamp(value, range.Low, range.High), range), y, 6, SvgPicture.Color(place));
                }
            }
        }

        return picture;
    }

    private static void Legend(SvgPicture picture, IReadOnlyList<SvgSeries> series)
    {
        var x = Left;
        for (var place = 0; place < series.Count; place++)
        {
            picture.Dot(x, 40, 5, SvgPicture.Color(place));
            picture.Text(x + 9, 44, series[place].Name, size: 11);
            x += 30 + (6.5 * series[place].Name.Length);
        }
    }

    private static double X(double value, Interval range) => Left + ((value - range.Low) / (range.High - range.Low) * (Width - Left - Right));

    private static string Short(string name) => name.Length <= NameCharacters ? name : name[..(NameCharacters - 1)] + "…";
}
