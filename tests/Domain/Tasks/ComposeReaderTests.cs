using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Tests.Domain.Tasks;

public class ComposeReaderTests
{
    private const string File = "environment/docker-compose.yaml";

    /// <summary>The dialect in which the whole service is written out.</summary>
    private const string Old = """
        services:
          main:
            build:
              context: ${CONTEXT_DIR}
            image: ${MAIN_IMAGE_NAME}
            command: [ "sh", "-c", "sleep infinity" ]
            environment:
              - TEST_DIR=${TEST_DIR}
              - KEY=${OPENAI_API_KEY}
              - REGION=${REGION:-eu}
            volumes:
              - ${HOST_VERIFIER_LOGS_PATH}:${ENV_VERIFIER_LOGS_PATH}
              - ${HOST_AGENT_LOGS_PATH}:${ENV_AGENT_LOGS_PATH}
            network_mode: ${NETWORK_MODE:-bridge}
            deploy:
              resources:
                limits:
                  cpus: ${CPUS}
                  memory: ${MEMORY}
        """;

    private static TaskReadResult Read(string compose, string toml = "") => TaskFolders.Complete(toml).With(File, compose).Read();

    private static TaskSettings Valid(string compose, string toml = "")
    {
        var read = Read(compose, toml);
        Assert.That(read.Errors, Is.Empty);
        return read.Settings!;
    }

    private static string Service(string keys) => $"services:\n  main:\n    {keys.Replace("\n", "\n    ", StringComparison.Ordinal)}\n";

    [Test]
    public void Reads_the_dialect_with_the_runners_variables()
    {
        var settings = Valid(Old, "[environment]\ncpus = 2\nmemory_mb = 4096");
        Assert.That((settings.Cpus, settings.MemoryMb, settings.Network, settings.DockerImage), Is.EqualTo(((double?)2, (long?)4096, NetworkMode.Public, (string?)null)));
        Assert.That(settings.Env, Is.EqualTo(new Dictionary<string, string> { ["TEST_DIR"] = "/tests", ["KEY"] = "${OPENAI_API_KEY:-}", ["REGION"] = "${REGION:-eu}" }));
        Assert.That(settings.Compose, Is.EqualTo(new ComposeSettings()).UsingPropertiesComparer());
        Assert.That(Valid(Old, "[environment]\nnetwork_mode = \"no-network\"").Network, Is.EqualTo(NetworkMode.NoNetwork));
    }

    [Test]
    public void Reads_the_dialect_that_only_adds()
    {
        var settings = Valid(Service("""
            build:
              args: { VERSION: "3", TOKEN: }
            working_dir: /srv
            user: "1000:1000"
            entrypoint: /entry.sh --flag "two words"
            command: ["serve", "$$HOME"]
            shm_size: 2gb
            tmpfs: [/run, "/tmp:size=64m"]
            mem_limit: 512m
            cpus: 0.5
            network_mode: none
            healthcheck: { test: ["CMD", "test", "-f", "/ready"], interval: 1m30s, retries: 5 }
            """));
        Assert.That((settings.Workdir, settings.Cpus, settings.MemoryMb, settings.Network), Is.EqualTo(("/srv", (double?)0.5, (long?)512, NetworkMode.NoNetwork)));
        Assert.That(settings.Healthcheck, Is.EqualTo(new Healthcheck { Command = "'test' '-f' '/ready'", IntervalSec = 90, Retries = 5 }));
        Assert.That(settings.Compose, Is.EqualTo(new ComposeSettings
        {
            BuildArgs = new Dictionary<string, string> { ["VERSION"] = "3", ["TOKEN"] = "${TOKEN:-}" },
            User = "1000:1000",
            Entrypoint = ["/entry.sh", "--flag", "two words"],
            Command = ["serve", "$HOME"],
            ShmMb = 2048,
            Tmpfs = new Dictionary<string, string> { ["/run"] = "", ["/tmp"] = "size=64m" },
        }).UsingPropertiesComparer());
    }

    [Test]
    public void What_task_toml_says_of_variables_and_folder_stands_above()
    {
        var settings = Valid(Service("environment: { A: file, B: file }\nworking_dir: /file"), "[environment]\nworkdir = \"/toml\"\nenv = { A = \"toml\" }");
        Assert.That(settings.Workdir, Is.EqualTo("/toml"));
        Assert.That(settings.Env, Is.EqualTo(new Dictionary<string, string> { ["A"] = "toml", ["B"] = "file" }));
    }

    [Test]
    public void An_image_counts_where_nothing_is_built()
    {
        Assert.That(Valid(Service("image: org/x:1")).DockerImage, Is.Null);
        var alone = TaskFolders.Complete().Without("environment/Dockerfile").With(File, Service("image: org/x:1")).Read();
        Assert.That((alone.IsValid, alone.Settings!.DockerImage), Is.EqualTo((true, "org/x:1")));
        Assert.That(TaskFolders.Complete().Without("environment/Dockerfile").With(File, Service("user: root")).Read().Errors.Single().Message, Is.EqualTo("is missing"));
    }

    [Test]
    public void Names_the_other_services()
    {
        var settings = Valid("services:\n  db:\n    image: db\n    volumes: [data:/var, ./init.sql:/init.sql]\n  main:\n    depends_on: [db]\n    env_file: x\nvolumes:\n  data:\n");
        Assert.That(settings.Compose!.Services, Is.EqualTo(new[] { "db" }));
    }

    [Test]
    public void Follows_anchors_and_merge_keys()
    {
        var settings = Valid("x-base: &base\n  user: one\n  working_dir: /a\nservices:\n  main:\n    <<: *base\n    working_dir: /b\n");
        Assert.That((settings.Compose!.User, settings.Workdir), Is.EqualTo(("one", "/b")));
    }

