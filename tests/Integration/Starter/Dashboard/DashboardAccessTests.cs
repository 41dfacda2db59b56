using System.Net;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Dashboard;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Dashboard;

[Category("Server")]
public sealed class DashboardAccessTests
{
    private SparkSession _session = null!;

    [OneTimeSetUp]
    public async Task OpenSession() => _session = await SparkSession.OpenAsync(
        new CliOutput(TextWriter.Null, TextWriter.Null), new() { NeedsWorker = false, Variables = await TemporalServer.VariablesAsync() }, CancellationToken.None);

    [OneTimeTearDown]
    public ValueTask CloseSession() => _session?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Test]
    public async Task On_this_machine_it_answers_to_its_own_name_only()
    {
        await using var server = Start(null, null);
        using var http = Client();
        using var foreign = new HttpRequestMessage(HttpMethod.Get, server.Address) { Headers = { Host = "rebound.example" } };
        using var page = await http.GetAsync(server.Address);

        Assert.Multiple(async () =>
        {
            Assert.That(page.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(page.Headers.GetValues("Content-Security-Policy").Single(), Does.Contain("default-src 'none'").And.Contains("script-src 'self'").And.Not.Contains("unsafe"));
            Assert.That((await http.SendAsync(foreign)).IsSuccessStatusCode, Is.False, "a name that was made to point here");
            Assert.That((await http.PostAsync(server.Address, null)).StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
            Assert.That((await http.GetAsync($"{server.Address}assets/../page.html")).IsSuccessStatusCode, Is.False);
            Assert.That((await http.GetAsync($"{server.Address}assets/none.js")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        });
    }

    [Test]
    public async Task Elsewhere_it_asks_for_the_token_and_takes_it_out_of_the_address()
    {
        await using var server = Start("0.0.0.0", null);
        using var http = Client();
        var token = new Uri(server.EntryAddress).Query["?token=".Length..];
        using var entered = await http.GetAsync(server.EntryAddress);
        using var withCookie = new HttpRequestMessage(HttpMethod.Get, server.Address);
        withCookie.Headers.Add("Cookie", entered.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        using var withBearer = new HttpRequestMessage(HttpMethod.Get, server.Address) { Headers = { Authorization = new("Bearer", token) } };

        Assert.Multiple(async () =>
        {
            Assert.That(token, Has.Length.EqualTo(32));
            Assert.That((await http.GetAsync(server.Address)).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
            Assert.That((await http.GetAsync($"{server.Address}events")).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
            Assert.That((await http.GetAsync($"{server.Address}?token={token}x")).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
            Assert.That((entered.StatusCode, entered.Headers.Location!.ToString()), Is.EqualTo((HttpStatusCode.SeeOther, "/")));
            Assert.That(entered.Headers.GetValues("Set-Cookie").Single(), Does.Contain("HttpOnly").And.Contains("SameSite=Strict"));
            Assert.That((await http.SendAsync(withCookie)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That((await http.SendAsync(withBearer)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        });
    }

    [TestCase(null, "127.0.0.1 localhost")]
    [TestCase("localhost", "127.0.0.1 localhost")]
    [TestCase("::1", "[::1]")]
    [TestCase("0.0.0.0", "*")]
    [TestCase("192.0.2.7", "192.0.2.7")]
    public void It_answers_to_its_names_and_asks_for_a_token_anywhere_but_here(string? bind, string names)
    {
        var access = DashboardAccess.Of(bind, null);

        Assert.That(string.Join(' ', access.Hosts), Is.EqualTo(names));
        Assert.That(access.Local, Is.EqualTo(!names.Contains('*') && !names.Contains("192")));
    }

    [TestCase("nowhere", null, "--bind nowhere is not an address")]
    [TestCase(null, "guess", "--token has fewer than 12 characters")]
    public void What_cannot_be_meant_is_refused(string? bind, string? token, string why) =>
        Assert.That(() => DashboardAccess.Of(bind, token), Throws.TypeOf<CliException>().With.Message.Contains(why));

    [Test]
    public async Task A_batch_goes_on_without_it_where_its_port_is_taken()
    {
        var port = DevServer.FreePort();
        var told = new StringWriter();
        var output = new CliOutput(TextWriter.Null, told);
        await using var first = DashboardHost.TryStart(_session, "night", new DashboardRequest(Port: port), output);
        await using var second = DashboardHost.TryStart(_session, "night", new DashboardRequest(Port: port), output);
        await using var declined = DashboardHost.TryStart(_session, "night", new DashboardRequest(false, port), output);
        await using var piped = DashboardHost.TryStart(_session, "night", new DashboardRequest(), output);

        Assert.That((first is null, second, declined, piped), Is.EqualTo((false, (DashboardServer?)null, (DashboardServer?)null, (DashboardServer?)null)));
        Assert.That(told.ToString(), Does.Contain($"http://127.0.0.1:{port}/#/batch/night").And.Contains($"No dashboard: port {port} is taken"));
    }

    private DashboardServer Start(string? bind, string? token) =>
        DashboardServer.Start(DevServer.FreePort(), new DashboardFeed(_session), DashboardAccess.Of(bind, token));

    private static HttpClient Client() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
}
