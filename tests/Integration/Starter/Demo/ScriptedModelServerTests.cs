using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Spark.Temporal.Starter.Demo;

namespace Spark.Temporal.Tests.Starter.Demo;

public sealed class ScriptedModelServerTests
{
    private const string Task = "decode-probe-log";

    private ScriptedModelServer _server;
    private HttpClient _client;

    [SetUp]
    public void Start()
    {
        _server = ScriptedModelServer.Start(DemoSamples.ScriptsDir);
        _client = new HttpClient();
    }

    [TearDown]
    public async Task StopAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Test]
    public async Task Calls_the_offered_tool_and_says_in_every_place_that_it_is_scripted()
    {
        var reply = await CompleteAsync("agent", [("user", "Decode the dump.")], tools: true);

        var message = reply.GetProperty("choices")[0].GetProperty("message");
        var call = message.GetProperty("tool_calls")[0].GetProperty("function");
        using var arguments = JsonDocument.Parse(call.GetProperty("arguments").GetString()!);
        Assert.Multiple(() =>
        {
            Assert.That(call.GetProperty("name").GetString(), Is.EqualTo("shell"));
            Assert.That(arguments.RootElement.GetProperty("command").GetString(), Does.StartWith("cat data/leaflet.txt"));
            Assert.That(reply.GetProperty("choices")[0].GetProperty("finish_reason").GetString(), Is.EqualTo("tool_calls"));
            Assert.That(reply.GetProperty("model").GetString(), Is.EqualTo("scripted-demo"));
            Assert.That(reply.GetProperty("system_fingerprint").GetString(), Does.Contain("scripted"));
            Assert.That(message.GetProperty("content").GetString(), Does.Contain(ScriptedModel.Mark));
        });
    }

    [Test]
    public async Task Writes_a_fenced_block_where_no_tool_is_offered()
    {
        var reply = await CompleteAsync("agent", [("user", "Decode the dump.")]);

        Assert.That(Text(reply), Does.Contain("\n```bash\ncat data/leaflet.txt\n").And.EndWith("\n```"));
    }

    [Test]
    public async Task Goes_on_by_the_turns_of_the_conversation_even_after_a_restart()
    {
        (string, string)[] conversation = [("user", "Decode the dump."), ("assistant", "…"), ("tool", "00 01")];
        var before = Text(await CompleteAsync("agent", conversation));
        await _server.DisposeAsync();
        _server = ScriptedModelServer.Start(DemoSamples.ScriptsDir);

        var after = Text(await CompleteAsync("agent", conversation));

        Assert.That(after, Is.EqualTo(before).And.Contain("decode.py"));
    }

    [TestCase("### Next Strategy\nmore scales", "offset.py")]
    [TestCase("", "-w10")]
    public async Task Gives_its_old_plan_up_only_when_the_instruction_leaves_it_out(string plan, string command)
    {
        var reply = await CompleteAsync("agent", [("user", $"Decode the dump.\n## Exploration Memo (3 failed attempts)\n{plan}")]);

        Assert.That(Text(reply), Does.Contain(command));
    }

    [TestCase("## Exploration Memo (1 failed attempts)\n…\nLast commands:\nmkdir -p out && cat > scale.py <<'PY'", 2)]
    [TestCase("Last commands:\ncat data/leaflet.txt", 1)]
    [TestCase("## Exploration Memo (2 failed attempts)\n…\nLast commands:\nunknown\n## Exploration Memo (3 failed attempts)", 3)]
    public async Task Reflects_on_the_attempt_whose_commands_it_is_shown(string prompt, int failedAttempts)
    {
        var memo = Text(await CompleteAsync("reflect", [("user", prompt)]));

        Assert.That(memo, Does.StartWith($"## Exploration Memo ({failedAttempts} failed attempts)").And.Contain(ScriptedModel.Mark));
    }

    [Test]
    public async Task Mends_its_skill_when_it_is_asked_again()
    {
        var first = Text(await CompleteAsync("distill", [("user", "Write the skill.")]));
        var second = Text(await CompleteAsync("distill", [("user", "Write the skill."), ("assistant", first), ("user", "No flow lists.")]));

        Assert.Multiple(() =>
        {
            Assert.That(first, Does.Contain("allowed-tools: ["));
            Assert.That(second, Does.StartWith("---\nname: decode-probe-log\ndescription: ").And.Not.Contain("allowed-tools"));
        });
    }

    [Test]
    public async Task Counts_requests_by_purpose_and_by_key()
    {
        await CompleteAsync("agent", [("user", "Decode the dump.")], key: "one");
        await CompleteAsync("agent", [("user", "Decode the dump.")], key: "one");
        await CompleteAsync("distill", [("user", "Write the skill.")]);

        var counts = await _client.GetFromJsonAsync<JsonElement>(new Uri(_server.BaseAddress, "/counts"));

        Assert.Multiple(() =>
        {
            Assert.That(_server.RequestsByPurpose, Is.EquivalentTo(new Dictionary<string, int> { ["agent"] = 2, ["distill"] = 1 }));
            Assert.That(counts.GetProperty("by_idempotency_key").GetProperty("one").GetInt32(), Is.EqualTo(2));
        });
    }

    [TestCase("retrieve", Task, "X-Spark-Purpose is 'retrieve'")]
    [TestCase("critique", Task, "the script of decode-probe-log has no 'construction'")]
    [TestCase("agent", "unknown", "no script for the task 'unknown'; there are: ")]
    public async Task Refuses_what_no_script_answers(string purpose, string task, string says)
    {
        using var response = await SendAsync(purpose, [("user", "?")], task: task);

        Assert.Multiple(async () =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain(says));
            Assert.That(_server.Refused, Is.EqualTo(1));
        });
    }

    [Test]
    public async Task Estimates_tokens_from_the_length_of_the_text()
    {
        var reply = await CompleteAsync("agent", [("user", new string('x', 4000))]);

        Assert.That(reply.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), Is.EqualTo(1000));
    }

    private static string Text(JsonElement reply) => reply.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;

    private async Task<JsonElement> CompleteAsync(string purpose, (string Role, string Content)[] messages, bool tools = false, string? key = null)
    {
        using var response = await SendAsync(purpose, messages, tools, key);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<HttpResponseMessage> SendAsync(
        string purpose, (string Role, string Content)[] messages, bool tools = false, string? key = null, string task = Task)
    {
        var body = new Dictionary<string, object>
        {
            ["model"] = "any",
            ["messages"] = messages.Select(message => new { role = message.Role, content = message.Content }),
        };
        if (tools)
        {
            body["tools"] = new[] { new { type = "function", function = new { name = "shell" } } };
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_server.BaseAddress}/chat/completions") { Content = JsonContent.Create(body) };
        request.Headers.Add("X-Spark-Purpose", purpose);
        request.Headers.Add("X-Spark-Task", task);
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await _client.SendAsync(request);
    }
}
