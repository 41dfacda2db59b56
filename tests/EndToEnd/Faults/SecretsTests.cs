using System.Text;
using System.Text.Json;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.EndToEnd.Faults;

/// <summary>
/// Secrets are planted wherever a worker meets them, and looked for wherever it leaves something: the product as processes,
/// with a database, real containers and a model that says them too.
/// </summary>
[Category("Server")]
[Category("Docker")]
[Category("Slow")]
[Parallelizable(ParallelScope.All)]
public sealed class SecretsTests
{
    private const string Variable = "canary-variable-71c0aa";
    private const string DotEnv = "canary/dot+env \"83d1bb";
    private const string Setting = "canary-setting-95e2cc";
    private const string Named = "canary-named-a6f3dd";
    private const string Given = "canary-given-to-container-b7";

    /// <summary>Takes the place of the other tests' label, whose images they remove when they please.</summary>
    private const string Label = "spark.test=secrets";

    private static readonly string[] Canaries = [FaultRig.Key, Variable, DotEnv, Setting, Named, Given];

    [OneTimeTearDown]
    public void RemoveImages() => FaultRig.RemoveImages(Label);

    [Test]
    public async Task No_secret_lands_anywhere()
    {
        await using var rig = await FaultRig.StartAsync();
        await using var sink = await OtlpSink.StartAsync(rig.Folder["otlp"]);
        var talk = string.Join(" and ", Canaries);
        var inside = new TaskCompletionSource();
        rig.Model.Script = FaultTask.Model(request => request switch
        {
            // The container is handed one of them on purpose, as tasks with env templates are; it prints that and all others,
            // plain, in base64, in JSON, across lines of a long output, to a log file whose name is one.
            { Purpose: LlmPurposes.Agent, Turn: 0 } => FakeReply.Shell(Script(talk)),
            { Purpose: LlmPurposes.Reflect } => FakeReply.Text(FaultTask.Memo.Replace("is missing.", $"is missing. {talk}")),
            { Purpose: LlmPurposes.Distill } => FakeReply.Text($"{FaultTask.Skill}\n\n{talk}\n"),
            { Purpose: LlmPurposes.Agent, Turn: 1 } => FakeReply.Shell($"echo 42 > /answer # {talk}") with { Until = inside.Task },
            _ => null,
        });
        rig.Model.Then(FakeReply.Error(500, $"an endpoint in trouble that says {talk}"));
        rig.Folder.Write(".env", $"DOTENV_SECRET='{DotEnv}'\n");
        rig.StartWorker(variables: new Dictionary<string, string?>(sink.Variables)
        {
            ["SOME_SERVICE_TOKEN"] = Variable,
            ["ODDLY_CALLED"] = Named,
            ["TASK_PASSWORD"] = Given,
            ["SPARK_SECRET_VARIABLES"] = "ODDLY_CALLED",
            ["SPARK_SANDBOX__TaskEnv__0"] = "TASK_PASSWORD",
            ["SPARK_SETTINGS"] = rig.Folder.Write("settings.json", $$"""{ "Llm": { "Profiles": { "other": { "BaseUrl": "http://127.0.0.1:9/v1", "ApiKey": "{{Setting}}" } } } }"""),
            ["SPARK_LOGGING__LogLevel__Default"] = "Trace",
        });
        var task = FaultTask.Write(rig.Folder, $"LABEL {Label}");
        File.AppendAllText(Path.Combine(task, "task.toml"), "env = { HANDED = \"${TASK_PASSWORD}\" }\n");
        File.AppendAllText(Path.Combine(task, "tests", "test.sh"), $"echo \"$HANDED\"; mkdir -p /logs/verifier; echo \"$HANDED\" > \"/logs/verifier/$HANDED.txt\"; cat /tmp/talk 2>/dev/null\n");

        var run = await rig.StartSkillAsync(task);
        await Eventually.IsTrueAsync(
            () => Task.FromResult(rig.Model.Requests.Any(request => request is { Purpose: LlmPurposes.Agent, Turn: 1 })), () => $"the model is asked again; {rig.WorkerLog}", TimeSpan.FromMinutes(2));
        var commandLines = CommandLines();
        var containers = string.Concat(rig.Containers().Select(container => FaultRig.Docker("inspect", container)));
        inside.SetResult();
        var result = await run.GetResultAsync().WaitAsync(TimeSpan.FromMinutes(4));
        rig.Folder.Write("printed", await PrintedAsync(rig, run.Id));
        await Eventually.IsTrueAsync(() => Task.FromResult(sink.Has("traces") && sink.Has("logs")), "traces and logs have gone out");

        Assert.That(rig.Model.Requests[0].Header("Authorization"), Does.Contain(FaultRig.Key), "the key was in use");
        Assert.That(rig.Model.Requests.Single(request => request is { Purpose: LlmPurposes.Agent, Turn: 1 }).LastContent, Does.Contain(SecretRedactor.Mark).And.Contain("HANDED"), "the container printed");
        Assert.That(result.Status, Is.EqualTo(SkillRunStatus.Passed), $"{result.Error}\n{rig.WorkerLog}");
        Assert.That(Found(rig.Folder), Is.Empty, "database with all histories, artifacts, results, logs, state, telemetry, export, what commands print");
        Assert.That(Directory.EnumerateFiles(rig.Folder["otlp"], "logs-*").Any(file => Encoding.Latin1.GetString(File.ReadAllBytes(file)).Contains(SecretRedactor.Mark, StringComparison.Ordinal)), "a log record had one to mask");
        Assert.That(Forms(Canaries).Where(commandLines.Contains), Is.Empty, "command lines of all processes");
        Assert.That(containers, Does.Contain(Given), "what a task asks for is handed to its container");
        Assert.That(Forms([FaultRig.Key, Variable, DotEnv, Setting, Named]).Where(containers.Contains), Is.Empty, "what describes the containers, their environment with it");
    }

