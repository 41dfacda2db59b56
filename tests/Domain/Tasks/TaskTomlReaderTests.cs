using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Tests.Domain.Tasks;

public class TaskTomlReaderTests
{
    private static TaskSettings Valid(string toml)
    {
        var read = TaskFolders.Complete(toml).Read();
        Assert.That(read.Errors, Is.Empty);
        return read.Settings!;
    }

    [TestCase("a = ", "[", "]")]
    [TestCase("a = ", "{b=", "}")]
    public void What_is_nested_without_end_is_a_finding_and_no_crash(string before, string open, string close)
    {
        string Repeated(string text) => string.Concat(Enumerable.Repeat(text, 50_000));

        var read = TaskFolders.Complete($"version = \"1.0\"\n{before}{Repeated(open)}{Repeated(close)}\n").Read();

        Assert.That(read.Errors.Single().ToString(), Does.Contain("task.toml").And.Contain("nested more than 64 deep"));
    }

    [TestCase("")]
    [TestCase("version = \"1.0\"")]
    [TestCase("version = \"0.0\"")]
    [TestCase("schema_version = \"1.4\"")]
    [TestCase("schema_version = \"1.1\"\nversion = \"1.0\"")]
    [TestCase("# canary 1\nversion = \"1.0\"\n[metadata]\n")]
    [TestCase("version = \"1.0\"\n[metadata]\ntags = [\n \"a\",\n \"b\",\n]\nscore = 0.5\n[metadata.more]\nx = 1979-05-27\n")]
    [TestCase("version = \"1.0\"\n[task]\nname = \"org/name\"\nkeywords = []\n[[task.authors]]\nname = \"名前\"")]
    [TestCase("[environment]\nmcp_servers = []\ngpu_types = []\ngpus = 0\nos = \"linux\"\n[verifier]\ncollect = []\nenvironment_mode = \"shared\"")]
    public void Reads_a_task_of_this_dialect_with_the_defaults(string toml)
    {
        Assert.That(Valid(toml), Is.EqualTo(new TaskSettings()).UsingPropertiesComparer());
    }

    [Test]
    public void Reads_every_field()
    {
        var settings = Valid("""
            schema_version = "1.4"
            source = "somewhere"
            artifacts = ["/app/out.json", { source = "/app/dir", exclude = ["*.pyc"] }]
            [task]
            name = "org/name"
            [agent]
            timeout_sec = 30
            user = "agent"
            network_mode = "no-network"
            [verifier]
            timeout_sec = 43200.5
            user = 1000
            network_mode = "public"
            env = { KEY = "${OPENAI_API_KEY}", EMPTY = "${X:-}" }
            [solution.env]
            TOKEN = "${TOKEN:-none}"
            [environment]
            docker_image = "org/image:1"
            build_timeout_sec = 900.0
            cpus = 1.5
            memory_mb = 4096.0
            storage_mb = 10240
            network_mode = "no-network"
            workdir = "/app"
            skills_dir = "/skills"
            allow_new_privileges = true
            [environment.env]
            GOPROXY = "off"
            [environment.healthcheck]
            command = "test -f /ready"
            interval_sec = 1
            timeout_sec = 2.5
            start_period_sec = 0
            start_interval_sec = 0.5
            retries = 7
            """);
        Assert.That(settings, Is.EqualTo(new TaskSettings
        {
            AgentTimeoutSec = 30,
            AgentUser = "agent",
            AgentNetwork = NetworkMode.NoNetwork,
            VerifierTimeoutSec = 43200.5,
            VerifierUser = "1000",
            VerifierNetwork = NetworkMode.Public,
            VerifierEnv = new Dictionary<string, string> { ["KEY"] = "${OPENAI_API_KEY}", ["EMPTY"] = "${X:-}" },
            SolutionEnv = new Dictionary<string, string> { ["TOKEN"] = "${TOKEN:-none}" },
            DockerImage = "org/image:1",
            BuildTimeoutSec = 900,
            Cpus = 1.5,
            MemoryMb = 4096,
            StorageMb = 10240,
            Network = NetworkMode.NoNetwork,
            Workdir = "/app",
            SkillsDir = "/skills",
            AllowNewPrivileges = true,
            Env = new Dictionary<string, string> { ["GOPROXY"] = "off" },
            Healthcheck = new Healthcheck { Command = "test -f /ready", IntervalSec = 1, TimeoutSec = 2.5, StartIntervalSec = 0.5, Retries = 7 },
            Artifacts = [new ArtifactPath("/app/out.json"), new ArtifactPath("/app/dir", ["*.pyc"])],
        }).UsingPropertiesComparer());
    }

