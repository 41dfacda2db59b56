using System.Text;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Domain.Construction;

public class TaskRendererTests
{
    [Test]
    public void The_same_blueprint_gives_the_same_bytes()
    {
        var first = TaskRenderer.Render(Blueprints.Good, new RenderOptions());
        var copy = BlueprintReader.Read(Blueprints.Json(Blueprints.Good)).Blueprint!;
        var second = TaskRenderer.Render(copy, new RenderOptions());
        Assert.That(second.Select(file => (file.Path, file.Text, file.Executable)), Is.EqualTo(first.Select(file => (file.Path, file.Text, file.Executable))));
    }

    [Test]
    public void Whatever_a_blueprint_says_its_bytes_hang_on_nothing_else([Range(1, 40)] int seed)
    {
        var draw = new Random(seed);
        var blueprint = Blueprints.Good with
        {
            Title = Words(draw),
            InstructionMd = Words(draw) + "\r\n" + Words(draw),
            Tags = [Words(draw), Words(draw)],
            SupportFiles = [new SupportFile($"data/{draw.Next()}.txt", Words(draw)), new SupportFile($"{draw.Next()}", Words(draw), Executable: draw.Next(2) == 0)],
            Environment = Blueprints.Good.Environment with { AptPackages = ["sox", "jq"], MemoryMb = draw.Next(64, 4096) },
            DataBuilderPython = draw.Next(2) == 0 ? "" : Words(draw),
        };
        var first = TaskRenderer.Render(blueprint, new RenderOptions());
        var copy = blueprint with { Environment = blueprint.Environment with { AptPackages = ["jq", "sox"] } };

        var second = TaskRenderer.Render(BlueprintReader.Read(Blueprints.Json(copy)).Blueprint!, new RenderOptions());

        Assert.That(second.Select(file => (file.Path, Convert.ToHexString(file.Content), file.Executable)), Is.EqualTo(first.Select(file => (file.Path, Convert.ToHexString(file.Content), file.Executable))));
    }

    private static string Words(Random draw)
    {
        const string letters = "abc \"'\\$`#\t\u00e9\u4e2d:-";
        return new string([.. Enumerable.Range(0, draw.Next(1, 30)).Select(_ => letters[draw.Next(letters.Length)]), 'x']);
    }

    [Test]
    public void A_rendered_folder_has_the_files_of_a_Harbor_task()
    {
        var files = TaskRenderer.Render(Blueprints.Good, new RenderOptions());
        Assert.That(files.Select(file => file.Path), Is.EqualTo(
            [
                "environment/Dockerfile", "environment/files/data/ABOUT.txt", "environment/scripts/build_data.py", "instruction.md",
                "solution/oracle.py", "solution/solve.sh", "task.toml", "tests/test.sh", "tests/test_outputs.py",
            ]));
        Assert.That(files.Where(file => file.Executable).Select(file => file.Path), Is.EqualTo(["solution/solve.sh", "tests/test.sh"]));
    }

    [Test]
    public void A_rendered_folder_is_read_without_a_finding_and_keeps_its_settings()
    {
        var files = TaskRenderer.WithProof(
            TaskRenderer.Render(Blueprints.Good with { Title = "Three \"peaks\"\n\\ tab\t" }, new RenderOptions()),
            new ProofNumbers { OracleReward = 1, OracleRuns = 2, NopReward = 0, Mutants = 3, MutantsRefused = 3 });
        var contents = files.ToDictionary(file => file.Path, file => file.Content);
        var folders = files.SelectMany(file => Ancestors(file.Path)).Distinct().Select(path => new TaskEntry(path, TaskEntryKind.Folder));
        var entries = files.Select(file => new TaskEntry(file.Path, TaskEntryKind.File, file.Content.Length));
        var read = TaskPackageReader.Read(new TaskFolder("wav-peaks", folders.Concat(entries), path => new MemoryStream(contents[path])));
        Assert.That(read.Findings, Is.Empty);
        Assert.That(read.QualifiedName, Is.EqualTo("spark/wav-peaks"));
        Assert.That(read.Settings, Has.Property(nameof(TaskSettings.Network)).EqualTo(NetworkMode.NoNetwork)
            .And.Property(nameof(TaskSettings.MemoryMb)).EqualTo(512)
            .And.Property(nameof(TaskSettings.AgentTimeoutSec)).EqualTo(300)
            .And.Property(nameof(TaskSettings.Workdir)).EqualTo("/app"));
    }

