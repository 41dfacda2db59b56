namespace Spark.Temporal.Workflows.Domain.Construction;

public static class TaskRenderer
{
    public static IReadOnlyList<RenderedFile> Render(TaskBlueprint blueprint, RenderOptions options) => throw new NotSupportedException();

    public static IReadOnlyList<RenderedFile> WithProof(IReadOnlyList<RenderedFile> files, ProofNumbers proof) => throw new NotSupportedException();
}
