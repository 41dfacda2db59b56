using System.Formats.Tar;
using System.Text.Json;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Wire;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.EndToEnd.Faults;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;

namespace Spark.Temporal.Tests.EndToEnd;

/// <summary>
/// A worker process with an agent of our own in its folder, and a model behind it. The agent is a shell script that the
/// description installs: it asks the model over plain HTTP, prints events, does what the model says, and writes its numbers.
/// </summary>
internal sealed class AgentRig : IAsyncDisposable
{
    /// <summary>A key that must turn up nowhere but in the model's requests.</summary>
    public const string Key = "sk-canary-installed-agent-77";

    private const string Description =
        """
        name: talker
        api: openai
        kwargs: {mood: plain}
        install:
          timeout_sec: 60
          steps:
            - user: root
              script: |
                cat > /usr/local/bin/talker <<'EOF'
                #!/bin/bash
                # talker FILE MOOD: asks the model once and runs the command that it answers.
                if [ "$1" = --version ]; then echo "talker 1.2.3"; exit; fi
                echo started >> /talker-starts
                echo '{"event":"hello","mood":"'"$2"'"}'
                address=${TALKER_URL#http://} host=${address%%/*} path=/${address#*/}
                body='{"model":"'"$TALKER_MODEL"'","messages":[{"role":"user","content":"'"$(head -n 1 "$1")"'"}]}'
                exec 3<> "/dev/tcp/${host%:*}/${host#*:}"
                printf 'POST %s/chat/completions HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s' "$path" "$host" "$TALKER_TOKEN" "${#body}" "$body" >&3
                reply=$(cat <&3)
                command=$(printf %s "$reply" | grep -o 'RUN [^"\\]*' | head -n 1)
                command=${command#RUN }
                output=$(eval "$command" 2>&1)
                code=$?
                printf '{"event":"ran","command":"%s","output":"%s","code":%s}\n' "$command" "$output" "$code"
                echo '{"event":"said","text":"I did it."}'
                echo '{"total":{"in":11,"out":3,"usd":0.5}}' > /logs/agent/talker.json
                exit 3
                EOF
                chmod 755 /usr/local/bin/talker
          version: [talker, --version]
        run:
          instruction: file
          argv: [talker, "{instruction_file}", "{mood}"]
          env:
            TALKER_TOKEN: "{token}"
            TALKER_URL: "{openai_url}"
            TALKER_MODEL: "{model}"
          files:
            ~/.talker/config: "model = {model}\n"
        skills: [~/.talker/skills]
        events:
          from: output
          rules:
            - when: {event: ran}
              command: command
              observation: output
              exit_code: code
            - when: {event: said}
              text: text
        usage:
          from: /logs/agent/talker.json
          prompt: [total.in]
          completion: [total.out]
          cost_usd: [total.usd]

        """;

    private readonly string _prefix = $"agents-{Guid.NewGuid().ToString("n")[..8]}-";
    private readonly Dictionary<string, string> _variables;
    private readonly List<string> _runs = [];
    private ProcessMark? _worker;

    private AgentRig(FakeModelServer model, Dictionary<string, string> variables, ITemporalClient client)
    {
        (Model, _variables, Client) = (model, variables, client);
        Folder.Write("agents/talker.yaml", Description);
        Folder.Write("agents/sleeper.yaml", "name: sleeper\napi: none\nrun:\n  argv: [sh, -c, 'echo asleep; sleep 300']\n");
        Folder.Write("agents/broken.yaml", "name: broken\napi: none\ninstall:\n  steps:\n    - {user: root, script: 'echo no such package; exit 9'}\nrun:\n  argv: [broken]\n");
        Folder.Write("settings.json", """{"Llm":{"Prices":[{"Model":"talkative","Prompt":1000,"Completion":1000}]}}""");
        Folder.Write("task/task.toml", "version = \"1.0\"\n[agent]\ntimeout_sec = 60\n[verifier]\ntimeout_sec = 60\n[environment]\nmemory_mb = 256\n");
        Folder.Write("task/instruction.md", "Write 42 to /answer.\n");
        Folder.Write("task/environment/Dockerfile", $"FROM debian:bookworm-slim\nLABEL {FaultTask.Label}\n");
        Folder.Write("task/tests/test.sh", "#!/bin/bash\nif [ \"$(cat /answer 2>/dev/null)\" = 42 ]; then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n");
    }

    public TemporaryFolder Folder { get; } = new();

    public FakeModelServer Model { get; }

    public ITemporalClient Client { get; }

    public string WorkerLog => File.Exists(Folder["worker.log"]) ? File.ReadAllText(Folder["worker.log"]) : "";

