using System.Diagnostics;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Workers;

public sealed class WorkerProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [TestCase("--roles", "web", "spark-worker: Worker:Roles: 'web' is not a role")]
    [TestCase("--rolse", "llm", "spark-worker: --rolse is not an option")]
    [TestCase("--Llm:Profiles:x:BaseUrl", "nonsense", "Llm:Profiles:x:BaseUrl")]
    [TestCase("--Sandbox:PidsLimit", "1", "Sandbox:PidsLimit")]
    public async Task Does_not_start_with_a_wrong_setting(string option, string value, string message)
    {
        using var folder = new TemporaryFolder();
        using var worker = Start(folder, "127.0.0.1:9", option, value);
        var error = worker.StandardError.ReadToEndAsync();
        var output = worker.StandardOutput.ReadToEndAsync();
        await worker.WaitForExitAsync().WaitAsync(Patience);

        Assert.That(worker.ExitCode, Is.EqualTo(2), await output);
        Assert.That(await error, Does.Contain(message));
    }

    [Test]
    public async Task Ends_with_an_error_when_no_server_answers()
    {
        using var folder = new TemporaryFolder();
        using var worker = Start(folder, "127.0.0.1:9");
        var error = worker.StandardError.ReadToEndAsync();
        await worker.WaitForExitAsync().WaitAsync(Patience);

        Assert.That(worker.ExitCode, Is.EqualTo(1));
        Assert.That(await error, Does.StartWith("spark-worker: no Temporal server answers at 127.0.0.1:9"));
    }

    [Test, Category("Server")]
    public async Task Stops_in_order_when_it_is_told_to()
    {
        using var folder = new TemporaryFolder();
        var address = await TemporalServer.AddressAsync();
        var port = DevServer.FreePort();
        using var worker = Start(folder, address, "--health-port", $"{port}", "--Worker:GracefulShutdownSec", "1");
        var output = worker.StandardOutput.ReadToEndAsync();
        using var http = new HttpClient();
        await Eventually.IsTrueAsync(
            async () => (await http.GetStringAsync($"http://127.0.0.1:{port}/health")).Contains("spark-workflows", StringComparison.Ordinal), "it is healthy");

        ProcessMark.Of(worker.Id)!.Signal(ProcessMark.Terminate);
        await worker.WaitForExitAsync().WaitAsync(Patience);

        Assert.That(worker.ExitCode, Is.EqualTo(0), await output);
    }

    private static Process Start(TemporaryFolder folder, string address, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "spark-worker"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder.Path,
        };
        start.Environment["TEMPORAL_ADDRESS"] = address;

        // A namespace without runs: this worker must not take the tasks of other tests.
        start.Environment["TEMPORAL_NAMESPACE"] = "default";
        return Process.Start(start)!;
    }
}
