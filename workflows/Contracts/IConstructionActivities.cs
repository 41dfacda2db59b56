using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Workflows.Contracts;

/// <summary>
/// What making and proving a task needs of the file system and the artifact store. Queue: <see cref="TaskQueues.Workflows"/>.
/// All are safe to repeat.
/// </summary>
public interface IConstructionActivities
{
    /// <summary>Makes wrong answers from what the oracle wrote.</summary>
    [Activity("construction.mutants")]
    Task<MutantSet> MutantsAsync(MutantsRequest request);

    /// <summary>
    /// The task's build context changed so that its data is made again and nothing else differs: the engine's cache would
    /// answer with the first build.
    /// </summary>
    [Activity("construction.second_build")]
    Task<SecondBuild> SecondBuildAsync(SecondBuildRequest request);

    /// <summary>
    /// Reads the prompt file, looks for tasks like it, and writes the conversation that asks for the blueprint. Fails with
    /// <see cref="FailureTypes.InvalidInput"/> where the file cannot be used.
    /// </summary>
    [Activity("construction.begin")]
    Task<ConstructionStart> BeginAsync(BeginConstructionRequest request);

    /// <summary>Reads the blueprint in the last reply of a conversation.</summary>
    [Activity("construction.read_blueprint")]
    Task<BlueprintReply> ReadBlueprintAsync(ReadReplyRequest request);

    /// <summary>Applies the rules to a blueprint and writes the conversation that asks a model for its critique. Queue: <see cref="TaskQueues.Sandbox"/>.</summary>
    [Activity("construction.critique")]
    Task<CritiqueStart> CritiqueAsync(CritiqueRequest request);

    /// <summary>Reads the critique in the last reply of a conversation.</summary>
    [Activity("construction.read_critique")]
    Task<CritiqueReply> ReadCritiqueAsync(ReadReplyRequest request);

    /// <summary>Writes the conversation that asks for a fixed blueprint.</summary>
    [Activity("construction.repair")]
    Task<ArtifactRef> RepairAsync(RepairRequest request);

    /// <summary>Writes the task's folder into a staging place, so that it is not taken for a finished one.</summary>
    [Activity("construction.render")]
    Task<RenderReply> RenderAsync(RenderRequest request);

    /// <summary>
    /// Chooses variants of an accepted task by its layered templates, each unlike all that are known. Fails with
    /// <see cref="FailureTypes.InvalidInput"/> where there is no such task, or the template does not fit it.
    /// </summary>
    [Activity("construction.plan_family")]
    Task<FamilyPlan> PlanFamilyAsync(PlanFamilyRequest request);

    /// <summary>One variant of a plan.</summary>
    [Activity("construction.take_variant")]
    Task<GivenBlueprint> TakeVariantAsync(TakeVariantRequest request);

    /// <summary>Puts an accepted task into <c>generated_tasks/</c> or removes a rejected one, and writes the report.</summary>
    [Activity("construction.finish")]
    Task<FinishReply> FinishAsync(FinishRequest request);
}

/// <param name="Input">Which variants are asked for.</param>
public sealed record PlanFamilyRequest(VariantsRequest Input);

public sealed record VariantsRequest
{
    /// <summary>Name of the accepted task.</summary>
    public required string Task { get; init; }

    /// <summary>How many variants.</summary>
    public required int Count { get; init; }

    /// <summary>As <see cref="FamilyInput.Seed"/>.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>As <see cref="FamilyInput.TemplateFile"/>.</summary>
    public string? TemplateFile { get; init; }

    /// <summary>Folder under which <c>generated_tasks/</c> is.</summary>
    public required string OutDir { get; init; }
}

/// <param name="Stored">All chosen variants as JSON.</param>
/// <param name="Candidates">How many: those asked for and some to take a refused one's place.</param>
public sealed record FamilyPlan(ArtifactRef Stored, int Candidates);

/// <param name="Plan">The plan.</param>
/// <param name="Index">Number of the variant, from 0.</param>
public sealed record TakeVariantRequest(FamilyPlan Plan, int Index);

/// <param name="Input">The prompt file, and where tasks like it are looked for.</param>
public sealed record BeginConstructionRequest(PromptRequest Input);

public sealed record PromptRequest
{
    /// <summary>Absolute path of the prompt file (JSON).</summary>
    public required string PromptFile { get; init; }

    /// <summary>Absolute path of a folder of Harbor tasks; null for those accepted before only.</summary>
    public string? ReferenceTasksDir { get; init; }

    /// <summary>How many reference tasks the author gets.</summary>
    public int TopKReferences { get; init; } = 3;

    /// <summary>Names of tasks that must not be among them.</summary>
    public IReadOnlyList<string> ExcludeReferenceTasks { get; init; } = [];

    /// <summary>Folder under which <c>generated_tasks/</c> is.</summary>
    public required string OutDir { get; init; }
}

/// <param name="Spec">The checked prompt file as JSON.</param>
/// <param name="Conversation">Asks for the blueprint.</param>
/// <param name="References">Names of the tasks that give their shape, best first.</param>
public sealed record ConstructionStart(ArtifactRef Spec, ArtifactRef Conversation, IReadOnlyList<string> References);

