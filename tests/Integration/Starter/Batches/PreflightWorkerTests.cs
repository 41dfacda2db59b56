using System.Diagnostics;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Batches;

/// <summary>The same with a server and a worker of the command's own, and endpoints on real connections.</summary>
[Category("Server"), Category("Slow")]
public sealed class PreflightWorkerTests
{
    private const string Key = "canary-key-for-preflight";

    [OneTimeSetUp]
    public void NeedServer() => Requires.Command("temporal");

    [TestCase(401, "Incorrect API key provided.", "answered 401", "Incorrect API key provided.", "set the right key in the worker's environment")]
    [TestCase(404, "The model 'gpt' does not exist.", "answered 404", "The model 'gpt' does not exist.", "Check the model's name")]
    [TestCase(200, "<html>log in</html>", "answered 200", "It is a web page and no reply of a model", "Check Llm:Profiles:default:BaseUrl")]
    [TestCase(0, "", "127.0.0.1", "refused", "check that the endpoint is up")]
    public async Task A_command_ends_at_once_with_the_words_of_the_endpoint_and_a_remedy(int status, string reply, params string[] words)
    {
        using var folder = new TemporaryFolder();
        await using var model = await FakeModelServer.StartAsync();
        model.Script = _ => status == 200 ? new FakeReply { Body = reply } : FakeReply.Error(status, reply);
        var address = status == 0 ? $"http://127.0.0.1:{DevServer.FreePort()}/v1" : model.BaseUrl;
        var variables = new Dictionary<string, string> { ["OPENAI_BASE_URL"] = address, ["OPENAI_API_KEY"] = Key };
        string[] run = ["skills", "run", "--tasks-dir", BatchFiles.Tasks(folder["tasks"], "one"), "--out", folder["out"], "--model", "gpt", "--batch", "night"];

        var clock = Stopwatch.StartNew();
        var (code, output, error) = await SparkProcess.RunAsync(run, folder.Path, variables);

        Assert.Multiple(() =>
        {
            Assert.That((code, output), Is.EqualTo((1, "")), error);
            Assert.That(words.Where(part => !error.Contains(part, StringComparison.Ordinal)), Is.Empty, error);
            Assert.That(error, Does.Contain("model gpt (profile default): ").And.Contain("Nothing was started."));
            Assert.That(error, Does.Not.Contain(Key));
            Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(90)), "server and worker are started and stopped within it");
            Assert.That(model.Requests, Has.Count.EqualTo(status == 0 ? 0 : 1));
            Assert.That(model.Requests.Select(request => request.Purpose), Has.All.EqualTo("probe"));
            Assert.That(File.Exists(folder["out/batches/night/results.jsonl"]), Is.False);
        });
    }

    [Test]
    public async Task The_key_is_the_one_of_the_workers_file()
    {
        using var folder = new TemporaryFolder();
        await using var model = await FakeModelServer.StartAsync();
        model.Script = request => request.Header("Authorization") == $"Bearer {Key}" ? FakeReply.Text("OK") : FakeReply.Error(401, "Incorrect API key provided.");
        folder.Write(".env", $"OPENAI_API_KEY={Key}\nOPENAI_BASE_URL={model.BaseUrl}\n");
        string[] create =
        [
            "tasks", "create", "--prompt-file", Path.Combine(AppContext.BaseDirectory, "samples", "prompts"), "--limit", "1", "--model", "gpt", "--out", folder["out"], "--schema-retries", "0",
        ];

        var (code, _, error) = await SparkProcess.RunAsync(create, folder.Path);

        Assert.That(error, Does.Not.Contain("preflight"), $"{code}");
        Assert.That(model.Requests.Select(request => request.Purpose).Take(2), Is.EqualTo(new[] { "probe", "blueprint" }));
    }

    [Test]
    public async Task With_spark_up_the_key_and_address_of_its_worker_count()
    {
        using var folder = new TemporaryFolder();
        await using var model = await FakeModelServer.StartAsync();
        var state = new StateFolder(folder[".spark"]);
        var worker = new Dictionary<string, string> { ["OPENAI_BASE_URL"] = model.BaseUrl, ["OPENAI_API_KEY"] = Key };
        using var up = SparkProcess.Start(["up", "--port", $"{DevServer.FreePort()}", "--ui-port", $"{DevServer.FreePort()}"], folder.Path, worker);
        await Eventually.IsTrueAsync(() => Task.FromResult(state.Read()?.Worker is not null), "server and worker are up", TimeSpan.FromMinutes(1));
        string[] create = ["tasks", "create", "--prompt-file", Path.Combine(AppContext.BaseDirectory, "samples", "prompts"), "--limit", "1", "--model", "gpt", "--out", folder["out"], "--detach"];

        var good = await SparkProcess.RunAsync(create, folder.Path, new Dictionary<string, string> { ["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1", ["OPENAI_API_KEY"] = "another" });
        model.Script = _ => FakeReply.Error(401, "Incorrect API key provided.");
        var bad = await SparkProcess.RunAsync(create, folder.Path);
        ProcessMark.Of(up.Id)!.Signal(ProcessMark.Terminate);
        await up.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Multiple(() =>
        {
            Assert.That(good.ExitCode, Is.Zero, good.Error);
            Assert.That((model.Requests[0].Purpose, model.Requests[0].Header("Authorization")), Is.EqualTo(("probe", $"Bearer {Key}")));
            Assert.That((bad.ExitCode, bad.Output), Is.EqualTo((1, "")), bad.Error);
            Assert.That(bad.Error, Does.Contain("answered 401").And.Contain("Nothing was started."));
        });
    }
}
