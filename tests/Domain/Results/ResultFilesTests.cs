using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using Spark.Temporal.Domain.Results;

namespace Spark.Temporal.Tests.Domain.Results;

/// <summary>
/// Every public file through its reader and its writer. The samples are what the version before wrote of one demo: without a
/// schema version and without the evidence.
/// </summary>
public sealed class ResultFilesTests
{
    private const string VersionText = "\"schema_version\"";

    private static readonly Dictionary<string, (string Schema, Func<string, string, string> Again)> Files = new()
    {
        ["attempts.json"] = ("attempts", (file, text) => AttemptsFile.Read(file, text).Write()),
        ["result.json"] = ("trial-result", (file, text) => HarborTrialResult.Read(file, text).Write()),
        ["config.json"] = ("trial-config", (file, text) => HarborTrialConfig.Read(file, text).Write()),
        ["trajectory.json"] = ("trial-trajectory", (file, text) => AtifTrajectory.Read(file, text).Write()),
        ["pipeline_summary.json"] = ("batch-summary", (file, text) => BatchSummaryFile.Read(file, text).Write()),
        ["generation_report.json"] = ("construction-report", (file, text) => ConstructionReport.Read(file, text).Write()),
        ["summary.json"] = ("summary", (file, text) => EvaluationSummaryFile.Write(EvaluationSummaryFile.Read(file, text))),
        ["run.json"] = ("exported-run", (file, text) => ExportedRun.Read(file, text).Write()),
        ["results.jsonl"] = ("batch-results", (file, text) => EachLine(text, (number, line) => BatchResultLine.Read(file, number, line).Write())),
        ["trajectory.jsonl"] = ("trajectory", (file, text) => EachLine(text, (number, line) => TrajectoryFile.Write(TrajectoryFile.ReadLine(line, number, file)!.Event!))),
    };

    private static IEnumerable<string> Names => Files.Keys;

    /// <summary>Files of ours whose version is a number.</summary>
    private static IEnumerable<string> Versioned => Files.Keys.Except(["result.json", "config.json", "trajectory.json"]);

    [TestCaseSource(nameof(Names))]
    public void A_file_of_the_version_before_is_read_and_written_again_byte_for_byte(string name)
    {
        var text = Sample(name);
        var again = Files[name].Again(name, text);

        Assert.That(text.Length, Is.GreaterThan(100));
        Assert.That(WithoutVersion(again), Is.EqualTo(WithoutVersion(text)), "but for the version, which is new");
        Assert.That(again.Contains(VersionText, StringComparison.Ordinal), Is.EqualTo(name is not ("result.json" or "config.json")));
    }

    [TestCaseSource(nameof(Names))]
    public void What_is_written_fits_its_schema_and_a_wrong_type_does_not(string name)
    {
        var (schema, again) = Files[name];
        foreach (var document in Documents(name, again(name, Sample(name))))
        {
            Assert.That(Problems(schema, document), Is.Empty);
            Assert.That(Problems(schema, Spoilt(document)), Is.Not.Empty);
        }
    }

    [TestCaseSource(nameof(Versioned))]
    public void A_newer_file_is_refused_with_its_name_field_and_version(string name)
    {
        var newer = string.Join('\n', Documents(name, Sample(name)).Select(document =>
        {
            var changed = JsonNode.Parse(document)!.AsObject();
            changed["schema_version"] = 2;
            changed["new_in_2"] = "?";
            return changed.ToJsonString();
        }));

        var refused = Assert.Throws<ResultFormatException>(() => Files[name].Again($"/data/{name}", newer));

        Assert.That(refused!.Message, Does.Contain($"/data/{name}").And.Contain("schema_version").And.Contain("schema version 2; this program reads up to 1"));
        Assert.That(refused.IsNewer);
    }

    [TestCaseSource(nameof(Names))]
    public void Fields_that_are_not_known_are_kept(string name)
    {
        var more = string.Join('\n', Documents(name, Sample(name)).Select(document =>
        {
            var changed = JsonNode.Parse(document)!.AsObject();
            changed["x_later"] = new JsonObject { ["a"] = new JsonArray(1, "two", null) };
            return changed.ToJsonString();
        }));

        foreach (var document in Documents(name, Files[name].Again(name, more)))
        {
            Assert.That(JsonNode.Parse(document)!["x_later"]!.ToJsonString(), Is.EqualTo("""{"a":[1,"two",null]}"""));
        }
    }

    [Test]
    public void A_field_that_cannot_be_read_is_named()
    {
        var broken = Sample("attempts.json").Replace("\"number\": 1", "\"number\": \"one\"", StringComparison.Ordinal);

        var refused = Assert.Throws<ResultFormatException>(() => AttemptsFile.Read("/data/attempts.json", broken));

        Assert.That(refused!.Field, Is.EqualTo("$.attempts[0].number"));
        Assert.That(refused.Message, Does.Contain("/data/attempts.json: $.attempts[0].number").And.Contain("schema version 1"));
        Assert.That(refused.IsNewer, Is.False);
    }

