using System.Diagnostics;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.EndToEnd.Faults;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.EndToEnd.RealAgents;

/// <summary>Hands this machine's way to npm's registry on to containers, which may have none of their own.</summary>
internal sealed class NpmMirror : IAsyncDisposable
{
    private readonly ProcessMark _process;

    private NpmMirror(ProcessMark process, string address) => (_process, Address) = (process, address);

    /// <summary>Its address, as containers reach it.</summary>
    public string Address { get; }

    public static async Task<NpmMirror> StartAsync(string log)
    {
        Requires.Command("npm");
        Requires.Command("node");
        var gateway = FaultRig.Docker("network", "inspect", "bridge", "--format", "{{range .IPAM.Config}}{{.Gateway}} {{end}}").Split(' ')[0].Trim();
        var kept = Path.Combine(Path.GetTempPath(), "spark-npm-mirror");
        var process = DetachedProcess.Start(
            "node", [Path.Combine(Checkout.Root, "infra", "agents", "mirror.mjs"), gateway, kept, Registry()], log, new Dictionary<string, string?>());
        await Eventually.IsTrueAsync(() => Task.FromResult(File.Exists(log) && File.ReadAllText(log).Trim().Length > 0), "the mirror starts");
        return new NpmMirror(process, $"http://{gateway}:{File.ReadAllText(log).Trim()}");
    }

    public async ValueTask DisposeAsync() => await _process.StopAsync(ProcessMark.Kill, TimeSpan.FromSeconds(5));

    private static string Registry()
    {
        using var npm = Process.Start(new ProcessStartInfo("npm", ["config", "get", "registry"]) { RedirectStandardOutput = true })!;
        var said = npm.StandardOutput.ReadToEnd().Trim();
        npm.WaitForExit();
        return said;
    }
}
