using System.CommandLine;
using System.Text;
using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Starter;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Demo;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter;

/// <summary>
/// The schemas of what commands print. Every other test that runs a command with <c>--json</c> holds its output against
/// them too (<see cref="SparkProcess"/>).
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class JsonOutputTests : IDisposable
{
    private static readonly string[] Shared = ["error", "print-config"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Every_command_with_json_has_a_schema_and_every_schema_a_command()
    {
        var commands = Leaves(RootCommands.Create(new CliOutput(TextWriter.Null, TextWriter.Null)), [])
            .Where(leaf => leaf.Command.Options.Any(option => option.Name == "--json"))
            .Select(leaf => JsonOutputs.Name(leaf.Words));

        var own = Names(Directory.EnumerateFiles(JsonOutputs.Folder, "*.schema.json"))
            .Except([.. Names(Directory.EnumerateFiles(Path.Combine(Checkout.Root, "domain"), "*.schema.json", SearchOption.AllDirectories)), .. Shared]);
        Assert.That(own, Is.EquivalentTo(commands));
    }

    private static IEnumerable<string> Names(IEnumerable<string> schemas) => schemas.Select(file => Path.GetFileName(file)[..^".schema.json".Length]);

    [Test]
    public async Task What_needs_no_server_prints_what_its_schema_says()
    {
        _folder.Write("a/summary.json", JsonSerializer.Serialize(Evaluations.Made("small")[0], SparkJson.Indented));
        var prompts = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "samples", "prompts"), "*.json");
        foreach (var arguments in (string[][])
        [
            ["eval", "show", _folder["a"], "--json"],
            ["tasks", "world", "--count", "2", "--out", _folder["worlds"], "--json"],
            ["tasks", "list", "--out", _folder.Path, "--json"],
            ["tasks", "create", "--prompt-file", prompts[0], "--model", "m", "--dry-run", "--json"],
            ["skills", "run", "--tasks-dir", DemoSamples.TasksDir, "--model", "m", "--dry-run", "--json"],
            ["skills", "run", "--tasks-dir", DemoSamples.TasksDir, "--print-config", "--json"],
            ["skills", "check", DemoSamples.HumanSkillsDir, "--json"],
        ])
        {
            Assert.That(await RunAsync(arguments), Is.EqualTo(ExitCodes.Good), string.Join(' ', arguments));
        }
    }

    [TestCase(2, "skills", "run", "--tasks-dir", "no-such-folder")]
    [TestCase(2, "skills", "run", "--no-such-option")]
    [TestCase(2, "no-such-command")]
    [TestCase(1, "keys", "list", "no-such-file")]
    public async Task What_goes_wrong_is_an_error_envelope(int exitCode, params string[] arguments)
    {
        Assert.That(await RunAsync([.. arguments, "--json"]), Is.EqualTo(exitCode));
    }

    [Test]
    [Category("Server")]
    public async Task What_serves_until_it_is_stopped_prints_what_its_schema_says()
    {
        Assert.That((await SparkProcess.RunAsync(["keys", "new", "keys.json", "--json"], _folder.Path)).ExitCode, Is.Zero);
        var variables = new Dictionary<string, string>(await TemporalServer.VariablesAsync());
        Assert.That(JsonOutputs.Problems("dashboard", await DocumentAsync(variables, "dashboard", "--port", $"{DevServer.FreePort()}", "--json")), Is.Empty);

        variables["SPARK_ENCRYPTION_KEYS"] = _folder["keys.json"];
        Assert.That(
            JsonOutputs.Problems("codec-server", await DocumentAsync(variables, "codec-server", "--port", $"{DevServer.FreePort()}", "--ui-origin", "http://ui.example", "--json")),
            Is.Empty);
    }

    [Test]
    public void The_demo_prints_what_a_batch_of_skills_does()
    {
        var batch = Schema("skills-run").GetProperty("anyOf").EnumerateArray().First(shape => shape.GetProperty("type").GetString() == "array");

        Assert.That(JsonElement.DeepEquals(Schema("demo").GetProperty("items"), batch.GetProperty("items")));
    }

    [TestCase("""{"path": "k", "active": "a", "keys": ["a"], "secret": "x"}""", "$.secret: is not a known field")]
    [TestCase("""{"path": "k", "keys": ["a"]}""", "$.active: is missing")]
    [TestCase("""{"path": "k", "active": "a", "keys": [1]}""", "$.keys[0]: must be a text")]
    [TestCase("""{"error": {"message": "m"}}""", "$.error.exit_code: is missing")]
    [TestCase("spark: broken", "no JSON document")]
    public void A_schema_refuses_what_it_does_not_describe(string output, string problem)
    {
        Assert.That(JsonOutputs.Problems("keys-list", output), Has.Some.Contains(problem));
    }

    private static JsonElement Schema(string name) => JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(JsonOutputs.PathOf(name)));

    /// <summary>The document that a command prints once it serves; it is stopped then.</summary>
    private async Task<string> DocumentAsync(IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        using var command = SparkProcess.Start(arguments, _folder.Path, variables);
        try
        {
            var document = new StringBuilder();
            while (await command.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1)) is { } line)
            {
                document.AppendLine(line);
                if (line == "}")
                {
                    break;
                }
            }

            return document.ToString();
        }
        finally
        {
            command.Kill();
        }
    }

    private static IEnumerable<(IReadOnlyList<string> Words, Command Command)> Leaves(Command command, IReadOnlyList<string> words) =>
        command.Subcommands.Count == 0 ? [(words, command)]
        : command.Subcommands.Where(child => !child.Hidden).SelectMany(child => Leaves(child, [.. words, child.Name]));

    private static async Task<int> RunAsync(string[] arguments)
    {
        StringWriter printed = new(), noted = new();
        var exit = await RootCommands.RunAsync(arguments, new CliOutput(printed, noted), CancellationToken.None);
        JsonOutputs.Check(arguments, printed.ToString(), noted.ToString());
        return exit;
    }
}
