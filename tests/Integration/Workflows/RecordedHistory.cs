using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Tests.Support;
using Temporalio.Client;
using Temporalio.Common;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>A history that is checked in: free of what the machine that recorded it is called and where it keeps its files.</summary>
internal static class RecordedHistory
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 1, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Folder of the recorded histories beside the tests.</summary>
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Workflows", "Histories");

    /// <summary>Reads one; it goes under the id it ran under, because children are named after it.</summary>
    public static WorkflowHistory Read(string name)
    {
        var history = WorkflowHistory.FromJson("unknown", File.ReadAllText(Path.Combine(Folder, name + ".json")));
        return history with { Id = history.Events.First().WorkflowExecutionStartedEventAttributes.WorkflowId };
    }

    /// <summary>Stands between the name of a history and that of the patch for which it was recorded beside the one without.</summary>
    public const char Beside = '+';

    /// <summary>The patches that a run has met, by their names.</summary>
    public static IReadOnlyList<string> Patches(WorkflowHistory history) =>
    [
        .. history.Events.Select(happened => happened.MarkerRecordedEventAttributes).Where(marker => marker?.MarkerName == "core_patch")
            .Select(marker => JsonDocument.Parse(marker.Details["patch-data"].Payloads_[0].Data.ToStringUtf8()).RootElement.GetProperty("id").GetString()!),
    ];

    /// <summary>Writes the history of a run as it stands; beside the one that is there, where <c>SPARK_RECORD_BESIDE</c> names a patch, if it has met that.</summary>
    public static async Task WriteAsync(string folder, string name, FakeDeployment deployment, WorkflowHandle handle)
    {
        var fetched = await handle.FetchHistoryAsync();
        if (Environment.GetEnvironmentVariable("SPARK_RECORD_BESIDE") is { Length: > 0 } patch)
        {
            if (!Patches(fetched).Contains(patch))
            {
                return;
            }

            name = $"{name}{Beside}{patch}";
        }

        var history = JsonNode.Parse(fetched.ToJson())!;
        var clean = Clean(history, null, text => text
            .Replace(deployment.OutDir, "/results", StringComparison.Ordinal)
            .Replace(deployment.Prefix, "recorded-", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(folder, name + ".json"), clean!.ToJsonString(Indented) + "\n");
    }

    /// <summary>All text in a history, payloads decoded, to look for what must not be there.</summary>
    public static string Texts(string name)
    {
        var texts = new StringBuilder();
        Clean(JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, name + ".json"))), null, text =>
        {
            texts.Append(text).Append('\n');
            return text;
        });
        return texts.ToString();
    }

    private static JsonNode? Clean(JsonNode? node, string? name, Func<string, string> replace) => node switch
    {
        JsonObject fields => new JsonObject(fields.Select(field => KeyValuePair.Create(field.Key, Clean(field.Value, field.Key, replace)))),
        JsonArray items => new JsonArray([.. items.Select(item => Clean(item, name, replace))]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => JsonValue.Create(CleanText(value.GetValue<string>(), name, replace)),
        _ => node?.DeepClone(),
    };

    private static string CleanText(string text, string? name, Func<string, string> replace) => name switch
    {
        "identity" => "recorder",
        "stackTrace" => "",
        "data" => Convert.ToBase64String(Encoding.UTF8.GetBytes(replace(Encoding.UTF8.GetString(Convert.FromBase64String(text))))),
        _ => replace(text),
    };
}
