using System.Reflection;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Workflows;

namespace Spark.Temporal.Tests.Architecture;

/// <summary>Documents name what is there: sections, files, workflows, activities, messages, findings.</summary>
public sealed partial class DocumentsTests
{
    private const string Architecture = "docs/architecture.md";
    private const BindingFlags Members = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    private static readonly string[] Documents = ["README.md", "CONTRIBUTING.md", Architecture];

    private static readonly string[] Folders = ["activities", "domain", "starter", "tests", "wire", "workers", "workflows"];

    private static readonly Assembly Workflows = typeof(SearchAttributes).Assembly;

    [Test]
    public void Sections_that_comments_name_are_headings()
    {
        var headings = Heading().Matches(Text(Architecture)).Select(match => match.Groups[1].Value).ToHashSet();
        var named = Folders.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Checkout.Root, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !BuildOutput().IsMatch(file) && Path.GetFileName(file) != "DocumentsTests.cs")
            .SelectMany(file => Section().Matches(File.ReadAllText(file)).Select(match => (File: Path.GetRelativePath(Checkout.Root, file), Title: match.Groups[1].Value)))
            .ToList();

        Assert.That(named, Has.Count.GreaterThan(10));
        Assert.That(named.Where(name => !headings.Contains(name.Title)), Is.Empty);
    }

    [TestCaseSource(nameof(Documents))]
    public void Links_lead_somewhere(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Checkout.Root, document))!;
        var dead = Link().Matches(Text(document)).Select(match => match.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal))
            .Where(target => target.Split('#', 2) is var parts && !Leads(
                parts[0].Length == 0 ? Path.Combine(Checkout.Root, document) : Path.Combine(folder, parts[0]), parts.ElementAtOrDefault(1)));

        Assert.That(dead, Is.Empty);
    }

    [TestCaseSource(nameof(Documents))]
    public void Files_that_are_named_exist(string document) => Assert.That(
        FileName().Matches(Text(document)).Select(match => match.Groups[1].Value).Distinct()
            .Where(path => !Path.Exists(Path.Combine(Checkout.Root, path))),
        Is.Empty);

    [Test]
    public void The_architecture_names_every_workflow_with_its_messages()
    {
        var types = Workflows.GetTypes().Where(type => type.GetCustomAttribute<WorkflowAttribute>() is not null).ToList();
        var messages = Workflows.GetTypes().SelectMany(type => type.GetMethods(Members)).SelectMany(method => new[]
        {
            method.GetCustomAttribute<WorkflowUpdateAttribute>()?.Name,
            method.GetCustomAttribute<WorkflowQueryAttribute>()?.Name,
            method.GetCustomAttribute<WorkflowSignalAttribute>()?.Name,
        });

        Assert.That(types, Is.Not.Empty);
        AllNamed([.. types.Select(type => type.Name), .. messages.OfType<string>(), .. SearchAttributes.All.Select(key => key.Name)]);
    }

    [Test]
    public void The_architecture_names_every_activity()
    {
        // A row names the first activity of a neighbour whole, and the others without what all have in common.
        var names = Workflows.GetTypes().SelectMany(type => type.GetMethods(Members))
            .Select(method => method.GetCustomAttribute<ActivityAttribute>()?.Name).OfType<string>().Distinct().ToList();
        var text = Text(Architecture);

        Assert.That(names, Is.Not.Empty);
        Assert.That(
            names.Where(name => !Regex.IsMatch(text, $@"`{Regex.Escape(name.Split('.')[0])}\.[^|\n]*\b{Regex.Escape(name.Split('.')[1])}`")), Is.Empty);
    }

    [Test]
    public void The_architecture_names_every_finding_and_every_check_of_a_proof()
    {
        var rules = typeof(CritiqueRules).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(CritiqueRules).Namespace && type.Name.EndsWith("Rules", StringComparison.Ordinal));

        AllNamed([.. rules.Append(Workflows.GetTypes().Single(type => type.Name == "ProofChecks")).SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
            .Where(field => field.IsLiteral && field.FieldType == typeof(string)).Select(field => (string)field.GetRawConstantValue()!)]);
    }

    private static void AllNamed(IReadOnlyCollection<string> names)
    {
        var text = Text(Architecture);

        Assert.That(names, Is.Not.Empty);
        Assert.That(names.Distinct().Where(name => !text.Contains($"`{name}`", StringComparison.Ordinal)), Is.Empty);
    }

    private static bool Leads(string path, string? anchor) => Path.Exists(path) && (anchor is null
        || Heading().Matches(File.ReadAllText(path)).Any(match => Anchor(match.Groups[1].Value) == anchor));

    /// <summary>How a heading is linked to: lower case, spaces as hyphens, punctuation left out.</summary>
    private static string Anchor(string heading) =>
        new([.. heading.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_').Select(c => c == ' ' ? '-' : c)]);

    private static string Text(string document) => File.ReadAllText(Path.Combine(Checkout.Root, document));

    [GeneratedRegex(@"docs/architecture\.md,\s*(?:///?\s*)?""([^""]+)""")]
    private static partial Regex Section();

    [GeneratedRegex(@"^#+ (.+?)\s*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    // Paths that begin with a folder of the checkout and have no placeholder in them; tests/ in small letters is a task's.
    [GeneratedRegex(@"`((?:(?:activities|domain|docs|infra|starter|wire|workers|workflows)/|tests/[A-Z])[\w./-]*)`")]
    private static partial Regex FileName();

    [GeneratedRegex(@"[\\/](?:bin|obj)[\\/]")]
    private static partial Regex BuildOutput();
}
