using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Pdi;

/// <summary>Prints replayed runs for people and for programs.</summary>
internal sealed class PdiReplayReport(CliOutput output)
{
    /// <summary>A list with one object per file: <c>task, method, snapshots</c> and the counts of the comparison.</summary>
    public void Json(IEnumerable<ReplayedRun> runs) => output.Json(runs.Select(run => new
    {
        run.Run.Task,
        Method = run.Method.Name(),
        File = run.Run.Path,
        run.ComparedWith,
        run.Agrees,
        DamagedLines = run.Run.DamagedLines.Select(damaged => damaged.Line),
        Snapshots = run.Snapshots.Select(Node),
    }));

    /// <summary>The line under the runs.</summary>
    public void Sum(IReadOnlyList<ReplayedRun> runs)
    {
        var snapshots = runs.Sum(run => run.Snapshots.Count);
        var agreeing = runs.Sum(run => run.Snapshots.Count(snapshot => snapshot.Agrees));
        var ties = runs.Sum(run => run.Snapshots.Count(snapshot => snapshot.Tie));
        var tied = ties == 0 ? "" : $" ({ties} {(ties == 1 ? "tie" : "ties")}, whose decisions are not compared)";
        output.Line($"{agreeing} of {snapshots} snapshots in {runs.Count} {(runs.Count == 1 ? "file" : "files")} agree{tied}");
    }

    /// <summary>One run, as soon as it is replayed.</summary>
    public void Run(ReplayedRun run)
    {
        var against = run.ComparedWith is null ? $"nothing is recorded by {run.Method.Name()}" : $"against {run.ComparedWith}";
        output.Line($"{run.Run.Task}: {run.Snapshots.Count} {(run.Snapshots.Count == 1 ? "snapshot" : "snapshots")}, {run.Method.Name()}, {against}");
        if (run.Snapshots.Count == 0)
        {
            output.Line();
            return;
        }

        output.Line("  attempt  step                exec     plan      oss      raw   weight  weighted  level");
        foreach (var snapshot in run.Snapshots)
        {
            var head = $"{snapshot.Attempt,9}{snapshot.Step,6}";
            if (snapshot.Recorded is { } recorded)
            {
                output.Line($"{head}  recorded{Numbers(recorded)}");
                head = new string(' ', head.Length);
            }

            if (snapshot.Computed is { } computed)
            {
                output.Line($"{head}  computed{Numbers(computed)}  {Verdict(snapshot)}");
            }

            if (snapshot.Problem is { } problem)
            {
                output.Line($"{new string(' ', head.Length)}  {problem}");
            }
        }

        output.Line();
    }

    private static string Verdict(ReplayedSnapshot snapshot) => snapshot switch
    {
        { Agrees: false } => "DIFFERS",
        { Tie: true } => "equal (tie: decision not compared)",
        { AfterTie: true } => "equal (after a tie: level not compared)",
        _ => "equal",
    };

    private static string Numbers(PdiSnapshot snapshot)
    {
        var at = snapshot.Rounded();
        var level = at.Level == InterventionLevel.None ? "-" : at.Level == InterventionLevel.Soft ? "soft" : "strong";
        return $"{at.ProxyExec,9:0.0000}{at.ProxyPlan,9:0.0000}{at.ProxyOss,9:0.0000}{at.RawPdi,9:0.0000}{at.Weight,9:0.0000}{at.WeightedPdi,10:0.0000}  {level,-6}";
    }

    private static JsonObject Node(ReplayedSnapshot snapshot)
    {
        var node = snapshot.Computed is { } computed ? AsObject(computed.Rounded()) : new JsonObject
        {
            ["attempt"] = snapshot.Attempt,
            ["step"] = snapshot.Step,
        };
        node["recorded"] = snapshot.Recorded is { } recorded ? AsObject(recorded) : null;
        node["agrees"] = snapshot.Agrees;
        node["tie"] = snapshot.Tie;
        if (snapshot.Tie || snapshot.AfterTie)
        {
            node["not_compared"] = snapshot.Tie ? new JsonArray("triggered", "level") : new JsonArray("level");
        }

        if (snapshot.Problem is { } problem)
        {
            node["problem"] = problem;
        }

        return node;
    }

    private static JsonObject AsObject(PdiSnapshot snapshot) => JsonSerializer.SerializeToNode(snapshot, SparkJson.Options)!.AsObject();
}