    [Test]
    public void A_second_proof_takes_the_place_of_the_first()
    {
        var proof = new ProofNumbers { OracleReward = 1, OracleRuns = 2, NopReward = 0, Mutants = 3, MutantsRefused = 3 };
        var once = TaskRenderer.WithProof(TaskRenderer.Render(Blueprints.Good, new RenderOptions()), proof);
        var twice = TaskRenderer.WithProof(once, proof);
        Assert.That(twice.Single(file => file.Path == "task.toml").Text, Is.EqualTo(once.Single(file => file.Path == "task.toml").Text));
    }

    [Test]
    public void Oracle_and_tests_are_not_in_the_image()
    {
        var context = string.Concat(TaskRenderer.Render(Blueprints.Good, new RenderOptions())
            .Where(file => file.Path.StartsWith("environment/", StringComparison.Ordinal)).Select(file => file.Text));
        Assert.That(context, Does.Not.Contain("groupby").And.Not.Contain("def test_"));
    }

    [Test]
    public void Tools_and_versions_are_installed_once_and_in_order()
    {
        var options = new RenderOptions { Tools = ToolCatalogue.Resolve(["sox", "Python", "jq"]).Packages };
        var blueprint = Blueprints.Good with { Environment = Blueprints.Good.Environment with { AptPackages = ["jq=1.6-2.1", "sox"], PipPackages = ["trimesh==4.4.9"] } };
        var dockerfile = TaskRenderer.Render(blueprint, options).Single(file => file.Path == "environment/Dockerfile").Text;
        Assert.That(dockerfile, Does.Contain("    jq=1.6-2.1 \\\n    python3 \\\n    python3-pip \\\n    python3-pytest \\\n    sox \\\n").And.Contain("install --no-cache-dir --break-system-packages 'trimesh==4.4.9'"));
    }

    [Test]
    public void Another_build_of_the_data_differs_in_a_label_before_it()
    {
        var dockerfile = TaskRenderer.Render(Blueprints.Good, new RenderOptions()).Single(file => file.Path == "environment/Dockerfile").Text;
        Assert.That(DataBuild.Again(dockerfile), Does.Contain("LABEL spark.data-build=\"2\"\nCOPY scripts/build_data.py"));
    }

