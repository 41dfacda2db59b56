using System.Text;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Results;

namespace Spark.Temporal.Tests.Domain.Results;

public sealed class TrajectoryFileTests
{
    private const string Failed = """{"type": "execution_result", "attempt": 0, "status": "FAIL", "test_summary": "  ✗ t"}""";
    private const string Reflected = """{"type": "reflect_call", "attempt": 0, "memo_before": null, "memo_after": "m"}""";

    [Test]
    public async Task Reads_a_line_longer_than_any_buffer_and_skips_what_it_does_not_need()
    {
        var run = await ReadAsync($$"""
            {"type": "execution_result", "agent_stdout_full": "{{new string('x', 5_000_000)}}", "ctrf_json": {"type": "nested", "attempt": 7}, "attempt": 0, "agent_commands": "ls \u2713"}
            {{Reflected}}
            """);

        Assert.That(run.DamagedLines, Is.Empty);
        Assert.That(run.Executions[0].Commands, Is.EqualTo("ls ✓"));
        Assert.That(run.Reflections[0], Is.EqualTo(new RecordedReflection(0, "", "m")));
        Assert.That(run.Task, Is.EqualTo("some-task"));
    }

    [Test]
    public async Task Accepts_a_byte_order_mark_windows_line_ends_and_empty_lines()
    {
        var run = await ReadAsync("\uFEFF{\"type\": \"task_summary\", \"task_name\": \"t\"}\r\n\r\n \n{\"type\": \"other\", \"level\": 3, \"status\": [1]}\r\n");

        Assert.That((run.Task, run.Events, run.DamagedLines.Count), Is.EqualTo(("t", 2, 0)));
    }

    [TestCase("{\"type\": \"reflect_call\", \"attempt\"")]
    [TestCase("[1]")]
    [TestCase("{\"attempt\": 1}")]
    [TestCase("{\"type\": \"x\"} {\"type\": \"y\"}")]
    [TestCase("{\"type\": \"execution_result\"}")]
    [TestCase("{\"type\": \"execution_result\", \"attempt\": \"0\"}")]
    [TestCase("{\"type\": \"execution_result\", \"attempt\": 0.5}")]
    [TestCase("{\"type\": \"execution_result\", \"attempt\": 0, \"test_summary\": 7}")]
    [TestCase("{\"type\": \"pdi_snapshot\", \"attempt\": 0, \"step\": 0}")]
    [TestCase("{\"type\": \"execution_result\", \"attempt\": 0, \"agent_commands\": \"\\ud800\"}")]
    [TestCase("\0\0\0")]
    public async Task Names_a_damaged_line_and_reads_the_rest(string damaged)
    {
        var run = await ReadAsync($"{{\"type\": \"a\"}}\n{damaged}\n{{\"type\": \"b\"}}");

        Assert.That(run.Events, Is.EqualTo(2));
        Assert.That(run.DamagedLines.Single().Line, Is.EqualTo(2));
        Assert.That(run.DamagedLines.Single().Problem, Is.Not.Empty);
        Assert.That(run.Executions, Is.Empty);
    }

    [TestCase(Failed + "\n" + Reflected, true)]
    [TestCase(Failed, false, Description = "not reflected on")]
    [TestCase("""{"type": "execution_result", "attempt": 0, "status": "INFRA_ERROR", "test_summary": "✗ t"}""" + "\n" + Reflected, false)]
    [TestCase(Reflected, false, Description = "no execution")]
    public async Task Failed_tests_of_the_attempt_before_count_where_it_was_scored_and_reflected_on(string lines, bool counts)
    {
        var run = await ReadAsync(lines);

        Assert.That(run.FailedTestsBefore(1), counts ? Is.EqualTo(new[] { "t" }) : Is.Null);
        Assert.That(run.FailedTestsBefore(0), Is.Null);
    }

    [TestCase("""{"type":"execution_result","attempt":2.0,"success":null,"n_passed":null,"n_tests":3.0,"reward":null}""")]
    [TestCase("""{"type":"reflect_call","attempt":2,"memo_after":"m","input_tokens":null,"output_tokens":7.0,"latency_s":null}""")]
    [TestCase("""{"type":"pdi_snapshot","attempt":2,"step":1.0,"proxy_exec":0.5,"proxy_plan":0,"proxy_oss":0,"raw_pdi":null,"weight":1,"weighted_pdi":0,"triggered":null}""")]
    public void A_null_or_a_whole_decimal_where_a_number_must_be_does_not_cost_the_event(string line)
    {
        var read = TrajectoryFile.ReadLine(line, 1, "trajectory.jsonl")!;

        Assert.That(read.Problem, Is.Null);
        Assert.That(read.Event is ExecutionEvent { Attempt: 2, NTests: 3, Reward: null } or ReflectEvent { Attempt: 2, OutputTokens: 7 } or SnapshotEvent { Attempt: 2, Step: 1, RawPdi: 0 });
    }

