using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Spark.Temporal.Wire;
using Spark.Temporal.Workers;

namespace Spark.Temporal.Tests.Architecture;

/// <summary>What a stranger reads first agrees with what is built.</summary>
public sealed class FrontDoorTests
{
    [TestCase("CHANGELOG.md", @"(?m)^## (\d\S*)")]
    [TestCase("CITATION.cff", @"(?m)^version: (\S+)$")]
    [TestCase("Directory.Build.props", "<VersionPrefix>(.+)</VersionPrefix>")]
    public void Names_the_version_that_is_built(string file, string pattern) =>
        Assert.That(Regex.Match(Read(file), pattern).Groups[1].Value, Is.EqualTo(ProductVersion.Number));

    [Test]
    public void The_security_policy_supports_the_version_that_is_built() =>
        Assert.That(Read("SECURITY.md"), Does.Contain($"| {string.Join('.', ProductVersion.Number.Split('.')[..2])}.x | yes |"));

    [Test]
    public void No_project_has_a_version_of_its_own() => Assert.That(
        Projects().Where(project => Regex.IsMatch(File.ReadAllText(project), "<(Version|VersionPrefix|AssemblyVersion|FileVersion|PackageVersion)>")), Is.Empty);

    [Test]
    public void A_worker_is_of_the_version_that_is_built_unless_it_is_told_another() => Assert.Multiple(() =>
    {
        Assert.That(WorkerRegistration.VersionOf("", versioned: true).Version!.BuildId, Is.EqualTo(ProductVersion.Number));
        Assert.That(WorkerRegistration.VersionOf("blue", versioned: true).Version!.BuildId, Is.EqualTo("blue"));
    });

    // The sum of the text at apache.org, which licence scanners know.
    [Test]
    public void The_licence_is_the_standard_text() => Assert.That(
        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Support.Checkout.Root, "LICENSE")))),
        Is.EqualTo("cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"));

    private static string Read(string file) => File.ReadAllText(Path.Combine(Support.Checkout.Root, file));

    // The solution lists them: folders of builds may hold copies.
    private static IEnumerable<string> Projects() => Regex.Matches(Read("Spark.Temporal.sln"), "\"([^\"]+\\.csproj)\"")
        .Select(match => Path.Combine(Support.Checkout.Root, match.Groups[1].Value.Replace('\\', '/')));
}
