using System.Text.Json;
using Spark.Temporal.Starter.Doctor;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Doctor;

public sealed class DoctorTests
{
    [TestCase(20L, Verdict.Ok)]
    [TestCase(5L, Verdict.Warning)]
    [TestCase(0L, Verdict.Missing)]
    public void Wants_room_on_the_disk(long gigabytes, Verdict verdict) =>
        Assert.That(Checks.Space(gigabytes << 30, "/").Verdict, Is.EqualTo(verdict));

    [Test, Category("Docker")]
    public async Task Finds_the_engine_and_the_base_image()
    {
        Requires.Docker();

        var found = await DockerProbe.RunAsync(null, CancellationToken.None);

        Assert.That(found.Select(finding => (finding.Check, finding.Verdict)), Is.EqualTo(new[] { ("docker", Verdict.Ok), ("base image", Verdict.Ok) }));
    }

    [Test]
    public async Task Every_missing_thing_comes_with_its_remedy_and_no_key_is_printed()
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string>
        {
            ["DOCKER_HOST"] = $"unix://{folder["nowhere.sock"]}",
            ["TEMPORAL_ADDRESS"] = "127.0.0.1:9",
            ["SPARK_WORKER"] = folder["no-worker"],
            ["OPENAI_API_KEY"] = "sk-canary",
        };

        var (code, output, error) = await SparkProcess.RunAsync(["doctor", "--json"], folder.Path, environment);
        var findings = JsonDocument.Parse(output).RootElement.EnumerateArray().ToList();
        var missing = findings.Where(finding => finding.GetProperty("verdict").GetString() == "missing").ToList();

        Assert.That(code, Is.EqualTo(1), error);
        Assert.That(missing.Select(finding => finding.GetProperty("check").GetString()), Is.EquivalentTo(new[] { "docker", "worker", "server" }));
        Assert.That(missing.Select(finding => finding.GetProperty("remedy").GetString()), Has.All.Not.Empty);
        Assert.That(output + error, Does.Not.Contain("canary"));
    }
}