    private static IEnumerable<TestCaseData> Unsafe()
    {
        var good = Blueprints.Good;
        TaskBlueprint Image(string image) => good with { Environment = good.Environment with { BaseImage = image } };
        TaskBlueprint Folder(string workdir) => good with { Environment = good.Environment with { Workdir = workdir } };
        TaskBlueprint Apt(string name) => good with { Environment = good.Environment with { AptPackages = ["curl", name] } };
        TaskBlueprint Pip(string name) => good with { Environment = good.Environment with { PipPackages = [name] } };
        TaskBlueprint TestPip(string name) => good with { Verifier = good.Verifier with { PipPackages = [name] } };
        TaskBlueprint File(string path) => good with { SupportFiles = [new SupportFile(path, "x")] };
        (TaskBlueprint Blueprint, string Where)[] cases =
        [
            (Image("debian\nRUN id"), "environment.base_image"), (Image("debian\\"), "environment.base_image"), (Image("debian AS x"), "environment.base_image"),
            (Image("$(id)"), "environment.base_image"), (Image(""), "environment.base_image"),
            (Folder("/app\nRUN id"), "environment.workdir"), (Folder("app"), "environment.workdir"), (Folder("/app/../etc"), "environment.workdir"), (Folder("/a\"b"), "environment.workdir"),
            (Folder("/app\\"), "environment.workdir"), (Folder("/tests"), "environment.workdir"), (Folder("/app/$HOME"), "environment.workdir"), (Folder("/etc/x"), "environment.workdir"),
            (Apt("curl; rm -rf /"), "environment.apt_packages[1]"), (Apt("$(id)"), "environment.apt_packages[1]"), (Apt("a\nRUN id"), "environment.apt_packages[1]"),
            (Apt("-o=x"), "environment.apt_packages[1]"), (Apt("a b"), "environment.apt_packages[1]"), (Apt("a&&b"), "environment.apt_packages[1]"), (Apt("curl\n"), "environment.apt_packages[1]"),
            (Pip("a==1' && id '"), "environment.pip_packages[0]"), (Pip("git+https://a"), "environment.pip_packages[0]"), (Pip("--index-url=http://a"), "environment.pip_packages[0]"), (Pip("a>=1"), "environment.pip_packages[0]"),
            (TestPip("a\\"), "verifier.pip_packages[0]"),
            (File("../x"), "support_files[0].path"), (File("/etc/passwd"), "support_files[0].path"), (File("C:\\x"), "support_files[0].path"), (File("C:x"), "support_files[0].path"),
            (File("a/../../x"), "support_files[0].path"), (File("a\\..\\b"), "support_files[0].path"), (File(""), "support_files[0].path"), (File("a//b"), "support_files[0].path"),
            (File("./a"), "support_files[0].path"), (File("a\nb"), "support_files[0].path"), (File("~/x"), "support_files[0].path"), (File("a/ "), "support_files[0].path"),
            (good with { SupportFiles = [new SupportFile("a", "x"), new SupportFile("A", "y")] }, "support_files[1].path"),
            (good with { SupportFiles = [new SupportFile("a", "x"), new SupportFile("a/b", "y")] }, "support_files[0].path"),
            (good with { TaskId = "../x" }, "task_id"), (good with { TaskId = "A b" }, "task_id"),
            (good with { OutputPath = "out.json" }, "output_path"), (good with { OutputPath = "/app/../x" }, "output_path"), (good with { OutputPath = "/tests/x" }, "output_path"),
            (good with { OutputPath = "/app/\"; id; \"" }, "output_path"), (good with { OutputPath = "/app" }, "output_path"),
        ];
        return cases.Select((one, index) => new TestCaseData(one.Blueprint, one.Where).SetArgDisplayNames($"{index} {one.Where}"));
    }

    [TestCaseSource(nameof(Unsafe))]
    public void What_could_leave_the_folder_or_break_out_of_the_Dockerfile_is_refused(TaskBlueprint blueprint, string where)
    {
        Assert.That(() => TaskRenderer.Render(blueprint, new RenderOptions()), Throws.TypeOf<FormatException>().With.Message.Contains("$." + where));
        Assert.That(CritiqueRules.Check(blueprint, Blueprints.Spec, null).Where(finding => finding.Severity == CritiqueSeverity.Blocking).Select(finding => finding.Where), Does.Contain(where));
    }

    [TestCase("notes/über uns.txt")]
    [TestCase(".dockerignore")]
    [TestCase("数据/a.csv")]
    public void Support_files_keep_their_names_and_their_content(string path)
    {
        var content = "line\r\nno end \u00e9";
        var files = TaskRenderer.Render(Blueprints.Good with { SupportFiles = [new SupportFile(path, content)] }, new RenderOptions());
        Assert.That(files.Single(file => file.Path == "environment/files/" + path).Content, Is.EqualTo(Encoding.UTF8.GetBytes(content)));
    }

    private static IEnumerable<string> Ancestors(string path)
    {
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            yield return path[..slash];
        }
    }
}