    [TestCase("volumes: [\"${CONTEXT_DIR}/../..:/x\"]", 3, "service 'main': volumes: /")]
    [TestCase("volumes: [~/.ssh:/x]", 3, "service 'main': volumes: ~/.ssh is refused")]
    [TestCase("volumes: [/var/run/docker.sock:/var/run/docker.sock]", 3, "service 'main': volumes: /var/run/docker.sock is refused")]
    [TestCase("volumes: [{ type: bind, source: ../x, target: /x }]", 3, "service 'main': volumes: /x is refused")]
    [TestCase("volumes: [./data:/data]", 3, "service 'main': mounting environment/data at /data is not supported yet")]
    [TestCase("user: root\nprivileged: true", 4, "service 'main': privileged is refused")]
    [TestCase("privileged: True", 3, "service 'main': privileged is refused")]
    [TestCase("cap_add: [CHOWN, SYS_ADMIN]", 3, "service 'main': cap_add: SYS_ADMIN is refused")]
    [TestCase("network_mode: host", 3, "service 'main': network_mode: host is refused")]
    [TestCase("pid: host", 3, "service 'main': pid: host is refused")]
    [TestCase("ipc: host", 3, "service 'main': ipc: host is refused")]
    [TestCase("devices: [/dev/kvm]", 3, "service 'main': devices is refused")]
    [TestCase("deploy: { resources: { reservations: { devices: [{ capabilities: [gpu] }] } } }", 3, "service 'main': a task that needs devices")]
    [TestCase("build: { context: \"${CONTEXT_DIR}/..\" }", 3, "service 'main': build: the context")]
    [TestCase("build: { target: dev }", 3, "service 'main': build with target is not supported yet")]
    [TestCase("env_file: x", 3, "service 'main': env_file is not supported yet")]
    [TestCase("shm_size: much", 3, "service 'main': shm_size: much is not a size")]
    [TestCase("mem_limit: 1m", 3, "service 'main': mem_limit: 1m is not a size")]
    [TestCase("cpus: none", 3, "service 'main': cpus: none is not a number")]
    [TestCase("working_dir: app", 3, "service 'main': working_dir: app is not an absolute path")]
    [TestCase("image: ${X:?must}", 3, "does not parse as YAML: '${X:?must}' names a variable")]
    [TestCase("image: ${", 3, "does not parse as YAML: '${' names a variable")]
    public void Refuses_by_file_line_and_service(string keys, int line, string message)
    {
        var error = Read(Service(keys)).Errors.Single();
        Assert.That((error.File, error.Line), Is.EqualTo((File, line)));
        Assert.That(error.Message, Does.StartWith(message));
        Assert.That(error.Remedy, Is.Not.Null.And.Not.Empty);
    }

    [TestCase("services:\n  db:\n    image: x\n", 1, "there is no service 'main'")]
    [TestCase("", 0, "is empty")]
    [TestCase("- a", 1, "is not a table")]
    [TestCase("services: 3", 1, "services is not a table")]
    [TestCase("services:\n  main: 3", 1, "services is not a table")]
    [TestCase("version: '3'\n", 0, "services is not a table")]
    [TestCase("services:\n  main:\n    image: [\n", 4, "does not parse as YAML")]
    [TestCase("services:\n  main:\n  main:\n", 3, "does not parse as YAML: 'main' is given twice")]
    [TestCase("a: *b", 1, "does not parse as YAML: the anchor b")]
    public void One_finding_for_a_file_that_is_none(string file, int line, string message)
    {
        var error = Read(file).Errors.Single();
        Assert.That((error.File, error.Line), Is.EqualTo((File, line)));
        Assert.That(error.Message, Does.StartWith(message));
    }

    [Test]
    public void Bounds_what_a_file_may_make_of_little()
    {
        var bomb = "a0: &a0 [x, x]\n" + string.Concat(Enumerable.Range(1, 40).Select(i => $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n"));
        Assert.That(Read(bomb).Errors.Single().Message, Does.Contain("more than"));
        Assert.That(Read("a: " + new string('[', 100_000)).Errors.Single().Message, Does.Contain("nested more than 64 deep"));
        Assert.That(Read(Service("image: \"" + string.Concat(Enumerable.Repeat("${A:-", 50_000)) + "\"")).Errors.Single().Message, Does.Contain("names a variable"));
    }

    [TestCase("$A-${A}", "1-1")]
    [TestCase("${B:-x}${B-y}${E:-x}${E-y}", "xyx")]
    [TestCase("${A:+set}${B:+set}", "set")]
    [TestCase("${B:-${A}}", "1")]
    [TestCase("$$A ${Z}", "$A ")]
    [TestCase("a$", null)]
    [TestCase("${A", null)]
    [TestCase("${A!}", null)]
    [TestCase("${B:?}", null)]
    public void Fills_variables_as_compose_does(string text, string? filled) =>
        Assert.That(ComposeVariables.Fill(text, new Dictionary<string, string> { ["A"] = "1", ["E"] = "" }), Is.EqualTo(filled));

    [TestCase("[environment]\nnetwork_mode = \"allowlist\"\nallowed_hosts = [\"example.org\"]")]
    [TestCase("[verifier]\nallowed_hosts = [\"example.org\"]")]
    public void Several_services_have_no_network_of_listed_hosts(string toml)
    {
        var read = TaskFolders.Complete(toml).With("environment/docker-compose.yaml", "services:\n  main: {}\n  store:\n    image: debian:bookworm-slim\n").Read();
        Assert.That(read.Errors.Single().ToString(), Does.StartWith("environment/docker-compose.yaml").And.Contains("not supported yet"));
    }
}
