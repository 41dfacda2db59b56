using System.Text.Json;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.TaskPackages.Construction;

/// <summary>Chooses new variants of a task, different from those that exist.</summary>
internal sealed class FamilyPlanner(IArtifactStore store)
{
    public async Task<FamilyPlan> PlanAsync(VariantsRequest input, CancellationToken cancellationToken)
    {
        try
        {
            var artifacts = Path.Combine(input.OutDir, TaskPlaces.Generated, TaskPlaces.Artifacts);
            var accepted = Read<TaskBlueprint>(Path.Combine(artifacts, input.Task, "blueprint.json"), input);
            var spec = Read<PromptSpec>(Path.Combine(artifacts, input.Task, "prompt.json"), input);
            var known = Known(artifacts);
            var first = FirstFree(input);
            var template = Template(input, Path.Combine(artifacts, input.Task, TaskPlaces.Family), accepted);
            var variants = Variation.UpTo(accepted, template, Math.Min(2 * input.Count, Variation.MostVariants), input.Seed, known, first);
            if (variants.Count == 0)
            {
                throw new FormatException("every variant with data of its own that the template can give exists already; add choices or layers");
            }

            var specRef = await store.PutJsonAsync(spec, cancellationToken);
            var given = new List<GivenBlueprint>();
            foreach (var variant in variants)
            {
                given.Add(new GivenBlueprint
                {
                    Spec = specRef,
                    Blueprint = await store.PutJsonAsync(variant.Blueprint, cancellationToken),
                    TaskId = variant.Blueprint.TaskId,
                    OutputPath = variant.Blueprint.OutputPath,
                    VariantOf = input.Task,
                    Choices = PlainText.OneLine(string.Join(", ", variant.Choices.Select(choice => $"{choice.Key} = {choice.Value}")), 600),
                });
            }

            return new FamilyPlan(await store.PutJsonAsync<IReadOnlyList<GivenBlueprint>>(given, cancellationToken), given.Count);
        }
        catch (FormatException wrong)
        {
            throw new ApplicationFailureException(PlainText.OneLine(wrong.Message, 1_000), FailureTypes.InvalidInput, nonRetryable: true);
        }
    }

    public async Task<GivenBlueprint> TakeAsync(TakeVariantRequest request, CancellationToken cancellationToken) =>
        (await store.ReadJsonAsync<IReadOnlyList<GivenBlueprint>>(request.Plan.Stored, cancellationToken))[request.Index];

    /// <summary>A sentence that names the task whose data or answer a proven variant repeats; null when both are its own.</summary>
    public static string? DuplicateOf(string artifacts, string workflowId, GivenBlueprint given, ProofResult proof)
    {
        foreach (var folder in Folders(artifacts))
        {
            var name = Path.GetFileName(folder);
            if (Report(folder) is not { } report
                || !(name == given.VariantOf || report.VariantOf == given.VariantOf)
                || report.Status != "accepted"
                || report.WorkflowId == workflowId
                || report.Proof is not { } other)
            {
                continue;
            }

            if (proof.DataDigest is { } data && data == other.DataDigest)
            {
                return $"Its data is that of {name}, byte for byte; the template must change what the data comes from.";
            }

            if (proof.AnswerDigest is { } answer && answer == other.AnswerDigest)
            {
                return $"Its answer is that of {name}, byte for byte.";
            }
        }

        return null;
    }

    private static FamilyTemplate Template(VariantsRequest input, string own, TaskBlueprint accepted)
    {
        var file = input.TemplateFile ?? (File.Exists(own) ? own : null);
        if (file is null)
        {
            return FamilyTemplateReader.Derive(accepted);
        }

        return File.Exists(file)
            ? FamilyTemplateReader.Parse(File.ReadAllText(file), Path.GetFileName(file))
            : throw new FormatException($"there is no template {file}");
    }

    /// <summary>Content of every blueprint kept here, and of what its data is made from.</summary>
    private static HashSet<string> Known(string artifacts)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var folder in Folders(artifacts))
        {
            var path = Path.Combine(folder, "blueprint.json");
            if (File.Exists(path) && BlueprintReader.Read(File.ReadAllText(path)).Blueprint is { } blueprint)
            {
                known.Add(Variation.Digest(blueprint));
                known.Add(Variation.DataDigest(blueprint));
            }
        }

        return known;
    }

    /// <summary>The number after those in names that are taken.</summary>
    private static int FirstFree(VariantsRequest input)
    {
        var generated = Path.Combine(input.OutDir, TaskPlaces.Generated);
        return 1 + Folders(generated).Concat(Folders(Path.Combine(generated, TaskPlaces.Artifacts)))
            .Select(folder => Variation.NumberOf(input.Task, Path.GetFileName(folder))).DefaultIfEmpty(0).Max();
    }

    private static IEnumerable<string> Folders(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal) : [];

    private static ConstructionReport? Report(string folder)
    {
        try
        {
            var path = Path.Combine(folder, ConstructionReport.FileName);
            return ConstructionReport.Read(path, File.ReadAllText(path));
        }
        catch (Exception none) when (none is IOException or ResultFormatException { IsNewer: false })
        {
            return null;
        }
    }

    private static T Read<T>(string path, VariantsRequest input)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(path), SparkJson.Options) ?? throw new FormatException($"{path} is empty");
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FormatException($"there is no {path}; '{input.Task}' must be a task that spark tasks create made, see spark tasks list");
        }
        catch (JsonException broken)
        {
            throw new FormatException($"{path} cannot be read: {broken.Message}");
        }
    }
}
