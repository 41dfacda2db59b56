using Spark.Temporal.Domain.Judging;

namespace Spark.Temporal.Tests.Domain.Judging;

/// <summary>What of an agent's changes comes into the container of a clean verifier.</summary>
public sealed class CleanCopyTests
{
    private static readonly ImageNames Image = ImageNames.Read(
        "D /usr/bin\nP /usr/bin/python3\nP /usr/bin/cat\nD /app/bin\nP /app/bin/tool\nK /app/pkg\nM json\nM queue\nM test\nM _pytest\n");

    [TestCase("/usr/bin/cat", true)]
    [TestCase("/app/answer.txt", false)]
    [TestCase("/app/.git/objects/ab/cd", false)]
    [TestCase("/app/.git/config", true)]
    [TestCase("/app/.git/hooks/post-commit", true)]
    [TestCase("/app/evil-1.dist-info/entry_points.txt", true)]
    [TestCase("/opt/conda/lib/python3.12/json/__init__.py", true)]
    [TestCase("/opt/venv/pyvenv.cfg", true)]
    [TestCase("/root/.cargo/env", true)]
    [TestCase("/app/GNUmakefile", true)]
    [TestCase("/app/Makefile", false)]
    public void Paths_that_act_by_themselves_stay_behind(string path, bool stays) =>
        Assert.That(CleanCopy.Reason(path) is not null, Is.EqualTo(stays));

    [Test]
    public void A_git_file_in_the_place_of_a_repository_stays_behind() =>
        Assert.That((CleanCopy.Reason("/app/.git"), CleanCopy.Reason("/app/.git", isFolder: false) is not null), Is.EqualTo(((string?)null, true)));

    [TestCase("/app/json.py", true, true)]
    [TestCase("/app/json.pyc", true, true)]
    [TestCase("/app/json.cpython-311-x86_64-linux-gnu.so", true, true)]
    [TestCase("/app/json/__init__.py", true, true)]
    [TestCase("/app/json/data.txt", true, false)]
    [TestCase("/app/json.py", false, false, Description = "the image has it")]
    [TestCase("/app/pkg/queue.py", true, false, Description = "in a package")]
    [TestCase("/app/test/__init__.py", true, false)]
    [TestCase("/app/mine.py", true, false)]
    [TestCase("/app/bin/cat", true, true)]
    [TestCase("/app/bin/tool", false, false, Description = "the image's own")]
    [TestCase("/app/bin/new", true, false)]
    public void Names_that_the_image_finds_elsewhere_stay_behind(string path, bool added, bool stays) =>
        Assert.That(Image.Reason(path, added) is not null, Is.EqualTo(stays));

    [TestCase("/app/bin", true)]
    [TestCase("/app", true)]
    [TestCase("/data/json", true)]
    [TestCase("/data/other", false)]
    public void Links_that_turn_a_search_path_stay_behind(string path, bool stays) =>
        Assert.That(Image.ReasonOfLink(path) is not null, Is.EqualTo(stays));

    [TestCase("/app/queue.py", "assert run('/app/queue.py')", true)]
    [TestCase("/app/queue.py", "myqueue.py", false)]
    [TestCase("/app/bin/cat", "cat x", false)]
    [TestCase("/app/json", "import json", false)]
    public void Only_the_file_of_a_module_is_excused_by_tests(string path, string tests, bool named) =>
        Assert.That(ImageNames.IsNamed(path, tests), Is.EqualTo(named));

    [TestCase("[project]\nname = \"a\"\ndependencies = [\"pytest>=8\"]\n", "[project]\nname = \"a\"\ndependencies = [\"pytest>=8\"]\n")]
    [TestCase("[project]\nname = \"a\"\n[tool.pytest.ini_options]\naddopts = \"-p evil\"\n[tool.black]\nx = 1\n", "[project]\nname = \"a\"\n[tool.black]\nx = 1\n")]
    [TestCase("[metadata]\nname = a\n[tool:pytest]\naddopts = -p evil\n", "[metadata]\nname = a")]
    [TestCase("[pytest]\naddopts = -p evil\n[tox]\na = b", "[tox]\na = b")]
    [TestCase("tool.pytest.ini_options.addopts = \"-p evil\"\n", null)]
    [TestCase("[tool.\"pyte\\u0073t\".x]\na = 1\n", null)]
    [TestCase("[tool]\npytest = { ini_options = { addopts = \"-p evil\" } }\n", null)]
    public void Settings_of_pytest_are_taken_out(string text, string? rest) =>
        Assert.That(TestSettings.Remove(text), Is.EqualTo(rest));
}
