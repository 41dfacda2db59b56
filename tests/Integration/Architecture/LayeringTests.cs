using System.Reflection;
using System.Xml.Linq;
using NetArchTest.Rules;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Workflows;

namespace Spark.Temporal.Tests.Architecture;

public sealed class LayeringTests
{
    private static readonly Assembly WorkflowsAssembly = typeof(TaskQueues).Assembly;

    private static readonly string Root = Support.Checkout.Root;

    [TestCase("domain")]
    [TestCase("wire", "domain")]
    [TestCase("workflows", "domain")]
    [TestCase("activities", "wire", "workflows")]
    [TestCase("workers", "activities")]
    [TestCase("starter", "wire", "workflows")]
    [TestCase("tests/Domain", "domain")]
    [TestCase("tests/Support", "starter", "workers")]
    [TestCase("tests/Integration", "Support")]
    [TestCase("tests/EndToEnd", "Support")]
    public void A_project_refers_only_to_the_one_below_it(string folder, params string[] allowed) => Assert.That(
        References(folder, "ProjectReference").Select(path => path.Split('/')[^2]), Is.SubsetOf(allowed));

    [TestCase("domain", "Microsoft.CodeAnalysis.BannedApiAnalyzers", "Tomlyn", "YamlDotNet")]
    [TestCase("wire", "Temporalio", "YamlDotNet")]
    [TestCase("workflows", "Microsoft.CodeAnalysis.BannedApiAnalyzers", "Temporalio")]
    [TestCase("activities", "Docker.DotNet.Enhanced", "Microsoft.Extensions.Hosting", "Microsoft.ML.Tokenizers", "Microsoft.ML.Tokenizers.Data.O200kBase", "OpenAI")]
    [TestCase(
        "workers",
        "DotNetEnv",
        "Microsoft.Extensions.Hosting",
        "OpenTelemetry.Exporter.OpenTelemetryProtocol",
        "OpenTelemetry.Extensions.Hosting",
        "Temporalio.Extensions.Hosting",
        "YamlDotNet")]
    [TestCase("starter", "DiffPlex", "Spectre.Console", "System.CommandLine", "Temporalio", "YamlDotNet")]
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
    public void The_domain_knows_nothing_of_Temporal_or_of_the_file_system()
    {
        var result = Types.InAssembly(typeof(PlainText).Assembly)
            .ShouldNot().HaveDependencyOnAny("Temporalio", "Docker.DotNet", "System.Net.Http", "System.IO.File", "System.IO.Directory").GetResult();

        Assert.That(result.FailingTypeNames ?? [], Is.Empty);
    }

    [TestCase("Spark.Temporal.Domain", "Temporalio", "Docker.DotNet", "OpenAI", "Npgsql", "Microsoft.Extensions.Hosting")]
    [TestCase("Spark.Temporal.Workflows", "Spark.Temporal.Wire", "Docker.DotNet", "OpenAI", "Npgsql", "Microsoft.Extensions.Hosting")]
    [TestCase("Spark.Temporal.Wire", "Spark.Temporal.Workflows", "Spark.Temporal.Activities", "Docker.DotNet", "OpenAI")]
    [TestCase("spark", "Spark.Temporal.Activities", "spark-worker", "Docker.DotNet", "OpenAI")]
    public void No_reference_leads_there_by_whatever_way(string assembly, params string[] forbidden)
    {
        Assert.That(ReferenceClosure.Of(assembly).Intersect(forbidden), Is.Empty);
        Assert.That(ReferenceClosure.Of("spark-worker"), Does.Contain("Docker.DotNet").And.Contain("OpenAI"), "the worker reaches them, through the activities");
    }

    [TestCase("domain")]
    [TestCase("workflows")]
    public void Clocks_randomness_threads_and_IO_are_banned(string folder)
    {
        var project = XDocument.Load(Directory.GetFiles(Path.Combine(Root, folder), "*.csproj").Single());
        var banned = File.ReadAllText(Path.Combine(Root, folder, "BannedSymbols.txt"));

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

    [TestCase("domain", "Spark.Temporal.Domain")]
    [TestCase("workflows", "Spark.Temporal.Workflows")]
    public void Nothing_that_is_banned_is_used(string folder, string assembly)
    {
        var banned = BannedSymbols.Read(Path.Combine(Root, folder, "BannedSymbols.txt"));

        Assert.That(banned.UsesIn(Path.Combine(AppContext.BaseDirectory, assembly + ".dll")), Is.Empty);
        var elsewhere = banned.UsesIn(Path.Combine(AppContext.BaseDirectory, "Spark.Temporal.Activities.dll"));
        Assert.That(elsewhere, Has.Some.EndsWith(" uses System.IO.File.Exists").And.Some.Contains(" uses System.Guid.NewGuid").And.Some.Contains("DateTime.get_UtcNow"), "where it is allowed it is seen");
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
