using System.Text.Json;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Domain.Blueprints;

/// <param name="Blueprint">The blueprint; null when there are errors.</param>
/// <param name="Errors">What is wrong, each with its JSON path.</param>
public sealed record BlueprintReading(TaskBlueprint? Blueprint, IReadOnlyList<string> Errors);

/// <summary>
/// Reads a blueprint out of a model's reply. Code fences, reasoning tags and words around the object are skipped. Each error
/// names its JSON path, so that the model can be asked again.
/// </summary>
public static class BlueprintReader
{
    /// <summary>Longest reply that is read, in characters.</summary>
    private const int MostReply = 1024 * 1024;

    /// <summary>A field that blueprints had; nothing reads it, and a reply or a prompt file that has it is taken.</summary>
    internal const string Former = "validation_checks";

    public static BlueprintReading Read(string reply)
    {
        if (reply.Length > MostReply)
        {
            return new BlueprintReading(null, [$"$: the reply has {reply.Length:N0} characters, at most {MostReply:N0} are read"]);
        }

        if (ReplyJson.Find(reply, BlueprintSchema.Fields, out var problem) is not { } root)
        {
            return new BlueprintReading(null, [problem]);
        }

        List<string> errors = [.. ReplyJson.Unwritable(root, "$"), .. ReplyJson.Twice(root, "$")];
        root = errors.Count > 0 ? root : WithoutFormer(root);
        errors.AddRange(JsonShape.Check(BlueprintSchema.Root, root));
        if (errors.Count > 0)
        {
            return new BlueprintReading(null, errors);
        }

        try
        {
            return new BlueprintReading(root.Deserialize<TaskBlueprint>(SparkJson.Options), []);
        }
        catch (JsonException broken)
        {
            return new BlueprintReading(null, [$"{broken.Path ?? "$"}: {broken.Message}"]);
        }
    }

    /// <summary>A field that earlier versions asked for. A reply may still have it; its value is ignored.</summary>
    private static JsonElement WithoutFormer(JsonElement root) => root.TryGetProperty(Former, out _)
        ? JsonSerializer.SerializeToElement(root.EnumerateObject().Where(field => field.Name != Former).ToDictionary(field => field.Name, field => field.Value))
        : root;
}
