using System.Diagnostics;
using Spark.Temporal.Tests.Support.Endpoints;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>Every kind of endpoint that users have, driven by settings alone: two turns, a long reply, its ways to fail, what it costs.</summary>
[NonParallelizable] // The way to a host, HTTP_PROXY, is one for the whole process.
public sealed class EndpointMatrixTests : LlmTestBase
{
    private static readonly EndpointMatrix Matrix = new();

    [OneTimeTearDown]
    public void Print()
    {
        if (Matrix.IsEmpty)
        {
            return;
        }

        var file = Path.Combine(TestContext.CurrentContext.WorkDirectory, "endpoint-matrix.md");
        File.WriteAllText(file, Matrix.ToString());
        TestContext.AddTestAttachment(file);
        TestContext.Out.WriteLine(Matrix.ToString());
    }

    [TestCaseSource(typeof(EndpointKinds), nameof(EndpointKinds.Names))]
    public async Task An_endpoint_works_by_settings_alone(string name)
    {
        var kind = EndpointKinds.All[name];
        var clock = Stopwatch.StartNew();
        await using var server = await EndpointServer.StartAsync(kind, Canary);
        using var proxy = ProxyScope.Of(kind, server);
        using var variables = new Variables(kind.Variables);
        (string, string)[] settings =
        [
            ("BaseUrl", server.BaseUrl),
            ("Model", kind.Model),
            ("RequestTimeoutSec", "20"),
            .. kind.Settings,
        ];
        var activities = Activities([.. settings.Select(setting => ($"Profiles:default:{setting.Item1}", setting.Item2))]);

        var row = await new EndpointRun(kind, server, activities, Store).RunAsync();

        Matrix.Add(row with { Took = clock.Elapsed });
        Assert.That(row.Faults, Is.Empty, string.Join("\n", row.Faults));
    }

    [Test]
    public void There_are_at_least_44_kinds() => Assert.That(EndpointKinds.All, Has.Count.AtLeast(44));

    private sealed class Variables : IDisposable
    {
        private readonly IReadOnlyList<(string Name, string Value)> _variables;

        public Variables(IReadOnlyList<(string Name, string Value)> variables)
        {
            _variables = variables;
            foreach (var (name, value) in variables)
            {
                Environment.SetEnvironmentVariable(name, value);
            }
        }

        public void Dispose()
        {
            foreach (var (name, _) in _variables)
            {
                Environment.SetEnvironmentVariable(name, null);
            }
        }
    }
}
