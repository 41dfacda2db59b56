using System.Formats.Tar;
using System.Text.Json;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Wire;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;

namespace Spark.Temporal.Tests.EndToEnd.RealAgents;

/// <summary>A worker with the shipped agents, installed from npm into real containers, and a stand-in for their models.</summary>
internal sealed class RealAgentRig : IAsyncDisposable
{
    /// <summary>A key that must reach the stand-in and no container.</summary>
    public const string Key = "sk-canary-real-agents-4711";

    /// <summary>A line of the skill that stands nowhere else.</summary>
    public const string SkillLine = "Numbers of this house are written without a full stop after them.";

    private readonly string _prefix = $"real-agents-{Guid.NewGuid().ToString("n")[..8]}-";
    private readonly Dictionary<string, string> _variables;
    private readonly NpmMirror _mirror;
    private readonly ProcessMark _worker;
    private int _runs;

    private RealAgentRig(TemporaryFolder folder, AgentStandIn model, NpmMirror mirror, Dictionary<string, string> variables, ITemporalClient client)
    {
        (Folder, Model, _mirror, _variables, Client) = (folder, model, mirror, variables, client);
        _variables["SPARK_QUEUE_PREFIX"] = _prefix;
        Folder.Write("settings.json", JsonSerializer.Serialize(new
        {
            Llm = new { Prices = new[] { new { Model = "*", Prompt = 1, Completion = 10 } } },
            Agents = new
            {
                Anthropic = new { BaseUrl = model.Root, KeyVariable = "OPENAI_API_KEY" },
                Gemini = new { BaseUrl = model.Root, KeyVariable = "OPENAI_API_KEY" },
                InstallEnv = new Dictionary<string, string> { ["npm_config_registry"] = mirror.Address },
            },
        }));
        Folder.Write("task/task.toml", "version = \"1.0\"\n[agent]\ntimeout_sec = 240\n[verifier]\ntimeout_sec = 60\n[environment]\nmemory_mb = 2048\n");
        Folder.Write("task/instruction.md", "Write 42 to /answer. Look at your skill for numbers first.\n");
        Folder.Write("task/environment/Dockerfile", "FROM debian:bookworm-slim\nLABEL spark.test=real-agents\nWORKDIR /work\n");
        Folder.Write("task/tests/test.sh", "#!/bin/bash\nif [ \"$(cat /answer 2>/dev/null)\" = 42 ]; then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n");
        _worker = DetachedProcess.Start(
            Path.Combine(AppContext.BaseDirectory, "spark-worker"),
            ["--settings", Folder["settings.json"]],
            Folder["worker.log"],
            new Dictionary<string, string?>(variables.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)))
            {
                ["OPENAI_BASE_URL"] = $"{model.Root}/v1",
                ["OPENAI_API_KEY"] = Key,
                ["SPARK_STATE_FOLDER"] = Folder["state"],
                ["SPARK_ARTIFACT_FOLDER"] = Folder["artifacts"],
            });
    }

    public TemporaryFolder Folder { get; }

    public AgentStandIn Model { get; }

    public ITemporalClient Client { get; }

    public string WorkerLog => File.Exists(Folder["worker.log"]) ? File.ReadAllText(Folder["worker.log"]) : "";

    public static async Task<RealAgentRig> StartAsync()
    {
        Requires.Docker();
        var folder = new TemporaryFolder();
        var mirror = await NpmMirror.StartAsync(folder["mirror.log"]);
        var client = await TemporalServer.ClientAsync();
        return new RealAgentRig(folder, await AgentStandIn.StartAsync(Key), mirror, await TemporalServer.VariablesAsync(), new TemporalClient(client.Connection, new()
        {
            Namespace = client.Options.Namespace,
            DataConverter = SparkConverter.Plain,
        }));
    }

    /// <summary>Starts a trial.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="model">Its model.</param>
    /// <param name="skills">Whether it gets the skill.</param>
    /// <param name="waitUnitSec">The minute of its waits, in seconds.</param>
    /// <param name="budgetTokens">Tokens it may use; null for no limit.</param>
    public async Task<WorkflowHandle<AttemptWorkflow, AttemptResult>> StartAsync(string agent, string model, bool skills = true, double waitUnitSec = 60, long? budgetTokens = null)
    {
        var input = new AttemptInput
        {
            TaskDir = Folder["task"],
            Agent = agent,
            Model = new ModelChoice(Name: model),
            OutDir = Folder["out"],
            Limits = new AttemptLimits { WaitUnitSec = waitUnitSec },
            Skills = skills ? await SkillAsync() : null,
            BudgetTokens = budgetTokens,
        };
        return await Client.StartWorkflowAsync((AttemptWorkflow attempt) => attempt.RunAsync(input), new WorkflowOptions($"{_prefix}{agent}-{++_runs}", _prefix + TaskQueues.Workflows));
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.StopAsync(ProcessMark.Kill, TimeSpan.FromSeconds(10));
        await _mirror.DisposeAsync();
        await Model.DisposeAsync();
        Folder.Dispose();
    }

    private async Task<ArtifactRef> SkillAsync()
    {
        var text = $"---\nname: house-numbers\ndescription: How numbers are written in this house, to be read before any number is written\n---\n\n# House numbers\n\n{SkillLine}\n";
        using var buffer = new MemoryStream();
        await using (var tar = new TarWriter(buffer, TarEntryFormat.Pax, leaveOpen: true))
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, "house-numbers") { Mode = (UnixFileMode)0b111_101_101 });
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "house-numbers/SKILL.md")
            {
                Mode = (UnixFileMode)0b110_100_100, DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)),
            });
        }

        return await new FileArtifactStore(Folder["artifacts"]).PutBytesAsync(buffer.ToArray(), MediaTypes.Tar, CancellationToken.None);
    }
}
