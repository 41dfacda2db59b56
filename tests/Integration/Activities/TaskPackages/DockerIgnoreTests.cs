using Spark.Temporal.Activities.TaskPackages;

namespace Spark.Temporal.Tests.Activities.TaskPackages;

public class DockerIgnoreTests
{
    [TestCase("", "a", false)]
    [TestCase("# a\n#b", "a", false)]
    [TestCase("a", "a", true)]
    [TestCase("a", "a/b/c", true)]
    [TestCase("a", "b/a", false)]
    [TestCase("a", "ab", false)]
    [TestCase("/a", "a", true)]
    [TestCase("a/", "a/b", true)]
    [TestCase("./a/../b", "b", true)]
    [TestCase("  a  \r\n", "a", true)]
    [TestCase("\uFEFFa", "a", true)]
    [TestCase("*.txt", "a.txt", true)]
    [TestCase("*.txt", "d/a.txt", false)]
    [TestCase("*/a", "d/a", true)]
    [TestCase("*/a", "d/e/a", false)]
    [TestCase("**/*.txt", "a.txt", true)]
    [TestCase("**/*.txt", "d/e/a.txt", true)]
    [TestCase("d/**", "d/e/a", true)]
    [TestCase("d/**/a", "d/a", true)]
    [TestCase("d/**/a", "d/e/f/a", true)]
    [TestCase("**", "a/b", true)]
    [TestCase("a?", "ab", true)]
    [TestCase("a?", "a/", false)]
    [TestCase("[ab].c", "b.c", true)]
    [TestCase("[^ab].c", "b.c", false)]
    [TestCase("a+b.c", "a+b.c", true)]
    [TestCase("a.c", "abc", false)]
    [TestCase("*\n!a", "a", false)]
    [TestCase("*\n!a", "b", true)]
    [TestCase("!a\n*", "a", true)]
    [TestCase("d\n!d/keep", "d/keep/x", false)]
    [TestCase("d\n!d/keep\nd/keep/no", "d/keep/no", true)]
    [TestCase("**", "Dockerfile", false)]
    [TestCase("**", ".dockerignore", false)]
    [TestCase("**", "sub/Dockerfile", true)]
    public void Follows_the_rules(string rules, string path, bool ignored)
    {
        Assert.That(new DockerIgnore(rules).Ignores(path), Is.EqualTo(ignored));
    }
}
