using Docker.DotNet;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Failures;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Activities.Failures;

public sealed class StorageFailuresTests
{
    private static readonly ArtifactRef Reference = new(new string('a', 64), 7, MediaTypes.Json);

    private static IEnumerable<TestCaseData> Kinds()
    {
        yield return Case(new StoreUnavailableException("/srv/store", "No space left on device", "Free space."), FailureTypes.ResultsUnavailable, false, "/srv/store");
        yield return Case(new ArtifactLostException(Reference, "is not in /srv/store"), FailureTypes.ArtifactLost, true, Reference.Sha256);
        yield return Case(new IOException("No space left on device : '/out/x'"), FailureTypes.ResultsUnavailable, false, "df -h");
        yield return Case(new IOException("Read-only file system : '/out/x'"), FailureTypes.ResultsUnavailable, false, "mounted read-only");
        yield return Case(new DirectoryNotFoundException("Could not find a part of the path '/mnt/out'."), FailureTypes.ResultsUnavailable, false, "mounted");
        yield return Case(new UnauthorizedAccessException("Access to the path '/out/x' is denied."), FailureTypes.ResultsUnavailable, false, "permissions");
        yield return Case(new DockerApiException(System.Net.HttpStatusCode.InternalServerError, "oops"), FailureTypes.SandboxUnavailable, false, "systemctl status docker");
    }

    [TestCaseSource(nameof(Kinds))]
    public void What_escapes_from_an_activity_is_typed_with_place_and_remedy(Exception failure, string type, bool final, string words)
    {
        var typed = StorageFailures.Typed(failure)!;

        Assert.That((typed.ErrorType, typed.NonRetryable), Is.EqualTo((type, final)));
        Assert.That(typed.Message, Does.Contain(words));
    }

    [Test]
    public void What_is_typed_already_or_not_about_files_is_left_alone()
    {
        Assert.That(StorageFailures.Typed(new ApplicationFailureException("x", FailureTypes.InvalidInput)), Is.Null);
        Assert.That(StorageFailures.Typed(new OperationCanceledException()), Is.Null);
        Assert.That(StorageFailures.Typed(new InvalidOperationException()), Is.Null);
    }

    [Test]
    public async Task A_store_that_is_away_is_not_taken_for_an_engine_that_does_not_answer()
    {
        await Assert.ThrowsAsync<StoreUnavailableException>(() => SandboxFailures.TypedAsync<int>(
            "container", "here", () => throw new StoreUnavailableException("/srv/store", "gone", "Mount it.")));
        await Assert.ThrowsAsync<ArtifactLostException>(() => SandboxFailures.TypedAsync<int>(
            "container", "here", () => throw new ArtifactLostException(Reference, "is gone")));
    }

    [Test]
    public async Task An_engine_that_does_not_answer_names_its_host_and_the_remedy()
    {
        var failure = await Assert.ThrowsAsync<ApplicationFailureException>(() => SandboxFailures.TypedAsync<int>(
            "container", "here", () => throw new HttpRequestException("Connection refused")));

        Assert.That((failure!.ErrorType, failure.NonRetryable), Is.EqualTo((FailureTypes.SandboxUnavailable, false)));
        Assert.That(failure.Message, Does.Contain("host here").And.Contain("Connection refused").And.Contain("systemctl status docker").And.Contain("DOCKER_HOST"));
    }

    private static TestCaseData Case(Exception failure, string type, bool final, string words) =>
        new TestCaseData(failure, type, final, words).SetName($"{failure.GetType().Name}: {words}");
}
