using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Sandbox;

/// <summary>Containers whose network lets only listed hosts pass.</summary>
[Category("Docker")]
public sealed class AllowlistTests
{
    /// <summary>Asks the proxy for an address, with the credentials of its own address or with others; or asks past it.</summary>
    private const string Ask = """
        p=${http_proxy#http://}; cred=${p%@*}; addr=${p#*@}
        ask() {
            exec 3<>/dev/tcp/${addr%:*}/${addr#*:} || return
            printf 'GET http://%s/ HTTP/1.1\r\nHost: other\r\nProxy-Authorization: Basic %s\r\n\r\n' "$1" "$(printf %s "${2:-$cred}" | base64 -w0)" >&3
            cat <&3 | tr -d '\r'; exec 3>&-
        }

        """;

    [Test]
    public async Task Only_listed_hosts_are_reached_by_the_agent_and_only_its_own_by_the_verifier()
    {
        await using var app = LocalServer.Build();
        app.MapGet("/", (Microsoft.AspNetCore.Http.HttpRequest request) => $"served {request.Host}");
        var listed = new Uri(await LocalServer.StartAsync(app)).Authority;
        await using var bench = new SandboxBench();
        var settings = new TaskSettings { Network = NetworkMode.Allowlist, AllowedHosts = [listed], VerifierAllowedHosts = ["example.org"] };
        var started = await bench.StartAsync(settings: settings);

        var (_, answers) = await bench.TurnAsync(started.Container, 1, 60,
        [
            $"{Ask}ask {listed}",
            $"{Ask}ask localhost:1",
            $"{Ask}ask {listed} 5b5d:00",
            "timeout 5 bash -c 'echo > /dev/tcp/1.1.1.1/80' 2>/dev/null || echo cut",
            $"timeout 5 bash -c 'echo > /dev/tcp/{listed.Replace(':', '/')}' 2>/dev/null || echo cut",
        ]);
        bench.RestartWorker();
        await bench.Services.GetRequiredService<HostsProxy>().ResumeAsync(CancellationToken.None);
        var (_, again) = await bench.TurnAsync(started.Container, 2, 60, [$"{Ask}ask {listed} || echo away"]);
        var verdict = await bench.VerifyAsync(
            started.Container, $"#!/bin/bash\n{Ask}ask {listed} | grep -q 'is not among the task' && echo 1 > /logs/verifier/reward.txt\n", settings);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(answers[0].Content, Does.StartWith("HTTP/1.1 200 OK\n").And.Contains($"served {listed}"));
            Assert.That(answers[1].Content, Does.StartWith("HTTP/1.1 403").And.Contains("localhost:1 is not among"));
            Assert.That(answers[2].Content, Does.StartWith("HTTP/1.1 407"));
            Assert.That(answers[3].Content, Does.Contain("cut"));
            Assert.That(answers[4].Content, Does.Contain("cut"));
            Assert.That(again[0].Content, Does.Contain("served"), "the same address after a restart of the worker");
            Assert.That(verdict.Reward, Is.EqualTo(1), "the verifier has a list of its own");
        }
    }

    [Test]
    public async Task A_verifier_with_the_whole_network_has_no_proxy_of_the_agent()
    {
        await using var bench = new SandboxBench();
        var settings = new TaskSettings { AgentNetwork = NetworkMode.Allowlist, AgentAllowedHosts = ["example.org"] };
        var started = await bench.StartAsync(settings: settings);
        var verdict = await bench.VerifyAsync(
            started.Container, "#!/bin/bash\n[ -z \"$http_proxy\" ] && grep -q 00000000 <(tail -n +2 /proc/net/route | cut -f2) && echo 1 > /logs/verifier/reward.txt\n", settings);
        Assert.That(verdict.Reward, Is.EqualTo(1));
    }
}
