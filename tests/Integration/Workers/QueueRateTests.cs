using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Wire;
using Spark.Temporal.Workers;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Workers;

/// <summary>Requests a minute of a model profile: kept by the server, set by settings and by people.</summary>
[Category("Server")]
public sealed class QueueRateTests
{
    [Test]
    public async Task The_server_keeps_to_a_rate_and_a_new_one_holds_while_runs_go_on()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var queue = deployment.Prefix + TaskQueues.Llm("default");
        deployment.World.Reply = (_, call, _) => call < 40 ? $"$ step {call}" : "Done.";
        var calls = new ConcurrentQueue<TimeSpan>();
        deployment.World.Before = (call, _) =>
        {
            if (call.StartsWith("llm:", StringComparison.Ordinal))
            {
                calls.Enqueue(Stopwatch.GetElapsedTime(0));
            }

            return Task.CompletedTask;
        };
        await QueueRates.SetAsync(deployment.Client, queue, 60, "test", CancellationToken.None);
        var set = await QueueRates.ReadAsync(deployment.Client, queue, CancellationToken.None);
        var attempt = await deployment.Client.StartWorkflowAsync(
            (AttemptWorkflow run) => run.RunAsync(new AttemptInput { TaskDir = "/tasks/answer", Agent = AgentNames.Terminal }), deployment.Options("attempt"));
        await Eventually.IsTrueAsync(() => Task.FromResult(calls.Count >= 5), "five calls");
        var first = calls.ToList();

        await QueueRates.SetAsync(deployment.Client, queue, null, "test", CancellationToken.None);
        await attempt.GetResultAsync();
        var later = calls.Skip(first.Count).ToList();
        var quickest = later.Zip(later.Skip(4), (from, to) => to - from).Min();

        Assert.Multiple(() =>
        {
            Assert.That((set.PerMinute, set.Reason), Is.EqualTo((60.0, "test")));
            Assert.That(first[4] - first[0], Is.GreaterThan(TimeSpan.FromSeconds(2.5)), "one a second");
            Assert.That(calls, Has.Count.EqualTo(40));
            Assert.That(quickest, Is.LessThan(first[4] - first[0]), "five calls at the old rate take longer");
        });
    }

    [Test]
    public async Task A_worker_applies_its_settings_and_leaves_alone_what_a_person_set()
    {
        using var folder = new TemporaryFolder();
        var client = await TemporalServer.NewNamespaceAsync();
        var queue = TaskQueues.Llm("cheap");
        using (await WorkerAsync(folder, client, "90"))
        {
            await Eventually.IsTrueAsync(
                async () => (await QueueRates.ReadAsync(client, queue, CancellationToken.None)).PerMinute == 90, "the settings hold");
        }

        await QueueRates.SetAsync(client, queue, 12, "the provider is slow tonight", CancellationToken.None);
        using (await WorkerAsync(folder, client, "90", "30"))
        {
            await Eventually.IsTrueAsync(
                async () => (await QueueRates.ReadAsync(client, TaskQueues.Llm("other"), CancellationToken.None)).PerMinute == 30, "the worker is through");
        }

        var kept = await QueueRates.ReadAsync(client, queue, CancellationToken.None);
        Assert.That((kept.PerMinute, kept.Reason), Is.EqualTo((12.0, "the provider is slow tonight")));
    }

    [Test]
    public async Task A_person_sets_and_sees_it_from_the_command_line()
    {
        using var folder = new TemporaryFolder();
        var client = await TemporalServer.NewNamespaceAsync();
        Task<(int ExitCode, string Output, string Error)> SparkAsync(params string[] arguments) => SparkProcess.RunAsync(
            arguments,
            folder.Path,
            new Dictionary<string, string> { ["TEMPORAL_ADDRESS"] = client.Connection.Options.TargetHost!, ["TEMPORAL_NAMESPACE"] = client.Options.Namespace });

        var set = await SparkAsync("limits", "set", "cheap", "--rpm", "120", "--reason", "night rate", "--json");
        var shown = await SparkAsync("limits", "show", "cheap", "default");
        var taken = await SparkAsync("limits", "set", "cheap", "--rpm", "none", "--json");
        var wrong = await SparkAsync("limits", "set", "cheap", "--rpm", "-1");

        var limit = JsonDocument.Parse(set.Output).RootElement[0];
        Assert.Multiple(() =>
        {
            Assert.That(limit.GetProperty("requests_per_minute").GetDouble(), Is.EqualTo(120));
            Assert.That(limit.GetProperty("queue").GetString(), Is.EqualTo("llm-cheap"));
            Assert.That(shown.Output, Does.Contain("cheap  120 requests a minute").And.Contain("night rate").And.Contain("default  no limit"));
            Assert.That(JsonDocument.Parse(taken.Output).RootElement[0].TryGetProperty("requests_per_minute", out _), Is.False);
            Assert.That((wrong.ExitCode, wrong.Error), Is.EqualTo((2, "spark: --rpm is a number above 0, at most 1000000, or 'none'; it was '-1'.\n")));
        });
    }

    private static async Task<IHost> WorkerAsync(TemporaryFolder folder, ITemporalClient client, string cheap, string? other = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Worker:Roles"] = "llm",
            ["Worker:ArtifactFolder"] = folder["store"],
            ["Worker:StateFolder"] = folder["state"],
            ["Worker:GracefulShutdownSec"] = "0",
            ["Llm:Profiles:cheap:BaseUrl"] = "http://127.0.0.1:9/v1",
            ["Llm:Profiles:cheap:RequestsPerMinute"] = cheap,
            ["Llm:Profiles:other:BaseUrl"] = "http://127.0.0.1:9/v1",
            ["Llm:Profiles:other:RequestsPerMinute"] = other,
        });
        builder.Services.AddSingleton(client);
        builder.Services.AddSparkWorkers(builder.Configuration);
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}
