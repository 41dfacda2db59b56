using System.Globalization;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Pictures;
using Spark.Temporal.Domain.Statistics;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Evaluation;

/// <summary>The pictures of a report.</summary>
internal static class EvaluationPictures
{
    private const double Width = 760;
    private const double Left = 190;
    private const double Right = 60;
    private const double Row = 26;

    /// <summary>Most tasks in one picture; the ones that changed most are shown.</summary>
    private const int MostTasks = 40;

    /// <summary>Pass rate of every arm with its interval.</summary>
    public static SvgPicture PassRates(EvaluationSummary summary)
    {
        var picture = Framed("Pass rate of each arm with its 95 % interval", summary.Sums.Count, 0, 1, "0 %", "100 %");
        for (var at = 0; at < summary.Sums.Count; at++)
        {
            var (sums, y) = (summary.Sums[at], Middle(at));
            picture.Text(Left - 10, y + 4, sums.Arm, "end");
            if (sums.PassRate is { } rate)
            {
                var (low, high) = (X(sums.PassRateInterval.Low, 0, 1), X(sums.PassRateInterval.High, 0, 1));
                picture.Line(low, y, high, y, SvgPicture.Color(at), 3);
                picture.Line(low, y - 5, low, y + 5, SvgPicture.Color(at), 2);
                picture.Line(high, y - 5, high, y + 5, SvgPicture.Color(at), 2);
                picture.Dot(X(rate, 0, 1), y, 6, SvgPicture.Color(at));
                picture.Text(X(rate, 0, 1), y - 9, Percent(rate), "middle", size: 11);
            }
            else
            {
                picture.Text(Left, y + 4, "nothing scored", size: 11);
            }
        }

        return picture;
    }

    /// <summary>Δr of every task; a bar to the left of the middle is a harmed task.</summary>
    public static SvgPicture Deltas(PairSums pair)
    {
        var tasks = pair.Tasks.OrderByDescending(task => Math.Abs(task.DeltaR)).Take(MostTasks).OrderByDescending(task => task.DeltaR).ToList();
        var picture = Framed($"Δr of each task, {pair.Arm} against {pair.Against}", tasks.Count, -1, 1, "−1", "+1");
        var zero = X(0, -1, 1);
        for (var at = 0; at < tasks.Count; at++)
        {
            var (task, y) = (tasks[at], Middle(at));
            var end = X(Math.Clamp(task.DeltaR, -1, 1), -1, 1);
            picture.Text(Left - 10, y + 4, Short(task.Task), "end", task.DeltaR < 0 ? SvgPicture.Bad : SvgPicture.Ink);
            picture.Bar(Math.Min(zero, end), y - 7, Math.Abs(end - zero), 14, task.DeltaR < 0 ? SvgPicture.Bad : SvgPicture.Good);
            picture.Text(task.DeltaR < 0 ? end - 4 : end + 4, y + 4, Signed(task.DeltaR), task.DeltaR < 0 ? "end" : "start", size: 11);
        }

        picture.Line(zero, 20, zero, Middle(tasks.Count - 1) + 14, SvgPicture.Ink);
        return picture;
    }

    /// <summary>What each arm costs and what it gets for it.</summary>
    public static SvgPicture Costs(EvaluationSummary summary)
    {
        var arms = summary.Sums.Select((sums, place) => (sums, place)).Where(arm => arm.sums is { CostPerTaskUsd: not null, MeanReward: not null }).ToList();
        var most = Math.Max(1e-9, arms.Select(arm => arm.sums.CostPerTaskUsd!.Value).DefaultIfEmpty(0).Max()) * 1.15;
        const double high = 260;
        var picture = new SvgPicture("Mean reward of each arm against its cost per task", Width, high + 70);
        picture.Line(Left, high + 20, Width - Right, high + 20);
        picture.Line(Left, 20, Left, high + 20);
        picture.Text(Left - 10, high + 24, "0", "end", size: 11);
        picture.Text(Left - 10, 24, "1", "end", size: 11);
        picture.Text(Left - 10, (high / 2) + 24, "mean reward", "end");
        picture.Text(Left, high + 38, "$0", "middle", size: 11);
        picture.Text(Width - Right, high + 38, PlainText.Usd(most), "middle", size: 11);
        picture.Text((Left + Width - Right) / 2, high + 56, "cost per task", "middle");
        foreach (var (sums, place) in arms)
        {
            var x = X(sums.CostPerTaskUsd!.Value, 0, most);
            var y = 20 + ((1 - Math.Clamp(sums.MeanReward!.Value, 0, 1)) * high);
            picture.Dot(x, y, 7, SvgPicture.Color(place));
            // Names are written towards the middle, so that none leaves the picture.
            var isLeft = x < Width / 2;
            picture.Text(
                isLeft ? x + 11 : x - 11,
                y + 4,
                string.Create(CultureInfo.InvariantCulture, $"{sums.Arm} ({sums.MeanReward:0.00}, {PlainText.Usd(sums.CostPerTaskUsd.Value)})"),
                isLeft ? "start" : "end");
        }

        return picture;
    }

    /// <summary>Mean reward of every student and arm, one row a student.</summary>
    public static SvgPicture Transfer(IReadOnlyList<TransferRow> rows)
    {
        var picture = Framed("Mean reward of each student in each arm", rows.Count, 0, 1, "0", "1");
        for (var at = 0; at < rows.Count; at++)
        {
            var y = Middle(at);
            picture.Text(Left - 10, y + 4, Short(rows[at].Model), "end");
            picture.Line(Left, y, Width - Right, y, SvgPicture.Faint);
            for (var arm = 0; arm < rows[at].Cells.Count; arm++)
            {
                if (rows[at].Cells[arm].MeanReward is { } reward)
                {
                    picture.Dot(X(Math.Clamp(reward, 0, 1), 0, 1), y, 6, SvgPicture.Color(arm));
                }
            }
        }

        var x = Left;
        for (var arm = 0; rows.Count > 0 && arm < rows[0].Cells.Count; arm++)
        {
            picture.Dot(x, 8, 5, SvgPicture.Color(arm));
            picture.Text(x + 9, 12, rows[0].Cells[arm].Arm, size: 11);
            x += 30 + (7 * rows[0].Cells[arm].Arm.Length);
        }

        return picture;
    }

    public static string Percent(double share) => (100 * share).ToString("0.#", CultureInfo.InvariantCulture) + " %";

    public static string Signed(double value) => value.ToString("+0.000;−0.000;0", CultureInfo.InvariantCulture);

    private static SvgPicture Framed(string title, int rows, double low, double high, string lowest, string highest)
    {
        var bottom = Middle(rows - 1) + 18;
        var picture = new SvgPicture(title, Width, bottom + 24);
        for (var step = 0; step <= 4; step++)
        {
            var x = X(low + (step * (high - low) / 4), low, high);
            picture.Line(x, 20, x, bottom, SvgPicture.Faint);
        }

        picture.Text(Left, bottom + 16, lowest, "middle", size: 11);
        picture.Text(Width - Right, bottom + 16, highest, "middle", size: 11);
        return picture;
    }

    private static double Middle(int row) => 38 + (row * Row);

    private static double X(double value, double low, double high) => Left + ((value - low) / (high - low) * (Width - Left - Right));

    private static string Short(string name) => name.Length <= 26 ? name : name[..25] + "…";
}