    /// <summary>Variables for a command that uses this worker.</summary>
    public Dictionary<string, string> Variables => new(_variables) { ["SPARK_QUEUE_PREFIX"] = _prefix };

    public static async Task<AgentRig> StartAsync()
    {
        Requires.Docker();
        var client = await TemporalServer.ClientAsync();
        var rig = new AgentRig(await FakeModelServer.StartAsync(), await TemporalServer.VariablesAsync(), new TemporalClient(client.Connection, new()
        {
            Namespace = client.Options.Namespace,
            DataConverter = SparkConverter.Plain,
        }));
        rig.StartWorker();
        return rig;
    }

    public void StartWorker() => _worker = DetachedProcess.Start(
        Path.Combine(AppContext.BaseDirectory, "spark-worker"),
        ["--settings", Folder["settings.json"]],
        Folder["worker.log"],
        new Dictionary<string, string?>(Variables.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)))
        {
            ["OPENAI_BASE_URL"] = Model.BaseUrl,
            ["OPENAI_API_KEY"] = Key,
            ["SPARK_AGENTS__FOLDER"] = Folder["agents"],
            ["SPARK_STATE_FOLDER"] = Folder["state"],
            ["SPARK_ARTIFACT_FOLDER"] = Folder["artifacts"],
        });

    /// <summary>A skill as evaluations hand it over.</summary>
    public async Task<ArtifactRef> SkillAsync()
    {
        using var buffer = new MemoryStream();
        await using (var tar = new TarWriter(buffer, TarEntryFormat.Pax, leaveOpen: true))
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, "count") { Mode = (UnixFileMode)0b111_101_101 });
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "count/SKILL.md")
            {
                Mode = (UnixFileMode)0b110_100_100, DataStream = new MemoryStream("how to count"u8.ToArray()),
            });
        }

        return await new FileArtifactStore(Folder["artifacts"]).PutBytesAsync(buffer.ToArray(), MediaTypes.Tar, CancellationToken.None);
    }

    /// <summary>kill -9.</summary>
    public async Task KillWorkerAsync()
    {
        _worker!.Signal(ProcessMark.Kill);
        await _worker.ExitedAsync(CancellationToken.None);
    }

    public async Task<WorkflowHandle<AttemptWorkflow, AttemptResult>> StartAttemptAsync(
        string agent, double timeoutMultiplier = 1, double waitUnitSec = 60, IReadOnlyDictionary<string, string>? kwargs = null, ArtifactRef? skills = null,
        string modelName = "talkative", double? budgetUsd = null)
    {
        var id = $"{_prefix}attempt-{_runs.Count}";
        _runs.Add(id);
        var model = new ModelChoice(Name: modelName);
        return await Client.StartWorkflowAsync(
            (AttemptWorkflow attempt) => attempt.RunAsync(new AttemptInput
            {
                TaskDir = Folder["task"],
                Agent = agent,
                AgentKwargs = kwargs,
                Model = model,
                OutDir = Folder["out"],
                Limits = new AttemptLimits { TimeoutMultiplier = timeoutMultiplier, WaitUnitSec = waitUnitSec },
                Skills = skills,
                BudgetUsd = budgetUsd,
            }),
            new WorkflowOptions(id, _prefix + TaskQueues.Workflows));
    }

    /// <summary>The run's container; waits until it is there.</summary>
    public async Task<string> ContainerAsync(WorkflowHandle<AttemptWorkflow, AttemptResult> attempt)
    {
        var found = "";
        var ended = attempt.GetResultAsync();
        await Eventually.IsTrueAsync(
            () => Task.FromResult(ended.IsCompleted || (found = FaultRig.Docker("ps", "-q", "--filter", $"label=spark.run={attempt.Id}").Trim()).Length > 0),
            $"a container of {attempt.Id}; the worker says:\n{WorkerLog}",
            TimeSpan.FromMinutes(2));
        return found.Length > 0 ? found : throw new AssertionException($"it ended at once: {(await ended).Error}");
    }

    public static string In(string container, string script) => FaultRig.Docker("exec", container, "sh", "-c", script);

    public async ValueTask DisposeAsync()
    {
        if (_worker is { } worker)
        {
            await worker.StopAsync(ProcessMark.Kill, TimeSpan.FromSeconds(10));
        }

        foreach (var container in _runs.SelectMany(run => FaultRig.Docker("ps", "-aq", "--filter", $"label=spark.run={run}").Split('\n', StringSplitOptions.RemoveEmptyEntries)))
        {
            FaultRig.Docker("rm", "-f", container);
        }

        await Model.DisposeAsync();
        Folder.Dispose();
    }

    public static JsonElement Json(params string[] path) => JsonDocument.Parse(File.ReadAllText(Path.Combine(path))).RootElement;
}
