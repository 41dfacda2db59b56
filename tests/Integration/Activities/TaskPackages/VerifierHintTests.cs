using System.Formats.Tar;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.TaskPackages;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.Activities.TaskPackages;

[Category("Docker")]
public class VerifierHintTests
{
    private TemporaryFolder _folder = null!;
    private FileArtifactStore _store = null!;
    private DockerPythonRunner _python = null!;

    [OneTimeSetUp]
    public void StartRunner()
    {
        Requires.Docker();
        _python = new DockerPythonRunner();
    }

    [OneTimeTearDown]
    public void EndRunner() => _python?.Dispose();

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _store = new FileArtifactStore(_folder["store"]);
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public async Task Keeps_the_shape_of_a_published_test_and_drops_what_computes_its_truth()
    {
        var hint = await HintAsync(Path.Combine(Requires.SharedData("skillsbench/tasks"), "3d-scan-calc"));
        Assert.That(hint, Does.Contain("/root/mass_report.json").And.Contain("main_part_mass").And.Contain("rel_tol=0.001").And.Contain("_get_ground_truth"));
        foreach (var answer in new[] { "7.85", "2.7", "5.55", "11.34", "DENSITY", "unpack(", "scan_data.stl", "quantize" })
        {
            Assert.That(hint, Does.Not.Contain(answer));
        }
    }

    [Test]
    public async Task Fits_a_long_published_test_into_the_limit()
    {
        var task = Path.Combine(Requires.SharedData("skillsbench/tasks"), "dialogue-parser");
        var hint = await HintAsync(task, ("dialogue.json", await File.ReadAllTextAsync(Path.Combine(task, "solution/dialogue.json"))));
        Assert.That(hint, Has.Length.InRange(3_000, 6_000));
        Assert.That(hint, Does.Contain("def test_structural_integrity").And.Contain("'nodes' in dialogue_data").And.Contain("check == 'graph_size'"));
        foreach (var answer in new[] { "Barkeep", "TavernChoice", "CrimsonQuestStart", "light a candle", "digraph", "100", "200" })
        {
            Assert.That(hint, Does.Not.Contain(answer));
        }
    }

    [TestCase("EXPECTED = {'alpha': 12.5, 'beta': 'gamma'}", "EXPECTED = ...")]
    [TestCase("def test_x():\n    assert total() == 4711", "assert total() == ...")]
    [TestCase("def test_x():\n    assert load()['sum'] == 42", "assert load()['sum'] == ...")]
    [TestCase("def test_x():\n    assert load()['kind'] == 'low'", "assert load()['kind'] == '…'")]
    [TestCase("def test_x():\n    assert abs(load() - 3.14159) < 0.05", "assert abs(load() - ...) < 0.05")]
    [TestCase("def test_x():\n    assert load()[:3] == [1, 0, 1]", "assert load()[:3] == [...]")]
    [TestCase("def test_x():\n    assert open('/app/out.txt').read() == b'secret'", "assert open('/app/out.txt').read() == '…'")]
    [TestCase("def test_x(self):\n    self.assertEqual(load(), 'opal')", "self.assertEqual(load(), '…')")]
    [TestCase("def test_x():\n    assert load(), \"must be 1234 and 'ruby'\"", "assert load(), 'must be … and …'")]
    [TestCase("def test_x():\n    expected = 3 * load()\n    assert load() == expected", "expected = ...")]
    [TestCase("def test_x():\n    # the answer is 99\n    pass", "pass")]
    [TestCase("import this, winreg, tkinter.nowhere\ndef test_x():\n    pass", "def test_x")]
    [TestCase("def helper():\n    return 5 * 5", "def helper():\n    ...")]
    [TestCase("def load():\n    with open('/app/out.txt') as f:\n        return f.read()", "with open('/app/out.txt') as f:")]
    [TestCase("import pytest\n@pytest.mark.parametrize('k,v', [('a', 10), ('b', 20)])\ndef test_x(k, v):\n    assert v", "parametrize('k,v', [('…', ...)])")]
    public async Task Takes_answers_out_by_syntax(string test, string shown)
    {
        var hint = await HintAsync(MakeTask(test, "Write low, medium or high to /app/out.txt, within 5%."));
        Assert.That(hint, Does.Contain(shown));
        foreach (var answer in new[] { "12.5", "gamma", "4711", "42", "'low'", "3.14", "secret", "opal", "1234", "ruby", "3 *", "99", "5 * 5", "20)" })
        {
            Assert.That(hint, Does.Not.Contain(answer));
        }
    }

