using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Tests.Domain.Tasks;

public sealed class AllowedHostsTests
{
    [TestCase("example.org", "example.org", 443, true)]
    [TestCase("example.org", "EXAMPLE.org.", 80, true)]
    [TestCase("example.org", "www.example.org", 443, false)]
    [TestCase("example.org", "example.org.evil.net", 443, false)]
    [TestCase("*.example.org", "www.example.org", 443, true)]
    [TestCase("*.example.org", "a.b.example.org", 443, true)]
    [TestCase("*.example.org", "example.org", 443, false)]
    [TestCase("*.example.org", "evilexample.org", 443, false)]
    [TestCase("example.org:443", "example.org", 443, true)]
    [TestCase("example.org:443", "example.org", 80, false)]
    [TestCase("10.0.0.1", "10.0.0.1", 1, true)]
    [TestCase("10.0.0.1:80", "10.0.0.1", 81, false)]
    [TestCase("[::1]:80", "[::1]", 80, true)]
    [TestCase("::1", "[::1]", 80, true)]
    public void A_list_lets_pass_what_it_names(string entry, string host, int port, bool passes) =>
        Assert.That(AllowedHosts.Contains([entry], host, port), Is.EqualTo(passes));

    [TestCase("example.org", true)]
    [TestCase("*.example.org:443", true)]
    [TestCase("::1", true)]
    [TestCase("", false)]
    [TestCase("*", false)]
    [TestCase("https://example.org", false)]
    [TestCase("example.org/path", false)]
    [TestCase("example.org:http", false)]
    public void An_entry_is_a_name_or_an_address(string entry, bool isOne) => Assert.That(AllowedHosts.IsEntry(entry), Is.EqualTo(isOne));

    [Test]
    public void An_empty_list_lets_nothing_pass() => Assert.That(AllowedHosts.Contains([], "example.org", 443), Is.False);
}