    /// <summary>What the commands that look say, with the key in their environment, and an export of the run beside it.</summary>
    private static async Task<string> PrintedAsync(FaultRig rig, string id)
    {
        var environment = new Dictionary<string, string>
        {
            ["TEMPORAL_ADDRESS"] = rig.Client.Connection.Options.TargetHost!,
            ["TEMPORAL_NAMESPACE"] = rig.Client.Options.Namespace,
            ["OPENAI_API_KEY"] = FaultRig.Key,
            ["SOME_SERVICE_TOKEN"] = Variable,
        };
        var printed = new StringBuilder();
        foreach (var command in (string[][])[["runs", "export", id, "--out", rig.Folder["exported"]], ["runs", "show", id], ["doctor"], ["skills", "run", "--print-config"]])
        {
            var (_, output, error) = await SparkProcess.RunAsync(command, rig.Folder.Path, environment);
            printed.Append(output).Append(error);
        }

        Assert.That(Directory.EnumerateFiles(rig.Folder["exported/history"]), Is.Not.Empty, printed.ToString());
        return printed.ToString();
    }

    private static string Script(string talk) =>
        $$"""
        cat > /tmp/talk <<'END'
        {{talk}}
        END
        env; cat /proc/1/environ; cat /tmp/talk; base64 -w 0 /tmp/talk; sed 's/"/\\"/g' /tmp/talk
        for line in $(seq 3000); do printf '%s %s\n' "$line" "$HANDED"; done
        mkdir -p "/logs/agent/$HANDED"; cp /tmp/talk "/logs/agent/$HANDED/talk.txt"
        echo ran >> /log
        """;

    /// <summary>Files that hold a canary, by the folder's own names; where the test itself wrote one is left out.</summary>
    private static IReadOnlyList<string> Found(TemporaryFolder folder)
    {
        string[] planted = [".env", "settings.json", "tasks/"];
        return
        [
            .. Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories)
                .Select(file => (File: file, Name: Path.GetRelativePath(folder.Path, file)))
                .Where(found => !planted.Any(own => found.Name.StartsWith(own, StringComparison.Ordinal)))
                .Select(found => (found.Name, Text: Encoding.Latin1.GetString(File.ReadAllBytes(found.File)) + found.Name))
                .SelectMany(found => Forms(Canaries).Where(found.Text.Contains).Select(form => $"{found.Name}: {form}")),
        ];
    }

    private static IEnumerable<string> Forms(IEnumerable<string> canaries) => canaries.SelectMany(canary => new[]
    {
        canary,
        JsonSerializer.Serialize(canary)[1..^1],
        Uri.EscapeDataString(canary),
        Convert.ToBase64String(Encoding.UTF8.GetBytes(canary)).TrimEnd('=')[..^1],
    }).Distinct();

    private static string CommandLines() => string.Join('\n', Directory.EnumerateDirectories("/proc").Select(process =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }));
}
