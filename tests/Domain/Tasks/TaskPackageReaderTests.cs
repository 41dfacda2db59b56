using System.Text;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Tests.Domain.Tasks;

public class TaskPackageReaderTests
{
    [TestCase("task.toml", "task.toml: error: is missing")]
    [TestCase("instruction.md", "instruction.md: error: is missing")]
    [TestCase("environment", "environment/Dockerfile: error: is missing")]
    [TestCase("environment/Dockerfile", "environment/Dockerfile: error: is missing")]
    [TestCase("tests", "tests/test.sh: error: is missing")]
    [TestCase("tests/test.sh", "tests/test.sh: error: is missing")]
    public void Refuses_a_task_without(string path, string finding)
    {
        var read = TaskFolders.Complete().Without(path).Read();
        Assert.That(read.Errors.Select(error => error.ToString()).Single(), Does.StartWith(finding).And.Contains("; "));
    }

    [TestCase("instruction.md", " \n\n")]
    [TestCase("environment/Dockerfile", "")]
    [TestCase("tests/test.sh", "")]
    public void Refuses_an_empty_file(string path, string content)
    {
        var error = TaskFolders.Complete().With(path, content).Read().Errors.Single();
        Assert.That((error.File, error.Message), Is.EqualTo((path, "is empty")));
    }

    [Test]
    public void Needs_no_dockerfile_when_an_image_is_named()
    {
        var read = TaskFolders.Complete("[environment]\ndocker_image = \"a:b\"").Without("environment").Read();
        Assert.That(read.IsValid);
    }

    [Test]
    public void Refuses_an_environment_that_is_a_file()
    {
        var error = TaskFolders.Complete().Without("environment").With("environment", "x").Read().Errors.Single();
        Assert.That(error.ToString(), Is.EqualTo("environment: error: is not a folder; it must be a folder with a Dockerfile"));
    }

    [Test]
    public void Warns_of_a_missing_solution_and_goes_on()
    {
        var read = TaskFolders.Complete().Without("solution").Read();
        Assert.That(read.IsValid);
        Assert.That(read.Findings.Single().ToString(), Is.EqualTo("solution/solve.sh: warning: is missing; without it the oracle cannot run"));
    }

    [TestCase("timeout_seconds = 3\n[verifier]\ncommand = \"pytest\"", "timeout_seconds")]
    [TestCase("[template]\nname = \"x\"\n[environment]\ndockerfile = \"Dockerfile\"", "template")]
    [TestCase("compose_file = \"x\"\n[scoring]\na = 1", "scoring")]
    [TestCase("[environment]\ntype = \"docker\"\n[agent]\ntimeout = 5", "environment.type")]
    [TestCase("[environment]\ndefinition = \"../Dockerfile\"", "environment.definition")]
    public void Names_the_key_that_makes_a_file_another_tools(string toml, string key)
    {
        var read = TaskFolders.Complete(toml).Without("tests").Read();
        Assert.That(read.Findings.Single().Message, Does.StartWith($"is not a Harbor task: it has '{key}'"));
    }

    [Test]
    public void Reads_a_task_with_foreign_keys_whose_layout_is_complete()
    {
        Assert.That(TaskFolders.Complete("[task.runtime]\na = 1").Read().IsValid);
    }

    [Test]
    public void Says_that_a_lone_file_is_no_task()
    {
        var read = new TaskFolders().With("task.toml", "x = 1").With("main.py", "").Read();
        Assert.That(read.Findings.Single().Message, Does.StartWith("is not a Harbor task: neither instruction.md"));
    }

    [TestCase("environment/data", "/etc/passwd")]
    [TestCase("environment/data", "../../other")]
    [TestCase("data", "..")]
    [TestCase("data", "environment/../../x")]
    public void Refuses_a_link_that_leads_out_of_the_folder(string path, string target)
    {
        var error = TaskFolders.Complete().WithLink(path, target).Read().Errors.Single();
        Assert.That((error.File, error.Message), Is.EqualTo((path, $"is a link that leads out of the task's folder, to {target}")));
    }

    [TestCase("environment/data", "Dockerfile")]
    [TestCase("environment/data", "../tests/test.sh")]
    [TestCase("environment/data", "missing")]
    [TestCase("environment/data", "data")]
    public void Accepts_a_link_that_stays_inside(string path, string target)
    {
        Assert.That(TaskFolders.Complete().WithLink(path, target).Read().IsValid);
    }

    [Test]
    public void Sees_through_a_link_that_climbs_by_way_of_another()
    {
        var read = TaskFolders.Complete().WithLink("environment/up", "..").WithLink("out", "environment/up/../secret").Read();
        Assert.That(read.Errors.Single().File, Is.EqualTo("out"));
    }

    [Test]
    public void Refuses_a_socket_or_pipe()
    {
        var folder = TaskFolders.Complete().Build();
        var read = TaskPackageReader.Read(new TaskFolder("x", [.. folder.Entries, new TaskEntry("pipe", TaskEntryKind.Special)], path => folder.Open(folder.Find(path)!)));
        Assert.That(read.Errors.Single().File, Is.EqualTo("pipe"));
    }

    [TestCase("<!-- canary GUID 1 -->\n# terminal-bench-canary 2\n\n\nDo it.\n", "Do it.\n")]
    [TestCase("<!-- BENCHMARK DATA\n canary GUID 1\n-->\r\n\r\nDo it.\n", "Do it.\n")]
    [TestCase("<!-- a note -->\nDo it.\n", "<!-- a note -->\nDo it.\n")]
    [TestCase("# Canary deployments\nDo it.\n", "Do it.\n")]
    [TestCase("Canary releases go to one host.\n\nDo it.\n", "Canary releases go to one host.\n\nDo it.\n")]
    [TestCase("A canary file is at /app.\nDo it.\n", "A canary file is at /app.\nDo it.\n")]
    [TestCase("<!-- canary without end\nDo it.\n", "<!-- canary without end\nDo it.\n")]
    [TestCase("\uFEFFDo it.\r\n", "Do it.\r\n")]
    [TestCase("\nDo it.\nA canary sings.\n", "\nDo it.\nA canary sings.\n")]
    public void Takes_leading_canary_comments_off_the_instruction(string file, string instruction)
    {
        Assert.That(TaskFolders.Complete().With("instruction.md", file).Read().Instruction, Is.EqualTo(instruction));
    }

    [Test]
    public void Refuses_an_instruction_that_is_only_a_canary()
    {
        Assert.That(TaskFolders.Complete().With("instruction.md", "<!-- canary -->\n\n").Read().Errors.Single().Message, Is.EqualTo("is empty"));
    }

    [TestCase("task.toml")]
    [TestCase("instruction.md")]
    public void Refuses_text_in_another_encoding(string file)
    {
        Assert.That(TaskFolders.Complete().With(file, Encoding.Unicode.GetBytes("\uFEFFé")).Read().Errors.First().Message, Is.EqualTo("is not UTF-8 text"));
    }
}
