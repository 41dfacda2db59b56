using System.Net;
using System.Text.Json;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Dashboard;

/// <summary><c>spark dashboard</c> as a process: it says where it is, serves, and ends when it is told to.</summary>
[Category("Server")]
public sealed class DashboardProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Test]
    public async Task It_serves_its_page_and_its_events_until_it_is_stopped()
    {
        var variables = await TemporalServer.VariablesAsync();
        var port = $"{DevServer.FreePort()}";
        using var command = SparkProcess.Start(["dashboard", "Night Shift", "--port", port], null, variables);
        try
        {
            var address = await command.StandardOutput.ReadLineAsync().WaitAsync(Patience);
            Assert.That(address, Is.EqualTo($"http://127.0.0.1:{port}/#/batch/night-shift"));

            using var http = new HttpClient { Timeout = Patience };
            Assert.That(await http.GetStringAsync(address), Does.Contain("<main id=\"main\""));
            using var events = new StreamReader(await http.GetStreamAsync($"http://127.0.0.1:{port}/events?view=batch&id=night-shift"));
            Assert.That(await SnapshotAsync(events), Has.Property("View").EqualTo("problem").And.Property("Problem").Contains("no batch 'night-shift'"));

            var second = await SparkProcess.RunAsync(["dashboard", "--port", port, "--json"], null, variables);
            Assert.That(second.ExitCode, Is.EqualTo(1));
            Assert.That(JsonDocument.Parse(second.Output).RootElement.GetProperty("error").GetProperty("message").GetString(), Does.Contain($"port {port}").And.Contain("choose another --port"));

            // As Ctrl-C, which a test run in the background may pass on as ignored. A page that is open does not hold it up.
            ProcessMark.Of(command.Id)!.Signal(ProcessMark.Terminate);
            await command.WaitForExitAsync().WaitAsync(Patience);
            Assert.That(command.ExitCode, Is.Zero, await command.StandardError.ReadToEndAsync());
            Assert.That(async () => await http.GetAsync($"http://127.0.0.1:{port}/"), Throws.InstanceOf<HttpRequestException>());
        }
        finally
        {
            command.Kill();
        }
    }

    [Test]
    public async Task A_token_is_printed_in_the_address_and_nowhere_else()
    {
        var port = $"{DevServer.FreePort()}";
        using var command = SparkProcess.Start(["dashboard", "--port", port, "--bind", "0.0.0.0"], null, await TemporalServer.VariablesAsync());
        try
        {
            var address = (await command.StandardOutput.ReadLineAsync().WaitAsync(Patience))!;
            using var http = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() }) { Timeout = Patience };
            using var without = await http.GetAsync($"http://127.0.0.1:{port}/events");
            var page = await http.GetStringAsync(address);
            ProcessMark.Of(command.Id)!.Signal(ProcessMark.Terminate);
            await command.WaitForExitAsync().WaitAsync(Patience);
            var token = address.Split("token=")[1];

            Assert.Multiple(async () =>
            {
                Assert.That(without.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
                Assert.That(page, Does.Contain("<main id=\"main\"").And.Not.Contains(token), "the cookie opens it where the address led");
                Assert.That(await command.StandardError.ReadToEndAsync() + await command.StandardOutput.ReadToEndAsync(), Does.Not.Contain(token));
            });
        }
        finally
        {
            command.Kill();
        }
    }

    private static async Task<Shown> SnapshotAsync(StreamReader events)
    {
        string? line;
        do
        {
            line = await events.ReadLineAsync().WaitAsync(Patience);
        }
        while (line is not null && !line.StartsWith("data: ", StringComparison.Ordinal));
        return JsonSerializer.Deserialize<Shown>(line!["data: ".Length..], JsonSerializerOptions.Web)!;
    }

    private sealed record Shown(string View, string Problem);
}
