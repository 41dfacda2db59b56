using System.Text;
using System.Text.Json.Nodes;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Artifacts.Results;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Artifacts;

/// <summary>The result folder of a skill run, written after every attempt.</summary>
public sealed class SkillRunWriterTests
{
    private static readonly DateTime At = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
    private TemporaryFolder _folder;
    private CountingStore _store;
    private List<ArtifactRef> _kept;

    private string Trajectory => _folder["out/skills_gen_result/gpt/count/trajectory.jsonl"];

    private string Attempts => _folder["out/skills_gen_result/gpt/count/attempts.json"];

    [SetUp]
    public void MakeStore()
    {
        _folder = new TemporaryFolder();
        _store = new CountingStore(new FileArtifactStore(_folder["store"]));
        _kept = [];
    }

    [TearDown]
    public void RemoveStore() => _folder.Dispose();

    [Test]
    public async Task An_attempt_reads_its_own_conversations_and_writes_its_own_lines_whatever_came_before()
    {
        var reads = new List<int>();
        var conversations = new List<ArtifactRef>();
        for (var number = 1; number <= 8; number++)
        {
            var attempt = await AttemptAsync(number);
            _store.Opened.Clear();
            await KeepAsync(attempt);

            Assert.That(_store.Opened, Has.None.Matches<ArtifactRef>(opened => conversations.Contains(opened!)), $"attempt {number} reads what an earlier one said");
            conversations.AddRange([attempt.Result.Conversation!, attempt.Reflection!.Conversation]);
            reads.Add(_store.Opened.Count);
        }

        Assert.That(reads.Skip(1).Distinct().Count(), Is.EqualTo(1), $"reads of the store: {string.Join(", ", reads)}");
        Assert.That(Types(), Is.EqualTo(Enumerable.Repeat(new[] { "execution_result", "reflect_call" }, 8).SelectMany(types => types)));
    }

    [Test]
    public async Task What_is_appended_is_what_would_be_written_whole()
    {
        for (var number = 1; number <= 3; number++)
        {
            await KeepAsync(await AttemptAsync(number));
        }

        await EndAsync();
        var appended = (File.ReadAllText(Trajectory), File.ReadAllText(Attempts));
        Directory.Delete(Path.GetDirectoryName(Trajectory)!, recursive: true);
        await EndAsync();

        Assert.That((File.ReadAllText(Trajectory), File.ReadAllText(Attempts)), Is.EqualTo(appended));
        Assert.That(Types()[^1], Is.EqualTo("task_summary"));
    }

    [Test]
    public async Task A_retry_writes_nothing_twice_and_attempts_after_an_end_go_before_it()
    {
        await KeepAsync(await AttemptAsync(1));
        var second = await AttemptAsync(2);
        await KeepAsync(second);
        _kept.RemoveAt(1);
        var once = File.ReadAllBytes(Trajectory);
        await KeepAsync(second);
        Assert.That(File.ReadAllBytes(Trajectory), Is.EqualTo(once));

        await EndAsync();
        await EndAsync();
        await KeepAsync(await AttemptAsync(3));

        Assert.That(Types(), Is.EqualTo(new[] { "execution_result", "reflect_call", "execution_result", "reflect_call", "execution_result", "reflect_call" }));
    }

    [TestCase("torn", Description = "killed in the middle of a line")]
    [TestCase("zeros", Description = "the length was kept, the bytes were not")]
    [TestCase("shorter", Description = "half of what was known is gone")]
    [TestCase("changed", Description = "somebody wrote into it")]
    [TestCase("gone")]
    [TestCase("older", Description = "an earlier version wrote it")]
    public async Task Whatever_became_of_the_file_it_is_whole_again(string damage)
    {
        await KeepAsync(await AttemptAsync(1));
        await KeepAsync(await AttemptAsync(2));
        var good = File.ReadAllText(Trajectory);
        switch (damage)
        {
            case "torn":
                File.AppendAllText(Trajectory, "{\"type\": \"execution_result\", \"att");
                break;
            case "zeros":
                File.WriteAllBytes(Trajectory, [.. Encoding.UTF8.GetBytes(good)[..^50], .. new byte[50]]);
                break;
            case "shorter":
                File.WriteAllText(Trajectory, good[..(good.Length / 2)]);
                break;
            case "changed":
                File.WriteAllText(Trajectory, good.Replace("\"schema_version\":1}\n", "\"mine\":\"....\",\"schema_version\":1}\n", StringComparison.Ordinal));
                break;
            case "gone":
                File.Delete(Trajectory);
                break;
            case "older":
                File.WriteAllText(Trajectory, good.Replace(",\"schema_version\":1", "", StringComparison.Ordinal));
                break;
        }

        await KeepAsync(await AttemptAsync(3));

        Assert.That(File.ReadAllText(Trajectory), Does.StartWith(good));
        Assert.That(Types(), Has.Count.EqualTo(6));
    }