    [TestCase("2G", 2048)]
    [TestCase("1g", 1024)]
    [TestCase("512M", 512)]
    [TestCase("1.5GiB", 1536)]
    [TestCase("10240K", 10)]
    public void Reads_a_size_as_older_files_write_it(string size, long mebibytes)
    {
        var settings = Valid($"[environment]\nmemory = \"{size}\"\nstorage = \"{size}\"");
        Assert.That((settings.MemoryMb, settings.StorageMb), Is.EqualTo((mebibytes, mebibytes)));
    }

    [TestCase("true", NetworkMode.Public)]
    [TestCase("false", NetworkMode.NoNetwork)]
    public void Reads_allow_internet(string allowed, NetworkMode mode)
    {
        Assert.That(Valid($"[environment]\nallow_internet = {allowed}").Network, Is.EqualTo(mode));
    }

    [Test]
    public void Accepts_windows_line_ends_and_a_byte_order_mark()
    {
        Assert.That(Valid("\uFEFFversion = \"1.0\"\r\n\r\n[agent]\r\ntimeout_sec = 5\r\n").AgentTimeoutSec, Is.EqualTo(5));
    }

    [TestCase("[agent]\nreasoning_effort = \"high\"", "task.toml:2: note: [agent] reasoning_effort is not a known key")]
    [TestCase("\n[tags]\na = 1", "task.toml:2: note: tags is not a known key")]
    [TestCase("[environment]\nimage = \"python:3.12\"", "task.toml:2: note: [environment] image is not a known key")]
    [TestCase("[environment]\nmemory = \"2G\"", "task.toml:2: note: [environment] memory is the older spelling of memory_mb = 2048")]
    [TestCase("[environment]\nallow_internet = false", "task.toml:2: note: [environment] allow_internet is the older spelling of network_mode = \"no-network\"")]
    [TestCase("version = \"1.0\"\nschema_version = \"1.1\"", "task.toml:2: note: schema_version is given beside version; schema_version counts")]
    [TestCase("[task]\nname = \"hello\"", "task.toml:2: warning: [task] name = \"hello\" is not of the form org/name")]
    [TestCase("[environment]\nartifacts = [\"/x\"]", "task.toml:2: warning: [environment] artifacts belongs to the root of the file")]
    public void Goes_on_with_a_finding(string toml, string finding)
    {
        var read = TaskFolders.Complete(toml).Read();
        Assert.That(read.Errors, Is.Empty);
        Assert.That(read.Findings.Select(found => found.ToString()), Has.One.StartsWith(finding));
    }

