using System.Reflection;
using System.Xml.Linq;
using NetArchTest.Rules;
using Spark.Temporal.Starter;
using Spark.Temporal.Workers;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Workflows;
using Temporalio.Activities;
using Temporalio.Workflows;

namespace Spark.Temporal.Tests.Architecture;

public sealed class LayeringTests
{
    private static readonly Assembly WorkflowsAssembly = typeof(TaskQueues).Assembly;

    private static readonly string Root = Support.Checkout.Root;

    [TestCase("workflows")]
    [TestCase("activities", "workflows")]
    [TestCase("workers", "activities")]
    [TestCase("starter", "workflows")]
    [TestCase("tests", "starter", "workers")]
    public void A_project_refers_only_to_the_one_below_it(string folder, params string[] allowed) => Assert.That(
        References(folder, "ProjectReference").Select(path => path.Split('/')[^2]), Is.SubsetOf(allowed));

    [TestCase("workflows", "Microsoft.CodeAnalysis.BannedApiAnalyzers", "Temporalio", "Tomlyn", "YamlDotNet")]
    [TestCase("activities", "Docker.DotNet.Enhanced", "Microsoft.Extensions.Hosting", "OpenAI")]
    [TestCase(
        "workers",
        "DotNetEnv",
        "Microsoft.Extensions.Hosting",
        "OpenTelemetry.Exporter.OpenTelemetryProtocol",
        "OpenTelemetry.Extensions.Hosting",
        "Temporalio.Extensions.Hosting",
        "YamlDotNet")]
    [TestCase("starter", "ScottPlot", "Spectre.Console", "System.CommandLine", "Temporalio", "YamlDotNet")]
    public void A_project_uses_only_packages_that_belong_there(string folder, params string[] allowed) =>
        Assert.That(References(folder, "PackageReference"), Is.SubsetOf(allowed));

    [Test]
    public void Workflows_reach_no_neighbour()
    {
        var result = Types.InAssembly(WorkflowsAssembly).ShouldNot()
            .HaveDependencyOnAny("Docker.DotNet", "OpenAI", "Npgsql", "System.Net.Http", "System.IO.File", "Microsoft.Extensions.Hosting").GetResult();

        Assert.That(result.FailingTypeNames ?? [], Is.Empty);
    }

    [Test]
    public void The_domain_knows_nothing_of_Temporal()
    {
        var result = Types.InAssembly(WorkflowsAssembly).That().ResideInNamespace("Spark.Temporal.Workflows.Domain")
            .ShouldNot().HaveDependencyOn("Temporalio").GetResult();
        var sources = Directory.GetFiles(Path.Combine(Root, "workflows", "Domain"), "*.cs", SearchOption.AllDirectories)
            .Where(file => File.ReadLines(file).Any(line => line.StartsWith("using Temporalio", StringComparison.Ordinal)));

        Assert.That(result.FailingTypeNames ?? [], Is.Empty);
        Assert.That(sources, Is.Empty);
    }

    [Test]
    public void The_command_line_reaches_no_activity() => Assert.That(
        typeof(CliOutput).Assembly.GetReferencedAssemblies().Select(name => name.Name),
        Has.None.EqualTo(typeof(IArtifactStore).Assembly.GetName().Name).And.None.EqualTo(typeof(WorkerRegistration).Assembly.GetName().Name));

    [Test]
    public void Clocks_randomness_threads_and_IO_are_banned_in_workflows()
    {
        var project = XDocument.Load(Path.Combine(Root, "workflows", "Spark.Temporal.Workflows.csproj"));
        var banned = File.ReadAllText(Path.Combine(Root, "workflows", "BannedSymbols.txt"));

        Assert.That(project.Descendants("AdditionalFiles").Select(file => (string?)file.Attribute("Include")), Has.Some.EqualTo("BannedSymbols.txt"));
        foreach (var symbol in new[]
        {
            "P:System.DateTime.UtcNow", "T:System.Random", "T:System.Threading.Thread", "T:System.IO.File", "T:System.Environment",
            "M:System.Guid.NewGuid", "T:System.Net.Http.HttpClient", "T:System.Diagnostics.Process",
        })
        {
            Assert.That(banned, Does.Contain($"{symbol};"));
        }
    }

    [Test]
    public void Every_activity_has_a_name_of_its_own_that_says_whose_it_is()
    {
        var attributes = WorkflowsAssembly.GetTypes().Concat(typeof(IArtifactStore).Assembly.GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static))
            .Select(method => (Method: $"{method.DeclaringType}.{method.Name}", Attribute: method.GetCustomAttribute<ActivityAttribute>()))
            .Where(found => found.Attribute is not null).DistinctBy(found => found.Method).ToList();

        Assert.That(attributes, Is.Not.Empty);
        Assert.That(attributes.Where(found => found.Attribute!.Name is null).Select(found => found.Method), Is.Empty);
        Assert.That(attributes.Select(found => found.Attribute!.Name), Is.Unique.And.All.Match("^[a-z]+\\.[a-z_]+$"));
    }

    [Test]
    public void Every_workflow_stands_in_a_file_named_for_it() => Assert.That(
        WorkflowsAssembly.GetTypes().Where(type => type.GetCustomAttribute<WorkflowAttribute>() is not null)
            .Where(type => Directory.GetFiles(Path.Combine(Root, "workflows"), $"{type.Name}.workflow.cs", SearchOption.AllDirectories).Length != 1)
            .Select(type => type.Name),
        Is.Empty);

    private static List<string> References(string folder, string kind) =>
        [.. Directory.GetFiles(Path.Combine(Root, folder), "*.csproj").SelectMany(file => XDocument.Load(file).Descendants(kind))
            .Select(reference => (string)reference.Attribute("Include")!)];
}
