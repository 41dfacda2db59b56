using System.Text.Json;
using System.Text.Json.Serialization;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>What every item of a batch gets. The item's own fields replace folder, name and place.</summary>
[JsonConverter(typeof(BatchWorkJson))]
public abstract record BatchWork
{
    public abstract BatchKind Kind { get; }
}

/// <summary>A skill from every task.</summary>
/// <param name="Run">What every run gets.</param>
public sealed record SkillWork(SkillGenerationInput Run) : BatchWork
{
    public override BatchKind Kind => BatchKind.Skills;
}

/// <summary>A task from every prompt file.</summary>
/// <param name="Run">What every run gets.</param>
public sealed record ConstructionWork(ConstructionInput Run) : BatchWork
{
    public override BatchKind Kind => BatchKind.Constructions;
}

/// <summary>Trials of every task.</summary>
/// <param name="Trials">Each task is tried with each of these.</param>
/// <param name="Repeats">How often, at least 1.</param>
public sealed record TrialWork(IReadOnlyList<TrialTemplate> Trials, int Repeats = 1) : BatchWork
{
    public override BatchKind Kind => BatchKind.Trials;
}

/// <param name="Key">Name among the templates of the batch; items point at it.</param>
/// <param name="ModelSlug">Name of the model in workflow ids.</param>
/// <param name="Input">What the attempt gets; its arm is part of the workflow's id.</param>
public sealed record TrialTemplate(string Key, string ModelSlug, AttemptInput Input);

/// <summary>Work as batches have always been given it: one property for each kind, of which one is set.</summary>
internal sealed class BatchWorkJson : JsonConverter<BatchWork>
{
    public override BatchWork? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonSerializer.Deserialize<Form>(ref reader, options) switch
        {
            null => null,
            { Skill: { } skill } => new SkillWork(skill),
            { Construction: { } construction } => new ConstructionWork(construction),
            var trials => new TrialWork(trials.Trials, trials.Repeats),
        };

    public override void Write(Utf8JsonWriter writer, BatchWork value, JsonSerializerOptions options) => JsonSerializer.Serialize(
        writer,
        value switch
        {
            SkillWork skill => new Form { Skill = skill.Run },
            ConstructionWork construction => new Form { Construction = construction.Run },
            TrialWork trials => new Form { Trials = trials.Trials, Repeats = trials.Repeats },
            _ => throw new NotSupportedException($"{value.GetType().Name} has no form in JSON."),
        },
        options);

    private sealed record Form
    {
        public SkillGenerationInput? Skill { get; init; }
        public ConstructionInput? Construction { get; init; }
        public IReadOnlyList<TrialTemplate> Trials { get; init; } = [];
        public int Repeats { get; init; } = 1;
    }
}