    [Test]
    public void The_schemas_are_those_of_the_records([ValueSource(nameof(SchemaNames))] string name) =>
        Assert.That(File.ReadAllText(SchemaPath(name)), Is.EqualTo(ResultSchemas.Of(name)), $"write what is expected into domain/Results/{name}.schema.json");

    [Test]
    public void The_original_s_files_are_read_and_none_of_their_fields_is_lost()
    {
        var attempts = 0;
        foreach (var folder in Directory.GetDirectories(Support.Requires.SharedData("spark-trajectories")))
        {
            foreach (var name in new[] { "attempts.json", "trajectory.jsonl" }.Where(name => File.Exists(Path.Combine(folder, name))))
            {
                var text = File.ReadAllText(Path.Combine(folder, name));
                var again = Documents(name, Files[name].Again(name, text));
                foreach (var (before, after) in Documents(name, text).Zip(again))
                {
                    Assert.That(Lost(JsonNode.Parse(before), JsonNode.Parse(after), "$"), Is.Null, $"{folder}/{name}");
                    Assert.That(Problems(Files[name].Schema, before), Is.Empty, $"{folder}/{name}");
                    if (JsonNode.Parse(before)!["result_json"] is { } trial)
                    {
                        var read = HarborTrialResult.Read("result_json", trial.ToJsonString());
                        Assert.That(Lost(trial, JsonNode.Parse(read.Write()), "$"), Is.Null, $"{folder}/{name}");
                        attempts++;
                    }
                }
            }
        }

        Assert.That(attempts, Is.EqualTo(99));
    }

    private static IEnumerable<string> SchemaNames() => ResultSchemas.Records.Keys;

    private static string Sample(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Results", "Samples", name));

    private static string SchemaPath(string name) => Path.Combine(AppContext.BaseDirectory, "schemas", $"{name}.schema.json");

    private static string[] Documents(string name, string text) =>
        name.EndsWith(".jsonl", StringComparison.Ordinal) ? text.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [text];

    private static string EachLine(string text, Func<long, string, string> again) =>
        string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select((line, index) => again(index + 1, line)));

    // The version is the last field; of evaluations, which had one already, it is the first.
    private static string WithoutVersion(string text) =>
        System.Text.RegularExpressions.Regex.Replace(text, """,\s*"schema_version": ?1(?=\s*}\s*$)""", "", System.Text.RegularExpressions.RegexOptions.Multiline);

    private static List<string> Problems(string schema, string document)
    {
        var result = JsonSchema.FromText(File.ReadAllText(SchemaPath(schema)))
            .Evaluate(JsonSerializer.Deserialize<JsonElement>(document), new EvaluationOptions { OutputFormat = OutputFormat.List });
        return result.IsValid ? [] : [.. (result.Details ?? []).Where(detail => detail.Errors is not null).Select(detail => $"{detail.InstanceLocation}: {string.Join("; ", detail.Errors!.Values)}"), "not valid"];
    }

    /// <summary>The document with a required text or number turned into a list.</summary>
    private static string Spoilt(string document)
    {
        var changed = JsonNode.Parse(document)!.AsObject();
        var field = changed.First(field => field.Value is JsonValue && field.Key is not ("schema_version" or "type")).Key;
        changed[field] = new JsonArray(1);
        return changed.ToJsonString();
    }

    /// <summary>Path of the first value that is in one document and not, or another, in the other; null where there is none.</summary>
    private static string? Lost(JsonNode? before, JsonNode? after, string path) => (before, after) switch
    {
        (null, null) => null,
        (null, _) or (_, null) => path,
        (JsonObject fields, JsonObject others) => fields.Where(field => field.Value is not null || others.ContainsKey(field.Key))
            .Select(field => Lost(field.Value, others[field.Key], $"{path}.{field.Key}")).FirstOrDefault(lost => lost is not null),
        (JsonArray items, JsonArray others) when items.Count == others.Count => items.Zip(others)
            .Select((pair, index) => Lost(pair.First, pair.Second, $"{path}[{index}]")).FirstOrDefault(lost => lost is not null),
        (JsonValue one, JsonValue other) when one.GetValueKind() == JsonValueKind.Number => one.GetValue<double>().Equals(other.GetValue<double>()) ? null : path,
        (JsonValue one, JsonValue other) => one.ToJsonString() == other.ToJsonString() || IsSameTime(one, other) ? null : path,
        _ => path,
    };

    private static bool IsSameTime(JsonValue one, JsonValue other) =>
        one.TryGetValue<DateTime>(out var before) && other.TryGetValue<DateTime>(out var after) && before == after;
}
