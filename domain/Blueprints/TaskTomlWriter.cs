using System.Globalization;
using System.Text;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>Writes <c>task.toml</c> in the spelling that Harbor reads without a remark.</summary>
public static class TaskTomlWriter
{
    /// <summary>First part of <c>[task] name</c>.</summary>
    private const string Organisation = "spark";

    public static string Write(TaskBlueprint blueprint, RenderOptions options)
    {
        var environment = blueprint.Environment;
        return $"""
            version = "1.0"

            [task]
            name = {String($"{Organisation}/{blueprint.TaskId}")}
            description = {String(blueprint.Title)}

            [metadata]
            title = {String(blueprint.Title)}
            difficulty = {String(blueprint.Difficulty)}
            category = {String(blueprint.Category)}
            tags = {Strings(blueprint.Tags)}
            output_path = {String(blueprint.OutputPath)}
            reference_tasks = {Strings(blueprint.ReferenceTasks)}

            [environment]
            build_timeout_sec = {Seconds(environment.BuildTimeoutSec)}
            cpus = {Math.Ceiling(environment.Cpus).ToString(CultureInfo.InvariantCulture)}
            memory_mb = {environment.MemoryMb}
            storage_mb = {environment.StorageMb}
            network_mode = "{(environment.AllowInternet ? "public" : "no-network")}"
            workdir = {String(environment.Workdir)}

            [agent]
            timeout_sec = {Seconds(blueprint.AgentTimeoutSec)}

            [verifier]
            timeout_sec = {Seconds(blueprint.Verifier.TimeoutSec)}

            """;
    }

    /// <summary>The text with the table <c>[metadata.proof]</c> at its end, in place of one that was there.</summary>
    public static string WithProof(string toml, ProofNumbers proof)
    {
        const string header = "\n[metadata.proof]\n";
        var old = toml.IndexOf(header, StringComparison.Ordinal);
        var body = (old < 0 ? toml : toml[..old]).TrimEnd('\n');
        return $"""
            {body}
            {header}oracle_reward = {Seconds(proof.OracleReward)}
            oracle_runs = {proof.OracleRuns}
            nop_reward = {Seconds(proof.NopReward)}
            mutants = {proof.Mutants}
            mutants_refused = {proof.MutantsRefused}
            rounds = {proof.Rounds}
            data_digest = {String(proof.DataDigest ?? "")}

            """;
    }

    /// <summary>A number that TOML reads as a float.</summary>
    private static string Seconds(double value) => value.ToString("0.0###", CultureInfo.InvariantCulture);

    private static string Strings(IReadOnlyList<string> values) => $"[{string.Join(", ", values.Select(String))}]";

    private static string String(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var c in value)
        {
            text.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\t' => "\\t",
                _ when char.IsControl(c) => $"\\u{(int)c:X4}",
                _ => c.ToString(),
            });
        }

        return text.Append('"').ToString();
    }
}
