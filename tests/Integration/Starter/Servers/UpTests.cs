using System.Text;
using System.Text.Json;
using Spark.Temporal.Wire;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Wire.Encryption;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Starter.Servers;

[Category("Server")]
public sealed class UpTests
{
    [OneTimeSetUp]
    public void NeedServer() => Requires.Command("temporal");

    [Test]
    public async Task Keeps_the_worker_running_and_what_the_server_knows()
    {
        using var folder = new TemporaryFolder();
        string[] arguments = ["up", "--json", "--port", $"{DevServer.FreePort()}", "--ui-port", $"{DevServer.FreePort()}"];
        var state = new StateFolder(folder[".spark"]);

        using (var up = SparkProcess.Start(arguments, folder.Path))
        {
            var record = await UpAsync(state);
            var client = await TemporalClient.ConnectAsync(new(record.Address) { Namespace = record.Namespace });
            await client.StartWorkflowAsync("Unknown", [], new("kept", "nobody"));
            record.Worker!.Signal(ProcessMark.Kill);
            await Eventually.IsTrueAsync(
                () => Task.FromResult(state.Read()?.Worker is { } worker && worker != record.Worker), "the worker runs again");

            var second = await SparkProcess.RunAsync(arguments, folder.Path);
            Assert.That((second.ExitCode, second.Error), Is.EqualTo((1, second.Error)));
            Assert.That(second.Error, Does.Contain("already runs here"));

            var listed = await SparkProcess.RunAsync(["runs", "list", "--json"], folder.Path);
            Assert.That(JsonDocument.Parse(listed.Output).RootElement[0].GetProperty("id").GetString(), Is.EqualTo("kept"), listed.Error);
            await StopAsync(up, state);
        }

        using (var again = SparkProcess.Start(arguments, folder.Path))
        {
            var record = await UpAsync(state);
            var client = await TemporalClient.ConnectAsync(new(record.Address) { Namespace = record.Namespace });
            Assert.That((await client.GetWorkflowHandle("kept").DescribeAsync()).Status.ToString(), Is.EqualTo("Running"));
            await StopAsync(again, state);
        }
    }

    [Test]
    public async Task With_keys_everything_is_encrypted_and_the_web_UI_is_told_who_decodes()
    {
        using var folder = new TemporaryFolder();
        var variables = new Dictionary<string, string> { [EncryptionKeys.Variable] = folder["keys.json"] };
        Assert.That((await SparkProcess.RunAsync(["keys", "new", folder["keys.json"]], folder.Path)).ExitCode, Is.Zero);
        var uiPort = DevServer.FreePort();
        string[] arguments = ["up", "--json", "--port", $"{DevServer.FreePort()}", "--ui-port", $"{uiPort}", "--codec-port", $"{DevServer.FreePort()}"];
        var state = new StateFolder(folder[".spark"]);

        using var up = SparkProcess.Start(arguments, folder.Path, variables);
        var record = await UpAsync(state);
        var keys = EncryptionKeys.Parse(File.ReadAllText(folder["keys.json"]), "keys.json");
        var client = await TemporalClient.ConnectAsync(new(record.Address) { Namespace = record.Namespace, DataConverter = SparkConverter.With(keys) });
        var run = await client.StartWorkflowAsync(
            (AttemptWorkflow attempt) => attempt.RunAsync(new AttemptInput { TaskDir = folder["nowhere"], Agent = AgentNames.Nop }),
            new("sealed", TaskQueues.Workflows) { StaticSummary = "the canary sings" });
        var result = await run.GetResultAsync();

        using var http = new HttpClient();
        var settings = JsonDocument.Parse(await http.GetStringAsync($"{record.UiAddress}/api/v1/settings")).RootElement;
        var codec = settings.GetProperty("Codec").GetProperty("Endpoint").GetString()!;
        var history = await run.FetchHistoryAsync();
        var sealedInput = history.Events.First().WorkflowExecutionStartedEventAttributes.Input.ToString();
        using var question = new HttpRequestMessage(HttpMethod.Post, $"{codec}/decode") { Content = new StringContent(sealedInput, Encoding.UTF8, "application/json") };
        question.Headers.Add("Origin", $"http://localhost:{uiPort}");
        var answer = await (await http.SendAsync(question)).Content.ReadAsStringAsync();
        var data = JsonDocument.Parse(answer).RootElement.GetProperty("payloads")[0].GetProperty("data").GetBytesFromBase64();
        var withKeys = await SparkProcess.RunAsync(["runs", "show", "sealed"], folder.Path, variables);
        var without = await SparkProcess.RunAsync(["runs", "show", "sealed"], folder.Path);
        await StopAsync(up, state);

        Assert.That(string.Concat(history.Events), Does.Contain("encryption-key-id").And.Not.Contain(folder.Path));
        Assert.That(Encoding.UTF8.GetString(data), Does.Contain(folder["nowhere"]));
        Assert.That(result.Error, Does.Contain(folder["nowhere"]));
        Assert.That(withKeys.Output, Does.Contain("the canary sings"), withKeys.Error);
        Assert.That((without.ExitCode, without.Error), Is.EqualTo((1, without.Error)));
        Assert.That(without.Error, Does.Contain($"key '{keys.ActiveId}'").And.Contain("set SPARK_ENCRYPTION_KEYS"));
        Assert.That(Encoding.Latin1.GetString(File.ReadAllBytes(folder[".spark/temporal.db"])), Does.Not.Contain("the canary sings"));
    }

    [Test]
    public async Task A_command_starts_a_server_for_its_own_time_and_the_state_survives()
    {
        using var folder = new TemporaryFolder();

        var first = await SparkProcess.RunAsync(["runs", "list", "--json"], folder.Path);
        var second = await SparkProcess.RunAsync(["runs", "list"], folder.Path);

        Assert.That((first.ExitCode, first.Output.Trim()), Is.EqualTo((0, "[]")), first.Error);
        Assert.That(second.Output, Does.StartWith("started\ttype\tstate"), second.Error);
        Assert.That(File.Exists(folder[".spark/temporal.db"]), Is.True);
        Assert.That(File.Exists(folder[".spark/up.json"]), Is.False);
    }

    private static async Task<UpRecord> UpAsync(StateFolder state)
    {
        await Eventually.IsTrueAsync(() => Task.FromResult(state.Read()?.Worker is not null), "server and worker are up", TimeSpan.FromSeconds(60));
        return state.Read()!;
    }

    private static async Task StopAsync(System.Diagnostics.Process up, StateFolder state)
    {
        var record = state.Read()!;
        ProcessMark.Of(up.Id)!.Signal(ProcessMark.Terminate);
        await up.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.That((record.Server.IsAlive, record.Worker!.IsAlive), Is.EqualTo((false, false)));
    }
}
