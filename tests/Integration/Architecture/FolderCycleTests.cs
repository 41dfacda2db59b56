namespace Spark.Temporal.Tests.Architecture;

public sealed class FolderCycleTests
{
    [TestCase("Spark.Temporal.Domain")]
    [TestCase("Spark.Temporal.Workflows")]
    [TestCase("Spark.Temporal.Wire")]
    [TestCase("Spark.Temporal.Activities")]
    [TestCase("spark-worker")]
    [TestCase("spark")]
    public void No_folders_of_a_project_use_each_other_in_a_circle(string assembly)
    {
        var graph = FolderGraph.Of(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));
        TestContext.Out.WriteLine($"{assembly}: {graph.Folders.Count} folders, {graph.FoldersInCycles()} of them in cycles");

        Assert.That(graph.Cycles(), Is.Empty);
    }
}
