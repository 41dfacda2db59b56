namespace Spark.Temporal.Tests.Domain.Tasks;

/// <summary>Whatever a compose file says, it is read or refused: with the file's name and a remedy, and without an exception.</summary>
public sealed class ComposeFormsTests
{
    private static readonly string[] Main =
    [
        "image: a", "image: [a]", "build: .", "build: ./other", "build: { context: ., dockerfile: Dockerfile }", "build: { context: .., args: [A=1, B] }", "build: { args: { A: 1, B: null, C: true } }",
        "build: [1]", "build: { args: 3 }", "command: run this", "command: [a, 'b c']", "command: { a: 1 }", "command: null", "entrypoint: sh -c 'x y'", "entrypoint: []", "entrypoint: 3", "user: 1000", "user: [a]",
        "working_dir: /a", "working_dir: a", "working_dir: [a]", "environment: [A=1, B]", "environment: { A: 1, B: null, C: '${X}', D: '${X:-y}', E: '$$x' }", "environment: 3", "environment: [[a]]", "env_file: .env",
        "cpus: 2", "cpus: many", "cpus: '${CPUS}'", "mem_limit: 2g", "mem_limit: x", "mem_limit: 512m", "deploy: { resources: { limits: { cpus: '1.5', memory: 1G } } }", "deploy: { resources: { limits: 3 } }", "deploy: { replicas: 2 }", "deploy: 3",
        "shm_size: 128mb", "shm_size: x", "shm_size: 1048576", "tmpfs: /a", "tmpfs: [/a, '/b:size=1m']", "tmpfs: { a: 1 }", "tmpfs: [a]", "network_mode: none", "network_mode: host", "network_mode: bridge", "network_mode: '${NETWORK_MODE:-bridge}'",
        "network_mode: 'service:x'", "networks: [a]", "volumes: ['./a:/b']", "volumes: ['data:/b:ro']", "volumes: [{ type: bind, source: /, target: /b }]", "volumes: [{ type: volume, source: d, target: /b }]", "volumes: [{ type: tmpfs, target: /b }]",
        "volumes: ['/var/run/docker.sock:/var/run/docker.sock']", "volumes: ['~/x:/y']", "volumes: ['${CONTEXT_DIR}/../..:/y']", "volumes: ['${HOST_VERIFIER_LOGS_PATH}:${ENV_VERIFIER_LOGS_PATH}']", "volumes: 3", "volumes: [/only]", "privileged: true", "privileged: false",
        "cap_add: [SYS_ADMIN]", "cap_add: ALL", "cap_drop: [ALL]", "security_opt: ['seccomp:unconfined']", "devices: ['/dev/a:/dev/a']", "pid: host", "ipc: host", "ports: ['80:80']", "healthcheck: { test: [CMD, 'true'], interval: 1s }", "depends_on: [main]",
        "stdin_open: true", "tty: true", "init: true", "restart: always", "platform: linux/amd64", "extends: { file: x, service: y }", "profiles: [a]", "hostname: a", "extra_hosts: ['a:1.2.3.4']", "ulimits: { nproc: 3 }", "labels: { a: b }", "sysctls: { a: 1 }",
        "userns_mode: host", "runtime: nvidia", "gpus: all", "secrets: [a]", "configs: [a]", "unknown_key: 1", "container_name: x", "logging: { driver: none }", "cgroup_parent: x", "isolation: x", "read_only: true", "dns: 1.1.1.1", "environment: { A: '${B:?must}' }", "command: '${'",
    ];

    private static readonly string[] Files =
    [
        "", "a", "[]", "services: 3", "services: {}", "services: { main: 3 }", "services: { other: { image: a } }", "services:\n  main:\n\timage: a", "version: '3'\nservices: { main: {} }\nvolumes: { d: {} }", "services: { main: {} }\nnetworks: { a: { external: true } }",
        "services: { main: {} }\nsecrets: { a: { file: x } }", "services: { main: {} }\nconfigs: { a: { file: x } }", "include: [x]\nservices: { main: {} }", "x-a: &a { image: b }\nservices: { main: { <<: *a } }", "services: { main: {}, main: {} }", "services: { main: null }\nname: x", "a: *b", "--- 1\n--- 2",
    ];

    [Test]
    public void A_key_of_main_is_read_or_refused([ValueSource(nameof(Main))] string key) => Read($"services:\n  main:\n    {key}\n");

    [Test]
    public void A_key_of_another_service_is_read_or_refused([ValueSource(nameof(Main))] string key) => Read($"services:\n  main: {{}}\n  other:\n    image: debian:bookworm-slim\n    {key}\n");

    [Test]
    public void A_file_is_read_or_refused([ValueSource(nameof(Files))] string text) => Read(text);

    private static void Read(string text)
    {
        var read = TaskFolders.Complete().With("environment/docker-compose.yaml", text).Read();
        Assert.That(read.Errors.Where(error => error.File != "environment/docker-compose.yaml" || string.IsNullOrEmpty(error.Remedy)), Is.Empty);
    }
}
