using System.Text.Json;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Wire;

namespace Spark.Temporal.Tests.EndToEnd;

/// <summary>The images that <c>infra/images/build.sh</c> makes, each run once as a user does.</summary>
[Category("Docker")]
[Category("Slow")]
public sealed class ContainerImageTests
{
    private static readonly TimeSpan BuildPatience = TimeSpan.FromMinutes(20);

    private static readonly string Tag = Guid.NewGuid().ToString("n")[..8];

    private static readonly string[] Images = [ImageOf("spark-worker"), ImageOf("spark")];

    [OneTimeSetUp]
    public async Task BuildAsync()
    {
        Requires.Image("debian:bookworm-slim");

        // A server of the compiler would outlive the script, and hold its output open.
        var output = await ProgramRun.OutputAsync(
            Path.Combine(Checkout.Root, "infra", "images", "build.sh"),
            ["--prefix", "spark-test/", "--tag", Tag],
            environment: new Dictionary<string, string?> { ["MSBUILDDISABLENODEREUSE"] = "1", ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0", ["UseSharedCompilation"] = "false" },
            patience: BuildPatience);

        Assert.That(output.Trim().Split('\n'), Is.EqualTo(Images));
    }

    [OneTimeTearDown]
    public Task RemoveAsync() => ProgramRun.RunAsync("docker", ["image", "rm", "-f", .. Images]);

    [TestCase("spark")]
    [TestCase("spark-worker")]
    public async Task Runs_as_nobody_special_and_says_what_it_is(string name)
    {
        var version = await DockerAsync("run", "--rm", "--network", "none", ImageOf(name), "--version");
        var config = JsonDocument.Parse(await DockerAsync("image", "inspect", ImageOf(name), "--format", "{{json .Config}}")).RootElement;
        var labels = config.GetProperty("Labels");
        var variables = config.GetProperty("Env").EnumerateArray().Select(variable => variable.GetString()!.Split('=')[0]);

        Assert.Multiple(() =>
        {
            Assert.That(version, Does.StartWith(ProductVersion.Number));
            Assert.That(config.GetProperty("User").GetString(), Is.EqualTo("10001:10001"));
            Assert.That(labels.GetProperty("org.opencontainers.image.version").GetString(), Is.EqualTo(ProductVersion.Number));
            Assert.That(labels.GetProperty("org.opencontainers.image.licenses").GetString(), Is.EqualTo("Apache-2.0"));
            Assert.That(variables, Is.SubsetOf(new[] { "PATH", "SPARK_HEALTH_PORT", "SPARK_HEALTH_ADDRESS", "DOTNET_EnableDiagnostics" }));
        });
    }

    [Test]
    public async Task The_command_looks_around_in_its_container()
    {
        var doctor = await ProgramRun.RunAsync("docker", ["run", "--rm", "--network", "none", ImageOf("spark"), "doctor"]);

        Assert.That(doctor.Output, Does.Match("(?m)^ok +disk ").And.Match("(?m)^MISSING +docker "), doctor.Error);
    }

    [Test, Category("Server")]
    public async Task The_worker_is_healthy_on_a_server_and_stops_in_order()
    {
        var port = DevServer.FreePort();

        // A namespace without runs: this worker must not take the tasks of other tests.
        var container = (await DockerAsync(
            "run", "-d", "--network", "host",
            "-e", $"TEMPORAL_ADDRESS={await TemporalServer.AddressAsync()}", "-e", "TEMPORAL_NAMESPACE=default",
            "-e", "SPARK_ROLES=workflows,llm", "-e", $"SPARK_HEALTH_PORT={port}", ImageOf("spark-worker"))).Trim();
        try
        {
            using var http = new HttpClient();
            await Eventually.IsTrueAsync(
                async () => (await http.GetStringAsync($"http://127.0.0.1:{port}/health")).Contains("spark-workflows", StringComparison.Ordinal), "it is healthy");
            Assert.That(await DockerAsync("exec", container, "spark-healthcheck"), Does.Contain("200"));

            await DockerAsync("stop", "--time", "60", container);
            Assert.That((await DockerAsync("inspect", container, "--format", "{{.State.ExitCode}}")).Trim(), Is.EqualTo("0"));
        }
        finally
        {
            await ProgramRun.RunAsync("docker", ["rm", "-f", "-v", container]);
        }
    }

    private static string ImageOf(string name) => $"spark-test/{name}:{Tag}";

    private static Task<string> DockerAsync(params string[] arguments) => ProgramRun.OutputAsync("docker", arguments);
}
