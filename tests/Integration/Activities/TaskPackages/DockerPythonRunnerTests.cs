using System.Text;
using Docker.DotNet;
using Docker.DotNet.Models;
using Spark.Temporal.Activities.TaskPackages;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.TaskPackages;

[Category("Docker")]
public class DockerPythonRunnerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private DockerPythonRunner _python = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        Requires.Docker();
        _python = new DockerPythonRunner { Owner = Guid.NewGuid().ToString("n") };
    }

    [OneTimeTearDown]
    public void TearDown() => _python?.Dispose();

    [Test]
    public async Task Runs_a_script_beside_its_files()
    {
        var result = await RunAsync("import other, sys; print(open('größe.txt', encoding='utf-8').read() + other.word); print('aside', file=sys.stderr); sys.exit(3)", new()
        {
            ["größe.txt"] = Encoding.UTF8.GetBytes("ä"),
            ["other.py"] = Encoding.UTF8.GetBytes("word = 'ö'"),
        });
        Assert.That(result, Is.EqualTo(new PythonResult(3, "äö\n", "aside\n")));
    }

    [Test]
    public async Task Takes_and_gives_megabytes()
    {
        var result = await RunAsync("text = open('big').read(); print(text)", new() { ["big"] = Encoding.ASCII.GetBytes(new string('x', 3_000_000)) });
        Assert.That(result.Output, Has.Length.EqualTo(3_000_001));
    }

    [TestCase("import socket; socket.create_connection(('1.1.1.1', 80), 2)", "unreachable")]
    [TestCase("open('/usr/x', 'w')", "Read-only")]
    [TestCase("open('/etc/x', 'w')", "Read-only")]
    [TestCase("import os; os.setuid(0)", "not permitted")]
    [TestCase("import os\nwhile True: os.fork() or os.execlp('sleep', 'sleep', '60')", "Resource temporarily unavailable")]
    public async Task Lets_a_script_reach_nothing(string script, string refusal)
    {
        var result = await RunAsync(script, []);
        Assert.That(result.ExitCode, Is.Not.Zero);
        Assert.That(result.Error, Does.Contain(refusal));
    }

    [Test]
    public async Task Ends_a_script_that_takes_all_memory()
    {
        Assert.That((await RunAsync("x = []\nwhile True: x.append(bytearray(10_000_000))", [])).ExitCode, Is.EqualTo(137).Or.EqualTo(1));
    }

    [Test]
    public async Task Removes_the_container_of_a_script_that_runs_too_long()
    {
        Assert.That(
            () => _python.RunAsync("import time; time.sleep(600)", new Dictionary<string, byte[]>(), TimeSpan.FromSeconds(2), default),
            Throws.TypeOf<TimeoutException>());
        await Eventually.PassesAsync(async () => Assert.That(await ContainersAsync(), Is.Zero));
    }

    [Test]
    public async Task Removes_the_container_on_cancellation()
    {
        using var cancel = new CancellationTokenSource();
        var run = _python.RunAsync("import time; time.sleep(600)", new Dictionary<string, byte[]>(), Limit, cancel.Token);
        await Eventually.PassesAsync(async () => Assert.That(await ContainersAsync(), Is.EqualTo(1)));
        await cancel.CancelAsync();
        Assert.That(async () => await run, Throws.InstanceOf<OperationCanceledException>());
        await Eventually.PassesAsync(async () => Assert.That(await ContainersAsync(), Is.Zero));
    }

    private Task<PythonResult> RunAsync(string script, Dictionary<string, byte[]> files) => _python.RunAsync(script, files, Limit, default);

    private async Task<int> ContainersAsync()
    {
        using var docker = new DockerClientBuilder().WithApiVersion(new System.Version(1, 41)).WithEndpoint(new Uri("unix:///var/run/docker.sock")).Build();
        var parameters = new ContainersListParameters
        {
            All = true,
            Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [$"spark.helper={_python.Owner}"] = true } },
        };
        return (await docker.Containers.ListContainersAsync(parameters)).Count;
    }
}
