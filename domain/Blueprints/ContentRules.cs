using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>Checks that the parts of a blueprint agree: the output's path, the quotes of the prompt, the given fields.</summary>
public static class ContentRules
{
    public const string OutputPathDrift = "output-path-drift";
    public const string OutputBuiltIn = "output-built-in";
    public const string NotVerbatim = "evidence-not-verbatim";
    public const string OverrideNotKept = "override-not-kept";

    public static IEnumerable<CritiqueFinding> Check(TaskBlueprint blueprint, PromptSpec spec) =>
        Output(blueprint).Concat(Evidence(blueprint, spec)).Concat(Overrides(blueprint, spec));

    private static IEnumerable<CritiqueFinding> Output(TaskBlueprint blueprint)
    {
        var path = blueprint.OutputPath;
        (string Where, string Text)[] places =
            [("instruction_md", blueprint.InstructionMd), ("oracle_python", blueprint.OraclePython), ("verifier.test_code", blueprint.Verifier.TestCode)];
        foreach (var (where, text) in places)
        {
            var named = where == "instruction_md" ? Names(text, path) : Names(text, path) || NamesParts(text, path);
            if (!named)
            {
                yield return CritiqueFinding.Blocking(OutputPathDrift, where, $"the output path {PlainText.OneLine(path, 200)} is not in it");
            }
        }

        var workdir = blueprint.Environment.Workdir.TrimEnd('/') + "/";
        foreach (var (file, index) in blueprint.SupportFiles.Select((file, index) => (file, index)))
        {
            if (workdir + file.Path == path)
            {
                yield return CritiqueFinding.Blocking(OutputBuiltIn, $"support_files[{index}].path", "the file that the agent must write is there from the start");
            }
        }
    }

    /// <summary>Whether a path appears in a text other than as the beginning of a longer one.</summary>
    private static bool Names(string text, string path)
    {
        for (var at = text.IndexOf(path, StringComparison.Ordinal); at >= 0 && path.Length > 0; at = text.IndexOf(path, at + 1, StringComparison.Ordinal))
        {
            var rest = text.AsSpan(at + path.Length);
            var goesOn = rest.Length > 0 && (char.IsLetterOrDigit(rest[0]) || rest[0] is '_' or '/' or '-' || (rest[0] == '.' && rest.Length > 1 && char.IsLetterOrDigit(rest[1])));
            if (!goesOn)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Programs put paths together, so folder and file name as separate strings count too.</summary>
    private static bool NamesParts(string source, string path)
    {
        var slash = path.LastIndexOf('/');
        var (folder, name) = (path[..Math.Max(slash, 0)], path[(slash + 1)..]);
        return IsString(name) && (IsString(folder) || IsString(folder + "/") || folder.Split('/', StringSplitOptions.RemoveEmptyEntries).All(part => IsString(part) || IsString("/" + part)));

        bool IsString(string text) => text.Length > 0 && (source.Contains($"\"{text}\"", StringComparison.Ordinal) || source.Contains($"'{text}'", StringComparison.Ordinal));
    }

    private static IEnumerable<CritiqueFinding> Evidence(TaskBlueprint blueprint, PromptSpec spec) => blueprint.Evidence
        .Select((quote, index) => (Quote: quote, Where: $"evidence[{index}]"))
        .Where(entry => string.IsNullOrWhiteSpace(entry.Quote) || !Folded(spec.Prompt).Contains(Folded(entry.Quote), StringComparison.Ordinal))
        .Select(entry => CritiqueFinding.Blocking(NotVerbatim, entry.Where, $"'{PlainText.OneLine(entry.Quote)}' is not in the prompt; quote it word for word"));

    /// <summary>Line breaks are ignored: they come from wrapping a file.</summary>
    private static string Folded(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static IEnumerable<CritiqueFinding> Overrides(TaskBlueprint blueprint, PromptSpec spec)
    {
        if (spec.ContentOverrides is not { Count: > 0 } given)
        {
            yield break;
        }

        var actual = JsonSerializer.SerializeToNode(blueprint, SparkJson.Options)!.AsObject();
        foreach (var (field, value) in given.Where(pair => pair.Key != BlueprintReader.Former).OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var wanted = JsonNode.Parse(value.GetRawText());
            if (!Holds(actual[field], wanted))
            {
                yield return CritiqueFinding.Blocking(OverrideNotKept, field, $"the prompt file gives it as {PlainText.OneLine(value.GetRawText(), 200)}");
            }
        }
    }

    /// <summary>Whether a value is the one given. In an object only the given fields are compared.</summary>
    private static bool Holds(JsonNode? actual, JsonNode? wanted) => wanted is JsonObject parts
        ? actual is JsonObject whole && parts.All(part => Holds(whole[part.Key], part.Value))
        : JsonNode.DeepEquals(actual, wanted);
}
