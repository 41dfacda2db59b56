using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Tests.Domain.Tasks;

public sealed class VerifierReaderTests
{
    [TestCase("")]
    [TestCase("[verifier]\nenvironment_mode = \"shared\"")]
    public void Without_a_word_the_verifier_runs_in_the_agent_s_container(string toml) => Assert.That(Settings(toml).Separate, Is.Null);

    [TestCase("[verifier]\nenvironment_mode = \"separate\"")]
    [TestCase("[verifier.environment]\ncpus = 2")]
    public void A_mode_or_an_environment_gives_it_a_container_of_its_own(string toml) => Assert.That(Settings(toml).Separate, Is.Not.Null.And.Property("OwnImage").False);

    [Test]
    public void Its_own_environment_is_read_as_the_agent_s()
    {
        var separate = Settings("""
            [verifier]
            environment_mode = "separate"
            [verifier.environment]
            cpus = 2
            memory = "4G"
            storage_mb = 2048
            allow_internet = false
            build_timeout_sec = 900
            workdir = "/app"
            env = { A = "${B:-c}" }
            """).Separate!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((separate.Cpus, separate.MemoryMb, separate.StorageMb), Is.EqualTo((2, 4096, 2048)));
            Assert.That((separate.Network, separate.BuildTimeoutSec, separate.Workdir), Is.EqualTo(((NetworkMode?)NetworkMode.NoNetwork, 900, "/app")));
            Assert.That(separate.Env, Is.EqualTo(new Dictionary<string, string> { ["A"] = "${B:-c}" }));
        }
    }

    [Test]
    public void What_it_does_not_say_of_the_network_is_left_to_the_rest_of_the_file() =>
        Assert.That(Settings("[verifier.environment]\ncpus = 1").Separate!.Network, Is.Null);

    [Test]
    public void A_Dockerfile_beside_the_tests_is_its_image()
    {
        var read = TaskFolders.Complete("[verifier]\nenvironment_mode = \"separate\"").With("tests/Dockerfile", "FROM scratch\n").Read();
        Assert.That(read.Settings!.Separate!.OwnImage, Is.True);
        Assert.That(read.Findings.Where(finding => finding.File == "tests/Dockerfile"), Is.Empty);
    }

    [Test]
    public void Commands_that_collect_are_read_in_their_order() => Assert.That(
        Settings("""
            [[verifier.collect]]
            command = "git diff > /logs/artifacts/x.patch"
            [[verifier.collect]]
            command = "true"
            timeout_sec = 5
            user = "agent"
            """).Collect,
        Is.EqualTo((CollectCommand[])[new("git diff > /logs/artifacts/x.patch"), new("true", 5, "agent")]));

    [Test]
    public void A_collect_entry_without_a_command_is_refused() =>
        Assert.That(TaskFolders.Complete("[[verifier.collect]]\ntimeout_sec = 3").Read().Errors.Single().ToString(), Does.Contain("[verifier] collect holds an entry without a command"));

    [Test]
    public void Hosts_of_an_allowlist_are_read_for_each_phase()
    {
        var settings = Settings("""
            [environment]
            network_mode = "allowlist"
            allowed_hosts = ["a.org"]
            [agent]
            allowed_hosts = ["*.b.org:443"]
            """);
        Assert.That((settings.Network, settings.AgentNetwork, settings.VerifierNetwork), Is.EqualTo((NetworkMode.Allowlist, (NetworkMode?)NetworkMode.Allowlist, (NetworkMode?)null)));
        Assert.That((settings.AllowedHosts!.Single(), settings.AgentAllowedHosts!.Single()), Is.EqualTo(("a.org", "*.b.org:443")));
    }

    [TestCase("network_mode = \"allowlist\"", "names no host")]
    [TestCase("allowed_hosts = [\"https://a.org\"]", "\"https://a.org\", which is not a host")]
    [TestCase("allowed_hosts = [1]", "which is not a host")]
    public void A_list_that_lets_nobody_pass_is_refused(string line, string what) =>
        Assert.That(TaskFolders.Complete($"[environment]\n{line}").Read().Errors.Single().Message, Does.Contain(what));

    [TestCase("spark/sum", "/app/out.json", "/app/out.json")]
    [TestCase("other/sum", "/app/out.json", null)]
    [TestCase("spark/sum", "out.json", null)]
    public void Only_tasks_that_we_made_say_where_their_result_is(string name, string path, string? expected) =>
        Assert.That(Settings($"[task]\nname = \"{name}\"\n[metadata]\noutput_path = \"{path}\"").OutputPath, Is.EqualTo(expected));

    private static TaskSettings Settings(string toml)
    {
        var read = TaskFolders.Complete(toml).Read();
        Assert.That(read.Errors, Is.Empty);
        return read.Settings!;
    }
}
