using System.Text.Json;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Tests.Support;

/// <summary>What commands print with <c>--json</c>, held against the published schemas.</summary>
internal static class JsonOutputs
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "schemas");

    /// <summary>Name of the schema of a command: its words, joined by hyphens.</summary>
    public static string Name(IEnumerable<string> words) => string.Join('-', words);

    public static string PathOf(string name) => Path.Combine(Folder, $"{name}.schema.json");

    /// <summary>Fails the test if what a command printed is not what its schema says; looks only where <c>--json</c> was asked for.</summary>
    public static void Check(IReadOnlyList<string> arguments, string output, string error)
    {
        if (!arguments.Contains("--json"))
        {
            return;
        }

        var words = arguments.TakeWhile(argument => !argument.StartsWith('-')).Take(2).ToList();
        var name = arguments.Contains("--print-config") ? "print-config"
            : words.Count == 0 ? "error"
            : File.Exists(PathOf(Name(words))) ? Name(words) : Name(words.Take(1));
        var wrong = Problems(name, output);
        Assert.That(wrong, Is.Empty, $"spark {string.Join(' ', arguments)} printed what its schema does not allow; on standard error: {error}");
    }

    /// <summary>What is wrong with an output; an error envelope fits every command.</summary>
    public static IReadOnlyList<string> Problems(string name, string output)
    {
        JsonElement printed;
        try
        {
            printed = JsonSerializer.Deserialize<JsonElement>(output);
        }
        catch (JsonException broken)
        {
            return [$"no JSON document ({broken.Message}): {output}"];
        }

        var failed = printed.ValueKind == JsonValueKind.Object && printed.TryGetProperty("error", out var envelope) && envelope.ValueKind == JsonValueKind.Object;
        return JsonShape.Check(JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(PathOf(failed ? "error" : name))), printed);
    }
}
