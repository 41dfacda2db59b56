using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Sandbox.Attacks;

/// <summary>
/// What a cheating agent may try. Each row is an attack: in the agent's own container it wins, takes the verdict away or is warned of. None of it gets a reward from a
/// clean verifier, or loses one there.
/// </summary>
[Category("Docker")]
[Parallelizable(ParallelScope.Children)]
public sealed class AttackTableTests
{
    private static readonly List<string> Table = [];
    private SandboxBench _bench = null!;
    private string _image = "";

    [OneTimeSetUp]
    public async Task Start()
    {
        _bench = new SandboxBench();
        _image = (await _bench.BuildAsync(AttackTask.Dockerfile)).Image;
    }

    [OneTimeTearDown]
    public async Task End()
    {
        string[] rows = [.. Table.Order(StringComparer.Ordinal)];
        var table = $"| attack | clean reward | held | reward in the shared container | told there |\n| --- | --- | --- | --- | --- |\n{string.Join('\n', rows)}\n\n{rows.Length} rows\n";
        await File.WriteAllTextAsync(Path.Combine(TestContext.CurrentContext.WorkDirectory, "attack-table.md"), table);
        await TestContext.Progress.WriteLineAsync(table);
        await _bench.DisposeAsync();
    }

    private static IEnumerable<TestCaseData> Attacks() =>
        ((IEnumerable<Attack>)[.. PytestAttacks.All, .. PythonAttacks.All, .. ProgramAttacks.All, .. FileAttacks.All, .. ProcessAttacks.All])
        .Select(attack => new TestCaseData(attack).SetArgDisplayNames(attack.Name));

    [TestCaseSource(nameof(Attacks))]
    public async Task A_clean_verifier_holds_and_the_shared_one_is_won_or_tells(Attack attack)
    {
        await using var bench = new SandboxBench(options => options.PidsLimit = 200);
        var settings = new TaskSettings { AgentUser = attack.Plain ? "agent" : null, VerifierUser = "root", Network = NetworkMode.NoNetwork };
        var started = await bench.StartAsync(_image, settings);
        await bench.TurnAsync(started.Container, 1, 20, [attack.Commands]);
        var (script, files) = AttackTask.Tests(attack.Judge);
        var verdict = await bench.VerifyApartAsync(started.Container, VerdictMode.Both, _image, script, settings, 15, files);
        string[] warnings = [.. (verdict.Warnings ?? []).Where(line => !line.StartsWith("the clean verdict is", StringComparison.Ordinal))];
        var told = warnings.Concat(verdict.Notes.Where(note => note.Contains("left out", StringComparison.Ordinal))).FirstOrDefault();
        var real = verdict.SharedReward != 0 || told is not null;
        lock (Table)
        {
            Table.Add($"| {attack.Name}{(attack.Plain ? " (plain user)" : "")} | {verdict.Reward?.ToString() ?? "none"} | {(verdict.Reward == 0 ? "yes" : "NO")} | {verdict.SharedReward?.ToString() ?? "none"} | {told?.Replace('|', '/') ?? "-"} |");
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(verdict.Reward, Is.Zero, $"{verdict.RewardProblem} {await bench.TextAsync(verdict.Output)}");
            Assert.That(real, Is.True, () => $"in the agent's own container it neither wins nor is told of: {string.Join(" | ", [.. verdict.Warnings ?? [], .. verdict.Notes])}");
            Assert.That(verdict.Differs, Is.EqualTo(verdict.SharedReward != 0));
        }
    }

    [Test]
    public async Task Who_does_the_task_gets_the_reward_of_every_verifier([Values] Judge judge)
    {
        await using var bench = new SandboxBench();
        var settings = new TaskSettings { VerifierUser = "root", Network = NetworkMode.NoNetwork };
        var started = await bench.StartAsync(_image, settings);
        await bench.TurnAsync(started.Container, 1, 20, ["echo 42 > answer.txt; sed -i 's/ - 1//' calc.py; mkdir -p src/work; touch src/work/__init__.py; echo x=1 > src/work/queue.py; echo x=1 > helper.py; printf '[project]\\nname = \"a\"\\n' > pyproject.toml"]);
        var (script, files) = AttackTask.Tests(judge);
        var verdict = await bench.VerifyApartAsync(started.Container, VerdictMode.Both, _image, script, settings, 15, files);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((verdict.Reward, verdict.SharedReward), Is.EqualTo(((double?)1, (double?)1)), $"{verdict.RewardProblem} {await bench.TextAsync(verdict.Output)}");
            Assert.That(verdict.Warnings, Is.Null);
            Assert.That(verdict.Notes, Has.None.Contains("stayed behind"));
        }
    }
}
