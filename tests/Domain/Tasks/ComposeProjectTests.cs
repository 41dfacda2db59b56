using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Tests.Domain.Tasks;

public sealed class ComposeProjectTests
{
    private const string Folder = "/data/environment";

    [TestCase("\"privileged\": true", "service 'db': privileged")]
    [TestCase("\"devices\": [{\"source\": \"/dev/kvm\"}]", "service 'db': devices")]
    [TestCase("\"network_mode\": \"host\"", "service 'db': network_mode: host")]
    [TestCase("\"network_mode\": \"container:other\"", "service 'db': network_mode: container:other")]
    [TestCase("\"pid\": \"host\"", "service 'db': pid: host")]
    [TestCase("\"ipc\": \"host\"", "service 'db': ipc: host")]
    [TestCase("\"userns_mode\": \"host\"", "service 'db': userns_mode")]
    [TestCase("\"cap_add\": [\"CHOWN\", \"SYS_ADMIN\"]", "service 'db': cap_add: SYS_ADMIN")]
    [TestCase("\"cap_add\": [\"cap_net_raw\"]", "service 'db': cap_add: cap_net_raw")]
    [TestCase("\"security_opt\": [\"seccomp:unconfined\"]", "service 'db': security_opt: seccomp:unconfined")]
    [TestCase("\"volumes\": [{\"type\": \"bind\", \"source\": \"/var/run/docker.sock\", \"target\": \"/s\"}]", "service 'db': volumes: /var/run/docker.sock")]
    [TestCase("\"volumes\": [{\"type\": \"bind\", \"source\": \"/data/environment/../..\", \"target\": \"/s\"}]", "service 'db': volumes: /data/environment/../..")]
    [TestCase("\"volumes\": [{\"type\": \"bind\", \"source\": \"/data/environment-not\", \"target\": \"/s\"}]", "service 'db': volumes: /data/environment-not")]
    public void What_reaches_beyond_a_container_is_refused_by_name(string field, string expected)
    {
        var problems = Problems($"{{\"services\": {{\"main\": {{}}, \"db\": {{{field}}}}}}}");
        Assert.That(problems, Has.Exactly(1).Items);
        Assert.That(problems[0], Does.StartWith($"environment/docker-compose.yaml: {expected}"));
    }

    [TestCase("{\"services\": {\"main\": {}}, \"volumes\": {\"v\": {\"driver_opts\": {\"device\": \"/\"}}}}", "volumes: v: its driver")]
    [TestCase("{\"services\": {\"main\": {}}, \"volumes\": {\"v\": {\"external\": true}}}", "volumes: v: external")]
    [TestCase("{\"services\": {\"main\": {}}, \"networks\": {\"n\": {\"driver\": \"macvlan\"}}}", "networks: n: its driver")]
    [TestCase("{\"services\": {\"main\": {}}, \"secrets\": {\"s\": {\"file\": \"/etc/shadow\"}}}", "secrets: s: /etc/shadow")]
    [TestCase("{\"services\": {\"main\": {}}, \"configs\": {\"s\": {\"environment\": \"KEY\"}}}", "configs: s: environment")]
    [TestCase("{\"services\": {\"web\": {}}}", "there is no service 'main'")]
    public void What_services_share_must_not_lead_to_the_host(string config, string expected) =>
        Assert.That(Problems(config), Has.Exactly(1).Items.And.All.StartsWith($"environment/docker-compose.yaml: {expected}"));

    [Test]
    public void What_stays_in_the_project_is_allowed() => Assert.That(
        Problems("""
            {"services": {
              "main": {"volumes": [{"type": "bind", "source": "/home/someone/logs", "target": "/logs/verifier"}], "privileged": false, "network_mode": "bridge"},
              "db": {"volumes": [{"type": "bind", "source": "/data/environment/db.conf", "target": "/etc/db.conf"}, {"type": "volume", "source": "data", "target": "/data"}],
                     "cap_add": ["CHOWN"], "devices": [], "security_opt": ["no-new-privileges:true"]}},
             "volumes": {"data": null}, "networks": {"default": {"driver": "bridge"}}}
            """),
        Is.Empty);

    [Test]
    public void Names_labels_and_limits_are_ours()
    {
        var limited = ComposeProject.Limited(
            Parse("""
                {"name": "theirs",
                 "services": {
                   "main": {"build": {"context": "."}, "command": ["theirs"], "environment": {"A": "1", "B": "2"}, "healthcheck": {"test": ["CMD", "true"]},
                            "volumes": [{"type": "bind", "source": "/x", "target": "/logs/agent"}, {"type": "volume", "source": "data", "target": "/data"}]},
                   "db": {"image": "db", "container_name": "db", "restart": "always", "ports": [{"target": 5432, "published": "5432"}], "mem_limit": 99999999999}},
                 "networks": {"default": null}, "volumes": {"data": {"name": "shared"}}}
                """),
            Run with { Internet = false });

        var main = limited["services"]!["main"]!;
        var db = limited["services"]!["db"]!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(limited["name"]!.ToString(), Is.EqualTo("spark-1"));
            Assert.That(main["image"]!.ToString(), Is.EqualTo("sha256:1"));
            Assert.That(main["build"], Is.Null);
            Assert.That(main["healthcheck"], Is.Null);
            Assert.That(main["container_name"]!.ToString(), Is.EqualTo("spark-1"));
            Assert.That(main["command"]!.ToJsonString(), Is.EqualTo("""["echo $$HOME"]"""));
            Assert.That(main["environment"]!.ToJsonString(), Is.EqualTo("""{"A":"1","B":"pa$$ss"}"""));
            Assert.That(main["volumes"]!.AsArray(), Has.Count.EqualTo(1));
            Assert.That(db["container_name"], Is.Null);
            Assert.That(db["restart"]!.ToString(), Is.EqualTo("no"));
            Assert.That(db["ports"], Is.Null);
            Assert.That(db["expose"]!.ToJsonString(), Is.EqualTo("""["5432"]"""));
            Assert.That((long)db["mem_limit"]!, Is.EqualTo(1024));
            Assert.That(db["cap_drop"]!.ToJsonString(), Is.EqualTo("""["ALL"]"""));
            Assert.That(db["labels"]!["spark.run"]!.ToString(), Is.EqualTo("r"));
            Assert.That((bool)limited["networks"]!["default"]!["internal"]!, Is.True);
            Assert.That(limited["volumes"]!["data"]!["name"]!.ToString(), Is.EqualTo("spark-1_data"));
            Assert.That(ComposeProject.Services(limited), Is.EqualTo((string[])["main", "db"]));
        }
    }

    private static ComposeRun Run => new()
    {
        Project = "spark-1", Image = "sha256:1", Entrypoint = ["sh"], Command = ["echo $HOME"], Environment = new Dictionary<string, string> { ["B"] = "pa$ss" },
        Labels = new Dictionary<string, string> { ["spark.run"] = "r" }, Cpus = 1, MemoryBytes = 1024, Pids = 10,
    };

    private static IReadOnlyList<string> Problems(string config) => ComposeProject.Problems(Parse(config), Folder, ["CHOWN"]);

    private static JsonObject Parse(string config) => JsonNode.Parse(config)!.AsObject();
}
