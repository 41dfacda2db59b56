using System.Globalization;
using System.Text;
using System.Text.Json;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Tests.EndToEnd.Bench;

/// <summary>One measured number.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Value">The number.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="AtMost">What it must not exceed; null where nothing is asked.</param>
internal sealed record BenchRow(string What, double Value, string Unit, double? AtMost = null)
{
    /// <summary>Null where nothing is asked.</summary>
    public bool? Holds => AtMost is { } limit ? Value <= limit : null;
}

/// <summary>What <c>infra/bench.sh</c> prints: one JSON file for each measure, then all of them as one and as a table.</summary>
internal static class BenchReport
{
    /// <summary>Where the files go; null when nobody asked for a bench.</summary>
    public static string? Folder => Environment.GetEnvironmentVariable("SPARK_BENCH_OUT") is { Length: > 0 } folder ? folder : null;

    /// <summary>Keeps the rows of a measure as far as it has come.</summary>
    public static void Write(string measure, IReadOnlyList<BenchRow> rows)
    {
        var folder = Directory.CreateDirectory(Folder ?? throw new InvalidOperationException("SPARK_BENCH_OUT must name the folder to write to; run infra/bench.sh."));
        File.WriteAllText(Path.Combine(folder.FullName, $"{measure}.json"), JsonSerializer.Serialize(rows, SparkJson.Indented));
    }

    /// <summary>Keeps the rows of a measure; a number that does not hold fails the measure after it was kept.</summary>
    public static void Keep(string measure, params IReadOnlyList<BenchRow> rows)
    {
        Write(measure, rows);
        foreach (var row in rows)
        {
            TestContext.Progress.WriteLine(Line(row));
        }

        using (Assert.EnterMultipleScope())
        {
            foreach (var row in rows.Where(row => row.Holds == false))
            {
                Assert.Fail($"{row.What}: {Number(row.Value)} {row.Unit}, at most {Number(row.AtMost!.Value)} asked");
            }
        }
    }

    /// <summary>Puts all measures of a folder into <c>bench.json</c> and <c>bench.txt</c>.</summary>
    public static void Join(string folder)
    {
        var table = new StringBuilder();
        var measures = new SortedDictionary<string, IReadOnlyList<BenchRow>>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(folder, "*.json").Where(path => Path.GetFileName(path) != "bench.json").Order(StringComparer.Ordinal))
        {
            var measure = Path.GetFileNameWithoutExtension(path);
            measures[measure] = JsonSerializer.Deserialize<List<BenchRow>>(File.ReadAllText(path), SparkJson.Options)!;
            table.Append(measure).Append('\n');
            foreach (var row in measures[measure])
            {
                table.Append("  ").Append(Line(row)).Append('\n');
            }
        }

        var all = new { MeasuredAt = DateTimeOffset.UtcNow, Cpus = Environment.ProcessorCount, Measures = measures };
        File.WriteAllText(Path.Combine(folder, "bench.json"), JsonSerializer.Serialize(all, SparkJson.Indented) + "\n");
        File.WriteAllText(Path.Combine(folder, "bench.txt"), table.ToString());
    }

    public static double Median(IEnumerable<double> values) => At(values, 0.5);

    /// <summary>The value below which a share of the values lies.</summary>
    public static double At(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToList();
        return sorted[(int)Math.Min(sorted.Count - 1, share * sorted.Count)];
    }

    private static string Line(BenchRow row) =>
        $"{row.What,-74} {Number(row.Value),12} {row.Unit,-14}"
        + (row.AtMost is { } limit ? $" at most {Number(limit)}: {(row.Holds == true ? "holds" : "DOES NOT HOLD")}" : "");

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "#,0" : "0.###", CultureInfo.InvariantCulture);
}

/// <summary>Joins what was measured when the last measure of a run has ended.</summary>
[SetUpFixture]
public sealed class BenchSetUp
{
    [OneTimeTearDown]
    public void Join()
    {
        if (BenchReport.Folder is { } folder && Directory.Exists(folder))
        {
            BenchReport.Join(folder);
        }
    }
}