    [Test]
    public async Task What_the_store_lost_is_made_again_from_the_attempts()
    {
        await KeepAsync(await AttemptAsync(1));
        var good = File.ReadAllText(Trajectory);
        foreach (var file in Directory.EnumerateFiles(_folder["store/sha256"], "*", SearchOption.AllDirectories).Where(file => File.ReadAllText(file) == good))
        {
            File.Delete(file);
        }

        File.Delete(Trajectory);
        await new SkillRunWriter(_store).WriteAsync(Request(null), CancellationToken.None);

        Assert.That(File.ReadAllText(Trajectory), Is.EqualTo(good));
    }

    [TestCase("attempts.json", """{"schema_version": 2, "attempts": []}""")]
    [TestCase("trajectory.jsonl", """{"type": "execution_result", "attempt": 0, "schema_version": 2}""")]
    public async Task A_newer_file_is_refused_by_name_and_left_as_it_is(string name, string content)
    {
        var attempt = await AttemptAsync(1);
        var path = _folder.Write($"out/skills_gen_result/gpt/count/{name}", content);

        var refused = await Assert.ThrowsAsync<ResultFormatException>(() => KeepAsync(attempt));

        Assert.That(refused!.Message, Does.Contain(path).And.Contain("schema_version").And.Contain("version 2"));
        Assert.That(File.ReadAllText(path), Is.EqualTo(content));
    }

    [Test]
    public async Task The_evidence_of_a_skill_is_a_field_of_its_request()
    {
        await KeepAsync(await AttemptAsync(1));
        var evidence = await _store.PutTextAsync("# Task Pattern\ncount", CancellationToken.None, MediaTypes.Markdown);
        var call = new SkillCall(await SaidAsync("write a skill", "---"), TokenUsage.None, [], 10, At) { Evidence = evidence };
        await new SkillRunWriter(_store).WriteAsync(Request(null) with { SkillCalls = [call] }, CancellationToken.None);

        var line = File.ReadLines(Trajectory).Last();
        Assert.That(((SkillCallEvent)TrajectoryFile.ReadLine(line, 1, Trajectory)!.Event!).EvidenceOrPrompt(), Is.EqualTo("# Task Pattern\ncount"));
        Assert.That(Types()[^1], Is.EqualTo("skill_gen_call"));
    }

    private List<string> Types() => [.. File.ReadLines(Trajectory).Select(line => (string)JsonNode.Parse(line)!["type"]!)];

    private async Task KeepAsync(AttemptRecord attempt)
    {
        var record = await new SkillRunWriter(_store).WriteAsync(Request(attempt), CancellationToken.None);
        _kept.Add(record.Attempt!);
    }

    private Task<RunRecord> EndAsync() => new SkillRunWriter(_store).WriteAsync(
        Request(null) with { Result = new SkillRunEnd { Status = SkillRunStatus.Exhausted, Attempts = _kept.Count } },
        CancellationToken.None);

    private WriteRunRequest Request(AttemptRecord? latest) => new()
    {
        Input = new SkillRunSettings { ModelSlug = "gpt", OutDir = _folder["out"] },
        Task = "count",
        Earlier = [.. _kept],
        Latest = latest,
        StartedAt = At,
        Now = At.AddMinutes(1),
    };

    private async Task<AttemptRecord> AttemptAsync(int number) => new()
    {
        Number = number,
        Scored = number - 1,
        Outcome = Outcome.Fail,
        Result = new AttemptResult
        {
            Task = "count",
            Agent = "terminal",
            Outcome = Outcome.Fail,
            Reward = 0,
            TestsTotal = 1,
            Conversation = await SaidAsync($"instruction {number}", $"done {number}"),
            VerifierOutput = await _store.PutTextAsync($"FAILED {number}", CancellationToken.None),
        },
        Judgment = await _store.PutJsonAsync(new Judgment { Outcome = Outcome.Fail, Commands = $"ls {number}", TestSummary = "  ✗ t" }, CancellationToken.None),
        Reflection = new ReflectionRecord { Conversation = await SaidAsync($"reflect {number}", $"memo {number}"), Memo = $"memo {number}", At = At },
    };

    private Task<ArtifactRef> SaidAsync(string asked, string answered) => _store.AppendAsync(
        null,
        [new ChatMessage { Role = ChatRoles.User, Content = asked }, new ChatMessage { Role = ChatRoles.Assistant, Content = answered, Model = "m" }],
        CancellationToken.None);

    /// <summary>A store that says what was opened.</summary>
    private sealed class CountingStore(IArtifactStore store) : IArtifactStore
    {
        public List<ArtifactRef> Opened { get; } = [];

        public Task<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken) => store.PutAsync(content, mediaType, cancellationToken);

        public Task<Stream> OpenAsync(ArtifactRef reference, CancellationToken cancellationToken)
        {
            Opened.Add(reference);
            return store.OpenAsync(reference, cancellationToken);
        }

        public Task<bool> ContainsAsync(ArtifactRef reference, CancellationToken cancellationToken) => store.ContainsAsync(reference, cancellationToken);

        public Task<string?> GetKeyAsync(string key, CancellationToken cancellationToken) => store.GetKeyAsync(key, cancellationToken);

        public Task<string> PutKeyAsync(string key, string value, CancellationToken cancellationToken) => store.PutKeyAsync(key, value, cancellationToken);
    }
}
