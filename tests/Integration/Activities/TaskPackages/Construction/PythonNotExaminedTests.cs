using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.TaskPackages;
using Spark.Temporal.Activities.TaskPackages.Construction;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Testing;

namespace Spark.Temporal.Tests.Activities.TaskPackages.Construction;

/// <summary>What becomes of a critique for which Python has no answer.</summary>
public class PythonNotExaminedTests
{
    [TestCase("python-not-examined", 137)]
    [TestCase("python-not-examined", null)]
    public async Task Programs_that_Python_did_not_get_through_block(string rule, int? exitCode)
    {
        using var folder = new TemporaryFolder();
        var store = new FileArtifactStore(folder.Path);
        var request = new CritiqueRequest(
            await store.PutJsonAsync(Blueprints.Spec, CancellationToken.None), await store.PutJsonAsync(Blueprints.Good, CancellationToken.None));

        var reply = await new ActivityEnvironment().RunAsync(() => new ConstructionActivities(store, new Stuck(exitCode)).CritiqueAsync(request));

        Assert.That((reply.Findings.Blocking, reply.Findings.Lines[0]), Is.EqualTo((1, reply.Findings.Lines.Single())));
        Assert.That(reply.Findings.Lines[0], Does.StartWith($"{rule} (blocking) at oracle_python: "));
    }

    /// <summary>Python that is killed, or does not come to an end.</summary>
    private sealed class Stuck(int? exitCode) : IPythonRunner
    {
        public Task<PythonResult> RunAsync(
            string script, IReadOnlyDictionary<string, byte[]> files, TimeSpan timeout, CancellationToken cancellationToken) =>
            exitCode is { } code ? Task.FromResult(new PythonResult(code, "", "")) : throw new TimeoutException();
    }
}
