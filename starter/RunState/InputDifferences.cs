using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Starter.RunState;

/// <summary>What a command asks for otherwise than the run did that has the name already.</summary>
/// <param name="Option">The command's option, or its argument.</param>
/// <param name="There">What the run was started with.</param>
/// <param name="Here">What is asked for now.</param>
internal sealed record InputDifference(string Option, string There, string Here)
{
    public override string ToString() => $"{Option}: there {There}, here {Here}";
}

/// <summary>
/// Compares two inputs of one kind by what decides the results. Both are read by today's records, so a field that an older version
/// did not write has the value that was meant then, and one that a newer version added is left out.
/// </summary>
internal static class InputDifferences
{
    private const int MostCharacters = 100;

    /// <summary>Fields that decide the results, with the option that gives them.</summary>
    internal static readonly IReadOnlyDictionary<string, string> Compared = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["kind"] = "kind of work",
        ["source.tasks_dir"] = "--tasks-dir",
        ["source.names"] = "--tasks",
        ["source.files"] = "--prompt-file",
        ["source.exclude"] = "--exclude-tasks",
        ["source.limit"] = "--limit",
        ["source.seed"] = "--shuffle, --seed",
        ["out_dir"] = "--out",
        ["results_root"] = "--eval-result-dir",
        ["agent"] = "--agent",
        ["agent_kwargs"] = "--agent-kwarg",
        ["students"] = "--model",
        ["students.slug"] = "--model",
        ["students.model.profile"] = "--model (profile)",
        ["students.model.name"] = "--model",
        ["students.model.api_base"] = "--api-base",
        ["arms"] = "arms (--phases, --arm)",
        ["arms.name"] = "arms (--phases, --arm)",
        ["arms.source"] = "arms (--phases, --arm)",
        ["arms.root"] = "folder of the arm's skills",
        ["arms.skill_source_model"] = "--skill-source-model",
        ["repeats"] = "--repeats",
        ["seed"] = "--seed",
        ["limits.timeout_multiplier"] = "--timeout-multiplier",
        ["limits.verifier_timeout_multiplier"] = "--verifier-timeout-multiplier",
        ["limits.max_tokens"] = "--max-tokens",
        ["limits.verdict"] = "--verdict",
        ["limits.task_env"] = "--task-env",
        ["limits.budgets"] = "--token-budgets",
        ["task"] = "TASK",
        ["count"] = "--count",
        ["template_file"] = "--template",
        ["item.agent"] = "--agent",
        ["item.agent_kwargs"] = "--agent-kwarg",
        ["item.model.profile"] = "--model (profile)",
        ["item.model.name"] = "--model",
        ["item.model.api_base"] = "--api-base",
        ["item.evidence_characters"] = "--evidence-characters",
        ["item.redistill"] = "skills distill in place of skills run",
        ["item.summary_model.profile"] = "--summary-model (profile)",
        ["item.summary_model.name"] = "--summary-model",
        ["item.summary_model.api_base"] = "--summary-api-base",
        ["item.max_attempts"] = "--max-retries",
        ["item.pdi.enabled"] = "--pdi-enabled",
        ["item.pdi.observe_only"] = "--pdi-observe-only",
        ["item.pdi.method"] = "--pdi-method",
        ["item.limits.timeout_multiplier"] = "--timeout-multiplier",
        ["item.limits.verifier_timeout_multiplier"] = "--verifier-timeout-multiplier",
        ["item.limits.max_tokens"] = "--max-tokens",
        ["item.limits.verdict"] = "--verdict",
        ["item.limits.task_env"] = "--task-env",
        ["item.limits.budgets"] = "--token-budgets",
        ["item.budget_usd"] = "--budget-usd",
        ["item.budget_tokens"] = "--budget-tokens",
        ["item.results_root"] = "--result-dir",
        ["item.max_revisions"] = "--max-revisions",
        ["item.schema_retries"] = "--schema-retries",
        ["item.reference_tasks_dir"] = "--reference-tasks-dir",
        ["item.top_k_references"] = "--top-k-references",
        ["item.exclude_reference_tasks"] = "--exclude-reference-task",
    };

    /// <param name="there">Input of the run that has the name.</param>
    /// <param name="here">Input that is asked for.</param>
    public static IReadOnlyList<InputDifference> Of<T>(T there, T here)
    {
        SortedDictionary<string, (JsonNode? There, JsonNode? Here)> leaves = new(StringComparer.Ordinal);
        Walk("", Tree(there), Tree(here), leaves);
        var kind = (Kind(Tree(there)), Kind(Tree(here)));
        return kind.Item1 != kind.Item2
            ? [new InputDifference(Compared["kind"], kind.Item1, kind.Item2)]
            : [.. leaves
                .Where(leaf => OptionOf(leaf.Key) is not null && !Same(leaf.Value.There, leaf.Value.Here))
                .Select(leaf => new InputDifference(OptionOf(leaf.Key)!, Words(leaf.Value.There), Words(leaf.Value.Here)))
                .Distinct()];
    }

    /// <summary>The option of a field; null for one that may differ.</summary>
    internal static string? OptionOf(string path)
    {
        if (Compared.GetValueOrDefault(path) is { } option)
        {
            return option;
        }

        // Below a setting of an agent, and below a file of budgets, every name counts.
        foreach (var (open, words) in Compared.Where(pair => pair.Key.EndsWith("agent_kwargs", StringComparison.Ordinal) || pair.Key.EndsWith("limits.budgets", StringComparison.Ordinal)))
        {
            if (path.StartsWith($"{open}.", StringComparison.Ordinal))
            {
                return $"{words} {path[(open.Length + 1)..]}";
            }
        }

        return null;
    }

    private static JsonNode? Tree<T>(T input) => JsonSerializer.SerializeToNode(input, SparkJson.Options);

    private static string Kind(JsonNode? input) => input?["work"] is not JsonObject work ? ""
        : work["skill"] is not null ? "skills" : work["construction"] is not null ? "tasks" : "trials";

    private static void Walk(string path, JsonNode? there, JsonNode? here, SortedDictionary<string, (JsonNode? There, JsonNode? Here)> leaves)
    {
        switch (there, here)
        {
            case (JsonObject or null, JsonObject or null) when there is not null || here is not null:
                var names = Names(there).Union(Names(here), StringComparer.Ordinal);
                foreach (var name in names)
                {
                    Walk(Below(path, name), (there as JsonObject)?[name], (here as JsonObject)?[name], leaves);
                }

                break;
            case (JsonArray { Count: > 0 } left, JsonArray { Count: > 0 } right) when left.Count == right.Count && left[0] is JsonObject:
                for (var i = 0; i < left.Count; i++)
                {
                    Walk(path, left[i], right[i], leaves);
                }

                break;
            default:
                // Of several entries of one list, one that differs counts.
                if (!leaves.TryGetValue(path, out var before) || Same(before.There, before.Here))
                {
                    leaves[path] = (there, here);
                }

                break;
        }
    }

    private static IEnumerable<string> Names(JsonNode? node) => node is JsonObject fields ? fields.Select(field => field.Key) : [];

    private static string Below(string path, string name) => (path, name) switch
    {
        ("", _) => name,
        ("work", "skill" or "construction") => "item",
        _ => $"{path}.{name}",
    };

    private static bool Same(JsonNode? there, JsonNode? here) => (there, here) switch
    {
        // The order of names changes nothing.
        (JsonArray left, JsonArray right) => left.Select(Text).Order(StringComparer.Ordinal).SequenceEqual(right.Select(Text).Order(StringComparer.Ordinal), StringComparer.Ordinal),
        (JsonArray { Count: 0 }, null) or (null, JsonArray { Count: 0 }) => true,
        _ => Text(there) == Text(here),
    };

    private static string Text(JsonNode? node) => node switch
    {
        null => "",
        JsonValue value when value.TryGetValue<string>(out var text) => text.Length > 1 ? Path.TrimEndingDirectorySeparator(text) : text,
        _ => node.ToJsonString(SparkJson.Options),
    };

    private static string Words(JsonNode? node) => node switch
    {
        null or JsonArray { Count: 0 } => "not given",
        JsonArray list => PlainText.OneLine(string.Join(", ", list.Select(entry => entry is JsonObject named ? Text(named["name"] ?? named["slug"]) : Text(entry))), MostCharacters),
        _ => PlainText.OneLine(Text(node), MostCharacters),
    };
}
