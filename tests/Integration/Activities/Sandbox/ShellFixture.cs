using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Sandbox;

/// <summary>A container with the agent's shell in it, as bash or, where an image has none, as sh.</summary>
public abstract class ShellFixture(string shell)
{
    protected string Shell => shell;

    private protected SandboxBench Bench { get; private set; } = null!;
    private protected string Container { get; private set; } = "";

    /// <summary>The number of the last turn.</summary>
    private protected int Turn { get; private set; }

    [OneTimeSetUp]
    public async Task Start()
    {
        Bench = new SandboxBench(options => options.PidsLimit = 200);
        var image = await Bench.BuildAsync(
            $"FROM debian:bookworm-slim\n{(shell == "sh" ? "RUN rm -f /bin/bash /usr/bin/bash\n" : "")}WORKDIR /home\n");
        Container = (await Bench.StartAsync(image.Image)).Container;
    }

    [OneTimeTearDown]
    public async Task Remove() => await Bench.DisposeAsync();

    protected int NextTurn() => ++Turn;

    protected async Task<string> RunAsync(string command)
    {
        var (_, answers) = await Bench.TurnAsync(Container, NextTurn(), 20, [command]);
        return answers[0].Content;
    }

    protected async Task<List<string>> ProcessesAsync(string prefix)
    {
        var list = await RunProbeAsync("for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline 2>/dev/null; echo; done");
        return [.. list.Split('\n').Where(line => line.StartsWith(prefix, StringComparison.Ordinal))];
    }

    protected async Task<string?> ReadAsync(string path)
    {
        var text = await RunProbeAsync($"cat {path} 2>/dev/null || echo MISSING");
        return text == "MISSING\n" ? null : text;
    }

    protected Task<string> RunProbeAsync(string command) => Probe.RunAsync(Bench.Gateway, Container, command);
}
