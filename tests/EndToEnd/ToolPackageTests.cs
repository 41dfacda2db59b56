using System.Diagnostics;
using System.IO.Compression;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Wire;

namespace Spark.Temporal.Tests.EndToEnd;

/// <summary>The .NET tool <c>spark</c>: packed, installed from a folder as its only source, and run.</summary>
[Category("Slow")]
public sealed class ToolPackageTests
{
    // What the public feed takes.
    private const long LargestPackage = 250_000_000;

    private static readonly TimeSpan PackPatience = TimeSpan.FromMinutes(20);

    private TemporaryFolder _folder = null!;

    private string Spark => _folder["tool/spark"];

    [OneTimeSetUp]
    public async Task PackAndInstallAsync()
    {
        _folder = new TemporaryFolder();

        // Servers of the compiler would outlive the test, and hold its output open.
        var quiet = new Dictionary<string, string?> { ["MSBUILDDISABLENODEREUSE"] = "1", ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0", ["DOTNET_NOLOGO"] = "1" };
        await ProgramRun.OutputAsync(
            "dotnet",
            [
                "pack", Path.Combine(Checkout.Root, "starter"), "-c", "Release", "-o", _folder["packages"], "--artifacts-path", _folder["build"],
                "-p:NuGetAudit=false", "-p:UseSharedCompilation=false", "-v", "q",
            ],
            environment: quiet,
            patience: PackPatience);

        var sources = _folder.Write("nuget.config", """
            <configuration>
              <packageSources>
                <clear />
                <add key="local" value="packages" />
              </packageSources>
            </configuration>
            """);
        await ProgramRun.OutputAsync(
            "dotnet",
            ["tool", "install", "Spark.Temporal.Tool", "--tool-path", _folder["tool"], "--configfile", sources, "--add-source", _folder["packages"]],
            _folder.Path,
            quiet);
    }

    [OneTimeTearDown]
    public void Remove() => _folder?.Dispose();

    [Test]
    public void The_package_says_what_it_is()
    {
        var package = Directory.GetFiles(_folder["packages"]).Single();
        using var zip = ZipFile.OpenRead(package);
        using var reader = new StreamReader(zip.GetEntry("Spark.Temporal.Tool.nuspec")!.Open());
        var description = reader.ReadToEnd();

        Assert.Multiple(() =>
        {
            Assert.That(Path.GetFileName(package), Is.EqualTo($"Spark.Temporal.Tool.{ProductVersion.Number}.nupkg"));
            Assert.That(new FileInfo(package).Length, Is.LessThan(LargestPackage));
            Assert.That(description, Does.Contain("<license type=\"expression\">Apache-2.0</license>").And.Contain("<readme>README.md</readme>"));
            Assert.That(zip.Entries.Select(entry => entry.FullName), Is.SupersetOf(new[] { "README.md", "LICENSE", "NOTICE" }));
            Assert.That(zip.Entries.GroupBy(entry => entry.FullName).Where(entry => entry.Count() > 1).Select(entry => entry.Key), Is.Empty);
        });
    }

    [Test]
    public async Task The_command_and_its_worker_have_the_version_of_the_build()
    {
        var worker = Directory.GetFiles(_folder["tool"], "spark-worker.dll", SearchOption.AllDirectories).Single();
        var versions = new[] { await ProgramRun.OutputAsync(Spark, ["--version"]), await ProgramRun.OutputAsync("dotnet", [worker, "--version"]) };

        Assert.That(versions, Has.All.StartsWith(ProductVersion.Number));
    }

    [Test]
    public async Task Its_parts_are_found()
    {
        var doctor = await ProgramRun.RunAsync(Spark, ["doctor"], _folder.Path);
        var demo = await ProgramRun.OutputAsync(Spark, ["demo", "--help"], _folder.Path);

        Assert.That(doctor.Output, Does.Match(@"(?m)^ok +worker +\S+spark-worker\.dll$"), doctor.Error);
        Assert.That(demo, Does.Contain("spark demo"));
    }

    [Test, Category("Server")]
    public async Task Spark_up_starts_its_worker()
    {
        Requires.Command("temporal");
        var healthPort = DevServer.FreePort();
        var start = Signals.Heard(Spark, ["up", "--port", $"{DevServer.FreePort()}", "--ui-port", $"{DevServer.FreePort()}"]);
        start.WorkingDirectory = Directory.CreateDirectory(_folder["up"]).FullName;

        // No engine is needed for these.
        start.Environment["SPARK_ROLES"] = "workflows,llm";
        start.Environment["SPARK_HEALTH_PORT"] = $"{healthPort}";
        start.Environment.Remove("SPARK_WORKER");
        using var up = Process.Start(start)!;
        try
        {
            using var http = new HttpClient();
            await Eventually.IsTrueAsync(
                async () => (await http.GetStringAsync($"http://127.0.0.1:{healthPort}/health")).Contains("spark-workflows", StringComparison.Ordinal),
                "its worker is healthy",
                TimeSpan.FromMinutes(2));
        }
        finally
        {
            ProcessMark.Of(up.Id)?.Signal(ProcessMark.Interrupt);
            await up.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        }
    }
}
