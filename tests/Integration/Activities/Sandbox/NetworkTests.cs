using Microsoft.AspNetCore.Builder;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Sandbox;

/// <summary>What a container with network access reaches, and what it does not.</summary>
[Category("Docker")]
public sealed class NetworkTests
{
    /// <summary>A server in a container, and a look from another or the same.</summary>
    private const string Serve =
        "(perl -MIO::Socket -e '$s = IO::Socket::INET->new(Listen => 5, LocalPort => 8080, ReuseAddr => 1) or die; while ($c = $s->accept) { print $c \"served\\n\"; close $c }' > /dev/null 2>&1 &) ; sleep 1; echo up";

    [Test]
    public async Task Containers_of_trials_do_not_reach_each_other()
    {
        await using var bench = new SandboxBench();
        var one = await bench.StartAsync(ordinal: 1);
        var two = await bench.StartAsync(ordinal: 2);
        await bench.TurnAsync(one.Container, 1, 30, [Serve]);
        var address = (await bench.Gateway.AddressesAsync(one.Container, CancellationToken.None)).Single();
        var (_, own) = await bench.TurnAsync(one.Container, 2, 30, [Look(address)]);
        var (_, other) = await bench.TurnAsync(two.Container, 1, 30, [Look(address)]);
        Assert.That((own[0].Content, other[0].Content), Is.EqualTo(("served\n", "cut\n")));

        // Nor does a verifier that enters the network only for itself.
        var settings = new TaskSettings { AgentNetwork = NetworkMode.NoNetwork };
        var three = await bench.StartAsync(settings: settings, ordinal: 3);
        var verdict = await bench.VerifyAsync(three.Container, $"#!/bin/bash\n[ \"$({Look(address)})\" = cut ] && grep -q 00000000 <(tail -n +2 /proc/net/route | cut -f2) && echo 1 > /logs/verifier/reward.txt\n", settings);
        Assert.That(verdict.Reward, Is.EqualTo(1));
    }

    [Test]
    public async Task They_reach_the_place_of_the_model_proxy_and_names_are_resolved_by_the_engine()
    {
        await using var bench = new SandboxBench();
        var host = (await bench.Gateway.GatewayAddressAsync(PhaseNetworks.Engines, CancellationToken.None))!;
        await using var app = LocalServer.Build(address: host);
        app.MapGet("/", (Microsoft.AspNetCore.Http.HttpContext context) => $"from {context.Connection.RemoteIpAddress!.MapToIPv4()}");
        var port = new Uri(await LocalServer.StartAsync(app)).Port;
        var started = await bench.StartAsync();
        var own = (await bench.Gateway.AddressesAsync(started.Container, CancellationToken.None)).Single();
        var (_, answers) = await bench.TurnAsync(
            started.Container, 1, 30, [$"exec 3<>/dev/tcp/{host}/{port}; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; tail -n 1 <&3; echo; grep -c nameserver /etc/resolv.conf"]);
        Assert.That(answers[0].Content, Is.EqualTo($"from {own}\n1\n"), "its own address is seen, by which its token is known");
    }

    [Test]
    public async Task A_container_of_an_older_version_leaves_the_engine_s_network_too()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync();
        await bench.Gateway.DisconnectAsync(started.Container, PhaseNetworks.Open, CancellationToken.None);
        await bench.Gateway.ConnectAsync(started.Container, PhaseNetworks.Engines, CancellationToken.None);
        var verdict = await bench.VerifyAsync(
            started.Container, "#!/bin/bash\n[ \"$(ls /sys/class/net)\" = lo ] && echo 1 > /logs/verifier/reward.txt\n", new TaskSettings { VerifierNetwork = NetworkMode.NoNetwork });
        Assert.That(verdict.Reward, Is.EqualTo(1));
    }

    [Test]
    public async Task Trials_share_one_network_and_leave_no_other()
    {
        var networks = new HashSet<string>();
        await using (var bench = new SandboxBench())
        {
            await Task.WhenAll(Enumerable.Range(1, 4).Select(ordinal => bench.StartAsync(ordinal: ordinal, shell: false)));
            networks.UnionWith(await OursAsync());
        }

        Assert.That(networks.Where(name => name == PhaseNetworks.Open).Count(), Is.EqualTo(1));
        Assert.That(await OursAsync(), Is.SubsetOf((string[])[PhaseNetworks.Open, HostsProxy.Network]));
    }

    private static async Task<string[]> OursAsync() =>
        (await ProgramRun.RunAsync("docker", ["network", "ls", "--format", "{{.Name}}", "--filter", $"label={SandboxLabels.Shared}"])).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string Look(string address) => $"timeout 4 bash -c 'exec 3<>/dev/tcp/{address}/8080; cat <&3' 2>/dev/null || echo cut";
}