/// <param name="Conversation">Its last message is the reply.</param>
public sealed record ReadReplyRequest(ArtifactRef Conversation);

/// <param name="Blueprint">The blueprint as JSON; null when the reply holds none.</param>
/// <param name="TaskId">Its name.</param>
/// <param name="OutputPath">The answer's path.</param>
/// <param name="Errors">What is wrong with the reply.</param>
/// <param name="AskAgain">The conversation that asks again; null when there is a blueprint.</param>
public sealed record BlueprintReply(
    ArtifactRef? Blueprint, string? TaskId = null, string? OutputPath = null, IReadOnlyList<string>? Errors = null, ArtifactRef? AskAgain = null);

public sealed record CritiqueRequest(ArtifactRef Spec, ArtifactRef Blueprint);

/// <param name="Findings">What the rules found.</param>
/// <param name="Conversation">Asks a model for its critique.</param>
public sealed record CritiqueStart(FindingSet Findings, ArtifactRef Conversation);

/// <param name="Findings">What the model found; null when the reply holds none.</param>
/// <param name="Errors">What is wrong with the reply.</param>
/// <param name="AskAgain">The conversation that asks again; null when there are findings.</param>
public sealed record CritiqueReply(FindingSet? Findings, IReadOnlyList<string>? Errors = null, ArtifactRef? AskAgain = null);

public sealed record RepairRequest
{
    public required ArtifactRef Spec { get; init; }

    /// <summary>The version to fix.</summary>
    public required BlueprintVersion Version { get; init; }
}

public sealed record RenderRequest
{
    public required ArtifactRef Spec { get; init; }
    public required ArtifactRef Blueprint { get; init; }
    public required string OutDir { get; init; }

    /// <summary>Number of the version.</summary>
    public required int Version { get; init; }
}

/// <param name="TaskDir">Absolute path of the folder; null where the blueprint cannot be written.</param>
/// <param name="Problem">Why it cannot.</param>
public sealed record RenderReply(string? TaskDir, string? Problem = null);

public sealed record FinishRequest
{
    public required ReportedConstruction Input { get; init; }
    public ArtifactRef? Spec { get; init; }
    public IReadOnlyList<string> References { get; init; } = [];
    public required IReadOnlyList<BlueprintVersion> Versions { get; init; }

    /// <summary>Folder of the accepted version; null where none was.</summary>
    public string? Accepted { get; init; }

    /// <summary>The whole result: the report records nearly all of it.</summary>
    public required ConstructionResult Result { get; init; }
}

/// <summary>What a construction's report records of its settings, and where it is written.</summary>
public sealed record ReportedConstruction
{
    /// <summary>Folder under which <c>generated_tasks/</c> is.</summary>
    public required string OutDir { get; init; }

    /// <summary>Name of the model.</summary>
    public required string ModelSlug { get; init; }

    /// <summary>The variant, where no model wrote the blueprint.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GivenBlueprint? Given { get; init; }
}

/// <param name="TaskDir">Absolute path of the accepted task.</param>
/// <param name="ReportPath">Absolute path of the report.</param>
/// <param name="Duplicate">Why a variant was not taken: its data or its answer is that of a task of its family.</param>
public sealed record FinishReply(
    string? TaskDir, string ReportPath, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Duplicate = null);

public sealed record MutantsRequest
{
    public required TaskPackage Package { get; init; }

    /// <summary>What the oracle wrote (tar, <see cref="OracleReply.Changes"/>).</summary>
    public required ArtifactRef Changes { get; init; }

    /// <summary>Absolute path of the answer; null where it is not known.</summary>
    public string? OutputPath { get; init; }

    /// <summary>Hashes of the working folder's files before anything was done, as <c>sha256sum</c> prints them; null where not taken.</summary>
    public ArtifactRef? Before { get; init; }
}

/// <param name="Files">The files that are taken for the answer, absolute.</param>
/// <param name="Right">They as the oracle wrote them (tar for <see cref="PutRequest"/>); null where there are none.</param>
/// <param name="Wrong">The mutants.</param>
/// <param name="Chosen">How the files were chosen, as a sentence.</param>
public sealed record MutantSet(IReadOnlyList<string> Files, ArtifactRef? Right, IReadOnlyList<MutantFiles> Wrong, string Chosen)
{
    /// <summary>SHA-256 over the content of <see cref="Files"/>; null where there are none.</summary>
    public string? AnswerDigest { get; init; }

    /// <summary>Places where the agent could read the answer, at most eight.</summary>
    public IReadOnlyList<string> SeenIn { get; init; } = [];
}

/// <param name="Name">What was done to the files.</param>
/// <param name="Files">The files after it (tar for <see cref="PutRequest"/>).</param>
public sealed record MutantFiles(string Name, ArtifactRef Files);

public sealed record SecondBuildRequest(TaskPackage Package);

/// <param name="Environment">Build context of the second build; null where the task has no builder.</param>
/// <param name="EnvironmentDigest">Key of its image.</param>
/// <param name="Why">Why there is none.</param>
public sealed record SecondBuild(ArtifactRef? Environment, string EnvironmentDigest = "", string Why = "");
