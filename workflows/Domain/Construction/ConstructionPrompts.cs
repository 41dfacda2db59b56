using Spark.Temporal.Workflows.Domain.Conversations;

namespace Spark.Temporal.Workflows.Domain.Construction;

public static class ConstructionPrompts
{
    public static IReadOnlyList<ChatMessage> Blueprint(PromptSpec spec, ToolResolution tools, IReadOnlyList<RankedTask> references) =>
        throw new NotSupportedException();

    /// <summary>The message that asks again after a reply that is no blueprint.</summary>
    public static string BlueprintReask(IReadOnlyList<string> errors) => throw new NotSupportedException();

    public static IReadOnlyList<ChatMessage> Critique(TaskBlueprint blueprint, PromptSpec spec, IReadOnlyList<CritiqueFinding> known) =>
        throw new NotSupportedException();

    public static string CritiqueReask(IReadOnlyList<string> errors) => throw new NotSupportedException();

    /// <summary>Asks for a mended blueprint. The evidence is what a failed proof showed, null where there was none.</summary>
    public static IReadOnlyList<ChatMessage> Repair(
        TaskBlueprint blueprint, PromptSpec spec, IReadOnlyList<CritiqueFinding> findings, string? evidence) =>
        throw new NotSupportedException();
}