    [TestCase("[agent]\ntimeout_sec = 0", 2, "[agent] timeout_sec = 0 is not possible")]
    [TestCase("[agent]\ntimeout_sec = -5.0", 2, "[agent] timeout_sec = -5 is not possible")]
    [TestCase("[agent]\ntimeout_sec = 604801", 2, "[agent] timeout_sec = 604801 is not possible")]
    [TestCase("[agent]\ntimeout_sec = nan", 2, "[agent] timeout_sec = NaN is not possible")]
    [TestCase("[agent]\ntimeout_sec = inf", 2, "[agent] timeout_sec")]
    [TestCase("[agent]\ntimeout_sec = \"60\"", 2, "[agent] timeout_sec is a string where a number is expected")]
    [TestCase("agent = 5", 1, "agent is a whole number where a table is expected")]
    [TestCase("[verifier]\n\ntimeout_sec = 1e9", 3, "[verifier] timeout_sec")]
    [TestCase("[verifier]\nenvironment_mode = \"odd\"", 2, "[verifier] environment_mode = \"odd\" is not known")]
    [TestCase("[verifier]\nenv = [\"A=b\"]", 2, "[verifier] env is a list where a table is expected")]
    [TestCase("[verifier.env]\nA = 5", 2, "[verifier.env] A is a whole number where a string is expected")]
    [TestCase("[verifier.env]\nA = \"x-${B}\"", 2, "[verifier.env] A: a template is only a part of the value")]
    [TestCase("[environment]\nbuild_timeout_sec = 0", 2, "[environment] build_timeout_sec")]
    [TestCase("[environment]\ncpus = 0", 2, "[environment] cpus = 0 is not possible")]
    [TestCase("[environment]\ncpus = 1025", 2, "[environment] cpus = 1025 is not possible")]
    [TestCase("[environment]\ncpus = true", 2, "[environment] cpus is true or false where a number is expected")]
    [TestCase("[environment]\nmemory_mb = 1.5", 2, "[environment] memory_mb = 1.5 is not")]
    [TestCase("[environment]\nmemory_mb = 100.5", 2, "[environment] memory_mb = 100.5 is not a whole number")]
    [TestCase("[environment]\nmemory_mb = -1", 2, "[environment] memory_mb = -1 is not possible")]
    [TestCase("[environment]\nmemory_mb = 16777217", 2, "[environment] memory_mb = 16777217 is not possible")]
    [TestCase("[environment]\nmemory = \"17T\"", 2, "[environment] memory = \"17T\" is not possible")]
    [TestCase("[environment]\nmemory = \"much\"", 2, "[environment] memory = \"much\" is not a size")]
    [TestCase("[environment]\nmemory = 2048", 2, "[environment] memory is a whole number where a string is expected")]
    [TestCase("[environment]\nmemory = \"2G\"\nmemory_mb = 4096", 2, "[environment] memory = \"2G\" contradicts memory_mb")]
    [TestCase("[environment]\nstorage_mb = 0", 2, "[environment] storage_mb = 0 is not possible")]
    [TestCase("[environment]\nallow_internet = true\nnetwork_mode = \"no-network\"", 2, "[environment] allow_internet contradicts network_mode")]
    [TestCase("[environment]\nnetwork_mode = \"wifi\"", 2, "[environment] network_mode = \"wifi\" is not known")]
    [TestCase("[environment]\nworkdir = \"app\"", 2, "[environment] workdir = \"app\" is not an absolute path")]
    [TestCase("[environment.healthcheck]\nretries = 3", 1, "[environment.healthcheck] command is missing")]
    [TestCase("[environment]\nhealthcheck = { command = \"true\", retries = 0 }", 2, "[environment.healthcheck] retries = 0 is not possible")]
    [TestCase("artifacts = \"/app\"", 1, "artifacts is a string where a list is expected")]
    [TestCase("artifacts = [\"app\"]", 1, "artifacts holds something that is not a path")]
    [TestCase("version = 1.0", 1, "version is a number where a string is expected")]
    [TestCase("metadata = 3", 1, "metadata is a whole number where a table is expected")]
    [TestCase("[task]\nname = 3", 2, "[task] name is a whole number where a string is expected")]
    [TestCase("version = \"1.0\"\n[agent\ntimeout_sec = 3", 2, "does not parse as TOML")]
    [TestCase("a = 1\n\na = 2", 3, "does not parse as TOML")]
    [TestCase("text = \"one\ntwo\"", 1, "does not parse as TOML")]
    public void Refuses_what_cannot_be(string toml, int line, string message)
    {
        var errors = TaskFolders.Complete(toml).Read().Errors.ToList();
        Assert.That(errors, Has.Count.EqualTo(1));
        Assert.That(errors[0].Message, Does.StartWith(message));
        Assert.That((errors[0].File, errors[0].Line), Is.EqualTo(("task.toml", line)));
        Assert.That(errors[0].Remedy, Is.Not.Null.And.Not.Empty);
    }

    [TestCase("[environment]\ngpus = 1", 2, "a task that needs GPUs")]
    [TestCase("[environment]\ntpu = \"v5\"", 2, "a task that needs a TPU")]
    [TestCase("[environment]\nos = \"windows\"", 2, "os = \"windows\"")]
    [TestCase("[environment]\n[[environment.mcp_servers]]\nname = \"x\"", 2, "a task with MCP servers")]
    public void Refuses_by_name_what_is_not_supported_yet(string toml, int line, string what)
    {
        var errors = TaskFolders.Complete(toml).Read().Errors.ToList();
        Assert.That(errors, Has.Count.EqualTo(1));
        Assert.That(errors[0].Message, Does.StartWith(what).And.Contains("is not supported yet"));
        Assert.That(errors[0].Line, Is.EqualTo(line));
    }

    [TestCase("plain", null, null)]
    [TestCase("$HOME", null, null)]
    [TestCase("${VAR}", "VAR", null)]
    [TestCase("${VAR:-}", "VAR", "")]
    [TestCase("${VAR:-a b}", "VAR", "a b")]
    public void Knows_a_template(string value, string? variable, string? fallback)
    {
        var template = EnvTemplate.Parse(value);
        Assert.That((template?.Variable, template?.Default), Is.EqualTo((variable, fallback)));
        Assert.That(EnvTemplate.Problem(value), Is.Null);
    }
}