    [Test]
    public async Task Leaves_nothing_that_only_the_oracle_wrote()
    {
        var task = MakeTask(
            """
            import json
            MODES = ["turquoise", "/app/out.json"]
            def load_amber():
                return json.load(open("/app/amber/file.json"))
            def test_keys():
                data = load_amber()
                assert "zirconia" in data, "the turquoise one"
                assert data["malachite"] and data.get("zirconia")
                assert set(data) <= {"zirconia", "public_key"}
                for malachite_row in data["public_key"]:
                    assert malachite_row, f"row {malachite_row} of zirconia"
            """,
            "Fill public_key in /app/out.json.");
        var oracle = """{"zirconia": "turquoise", "malachite": 8.125, "public_key": ["amber tones", 90210]}""";
        var hint = await HintAsync(task, ("app/out.json", oracle));
        Assert.That(hint, Does.Contain("public_key").And.Contain("/app/out.json").And.Contain("def test_keys"));
        foreach (var secret in new[] { "zirconia", "turquoise", "malachite", "amber", "tones", "8.125", "90210" })
        {
            Assert.That(hint, Does.Not.Contain(secret));
        }
    }

    [Test]
    public async Task Shows_what_the_environment_shows_although_the_oracle_wrote_it_too()
    {
        var task = MakeTask("def test_x(d):\n    assert d['columns']", "Do it.", "columns of the table");
        Assert.That(await HintAsync(task, ("out", "columns")), Does.Contain("d['columns']"));
    }

    [Test]
    public async Task Takes_answers_out_of_a_shell_script()
    {
        var task = MakeTask(null, "Write /app/out.txt.");
        await File.WriteAllTextAsync(Path.Combine(task, "tests/test.sh"), """
            #!/bin/bash
            # the answer is garnet
            if [ "$(cat /app/out.txt)" = "garnet" ] && grep -q peridot /app/out.txt && [ $(wc -l < /app/out.txt) -eq 137 ]; then
              echo 1 > /logs/verifier/reward.txt
            fi
            cat > /tmp/x <<'EOF'
            sapphire
            EOF
            """);
        var hint = await HintAsync(task);
        Assert.That(hint, Does.Contain("/app/out.txt").And.Contain("echo 1 > /logs/verifier/reward.txt"));
        foreach (var answer in new[] { "garnet", "peridot", "137", "sapphire" })
        {
            Assert.That(hint, Does.Not.Contain(answer));
        }
    }

    [Test]
    public async Task Falls_back_to_the_script_when_the_tests_are_not_python()
    {
        var hint = await HintAsync(MakeTask("def test_x(:\n  garnet", "Do it."));
        Assert.That(hint, Does.Contain("/logs/verifier/reward.txt").And.Not.Contain("garnet"));
    }

    private string MakeTask(string? test, string instruction, string environment = "")
    {
        _folder.Write("t/task.toml", "");
        _folder.Write("t/instruction.md", instruction);
        _folder.Write("t/environment/Dockerfile", "FROM scratch");
        _folder.Write("t/environment/data.txt", environment);
        _folder.Write("t/tests/test.sh", "echo 1 > /logs/verifier/reward.txt");
        if (test is not null)
        {
            _folder.Write("t/tests/test_outputs.py", test);
        }

        return _folder["t"];
    }

    private async Task<string> HintAsync(string task, params (string Name, string Content)[] oracle)
    {
        var package = await new TaskPackager(_store).PackAsync(task, default);
        var output = oracle.Length == 0 ? null : await StoreAsync(oracle);
        var hint = await new VerifierHintMaker(_store, _python, NullLogger.Instance).MakeAsync(new VerifierHintRequest(package, output), default);
        Assert.That(hint.SyntaxOnly, Is.EqualTo(output is null));
        Assert.That(hint.Text, Is.Not.Null);
        return await _store.ReadTextAsync(hint.Text!, default);
    }

    private async Task<ArtifactRef> StoreAsync((string Name, string Content)[] files)
    {
        using var archive = new MemoryStream();
        await using (var writer = new TarWriter(archive, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
            }
        }

        return await _store.PutBytesAsync(archive.ToArray(), MediaTypes.Tar, default);
    }
}