    [TestCase("""{"type":"execution_result","attempt":1.5}""")]
    [TestCase("""{"type":"execution_result","attempt":"one"}""")]
    [TestCase("""{"type":"reflect_call","attempt":0,"latency_s":"long"}""")]
    [TestCase("""{"type":"execution_result","attempt":0,"success":"yes"}""")]
    [TestCase("""{"type":"reflect_call","attempt":0,"input_tokens":1e300}""")]
    public void A_value_of_another_kind_is_named(string line) =>
        Assert.That(TrajectoryFile.ReadLine(line, 1, "trajectory.jsonl")!.Problem, Does.Contain("$."));

    [Test]
    public void The_evidence_is_a_field_and_in_older_files_a_part_of_the_prompt()
    {
        var kept = (SkillCallEvent)Line("""{"type": "skill_gen_call", "attempt": 0, "user_prompt": "# Evidence\n\nnot this\n\n# Your part\n", "evidence": "# Evidence\nthis"}""");
        var older = (SkillCallEvent)Line("""{"type": "skill_gen_call", "attempt": 0, "user_prompt": "# Evidence\n\n## Lessons\na\n\n# Your part\nwrite"}""");
        var original = (SkillCallEvent)Line("""{"type": "skill_gen_call", "attempt": 0, "user_prompt": "Task: x"}""");

        Assert.That(kept.EvidenceOrPrompt(), Is.EqualTo("# Evidence\nthis"));
        Assert.That(older.EvidenceOrPrompt(), Is.EqualTo("## Lessons\na"));
        Assert.That(original.EvidenceOrPrompt(), Is.EqualTo("Task: x"));
    }

    [Test]
    public async Task Long_texts_are_read_only_on_request()
    {
        const string Text = """{"type": "execution_result", "attempt": 0, "agent_stdout_full": "long", "agent_commands": "ls", "ctrf_json": {"a": 1}}""";

        var whole = (ExecutionEvent)(await LinesAsync(Text, TrajectoryDetail.Whole)).Single().Event!;
        var brief = (ExecutionEvent)(await LinesAsync(Text, TrajectoryDetail.WithoutLongTexts)).Single().Event!;

        Assert.That((whole.AgentStdoutFull, whole.AgentCommands, whole.Unknown?.Count), Is.EqualTo(("long", "ls", 1)));
        Assert.That((brief.AgentStdoutFull, brief.AgentCommands, brief.Unknown), Is.EqualTo(((string?)null, "ls", (IDictionary<string, System.Text.Json.JsonElement>?)null)));
    }

    [Test]
    public async Task A_newer_line_refuses_the_file_by_name_and_line()
    {
        var refused = await Assert.ThrowsAsync<ResultFormatException>(() => ReadAsync(Failed + "\n" + """{"type": "brand_new", "schema_version": 2}"""));

        Assert.That(refused!.Message, Does.Contain("/data/some-task/trajectory.jsonl: line 2, schema_version").And.Contain("version 2"));
    }

    [Test]
    public void An_event_of_an_unknown_type_is_written_back_as_it_came()
    {
        var read = Line("""{"type":"later","attempt":1,"x":[1,2]}""");

        Assert.That(read, Is.InstanceOf<OtherEvent>());
        Assert.That(TrajectoryFile.Write(read), Does.StartWith("""{"type":"later",""").And.Contain("\"attempt\":1").And.Contain("\"x\":[1,2]"));
    }

    [Test]
    public void A_snapshot_is_written_as_the_original_writes_it()
    {
        var snapshot = new PdiSnapshot { Attempt = 1, Step = 1, ProxyExec = 0.123456, ProxyPlan = 0, ProxyOss = 0, RawPdi = -1, Weight = 0.5, WeightedPdi = -0.5, Triggered = false };

        Assert.That(
            TrajectoryFile.Write(SnapshotEvent.Of(snapshot, PdiMethod.TokenOverlap, 2.5)),
            Is.EqualTo("""{"type":"pdi_snapshot","attempt":1,"step":1,"proxy_exec":0.1235,"proxy_plan":0,"proxy_oss":0,"raw_pdi":-1,"weight":0.5,"weighted_pdi":-0.5,"triggered":false,"level":null,"method":"token_overlap","ts":2.5,"schema_version":1}""" + "\n"));
    }

    private static TrajectoryEvent Line(string text) => TrajectoryFile.ReadLine(text, 1, "trajectory.jsonl")!.Event!;

    private static async Task<List<TrajectoryLine>> LinesAsync(string text, TrajectoryDetail detail)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return await TrajectoryFile.ReadAsync(content, "trajectory.jsonl", detail, CancellationToken.None).ToListAsync();
    }

    private static async Task<RecordedRun> ReadAsync(string text)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return await RecordedRun.ReadAsync(content, "/data/some-task/trajectory.jsonl", CancellationToken.None);
    }
}
