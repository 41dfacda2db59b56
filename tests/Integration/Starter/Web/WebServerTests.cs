using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Spark.Temporal.Starter.Web;

namespace Spark.Temporal.Tests.Starter.Web;

public sealed class WebServerTests
{
    [TestCase("localhost", HttpStatusCode.OK)]
    [TestCase("127.0.0.1", HttpStatusCode.OK)]
    [TestCase("rebound.example", HttpStatusCode.NotFound)]
    public async Task It_answers_to_its_own_names_only(string host, HttpStatusCode status)
    {
        await using var server = WebServer.Start(WebAddress.Loopback(0), app => app.MapGet("/", context => context.Response.WriteAsync("here")));
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{server.Port}/") { Headers = { Host = host } };

        using var answer = await http.SendAsync(request);

        Assert.That(answer.StatusCode, Is.EqualTo(status));
    }

    [TestCase("[::1]", "::1", true)]
    [TestCase("[::1]", "[::1]", true)]
    [TestCase("SPARK.example", "spark.example", true)]
    [TestCase("*", "anything", true)]
    [TestCase("192.0.2.7", "192.0.2.8", false)]
    public void A_name_is_compared_without_case_and_brackets(string own, string called, bool known) =>
        Assert.That(new WebAddress("127.0.0.1", [own], 0).IsNamed(called), Is.EqualTo(known));

    [Test]
    public async Task A_taken_port_is_told_in_the_words_of_the_system()
    {
        await using var first = WebServer.Start(WebAddress.Loopback(0), _ => { });

        Assert.That(() => WebServer.Start(WebAddress.Loopback(first.Port), _ => { }), Throws.TypeOf<IOException>().With.Message.EqualTo("Address already in use"));
    }

    [TestCase("192.0.2.1")]
    [TestCase("no-such-host.invalid")]
    public void Where_it_cannot_listen_it_says_so(string bind) =>
        Assert.That(() => WebServer.Start(new WebAddress(bind, ["*"], 0), _ => { }), Throws.TypeOf<IOException>());

    [Test]
    public async Task It_stops_though_a_request_is_never_answered()
    {
        var asked = new TaskCompletionSource();
        var server = WebServer.Start(WebAddress.Loopback(0), app => app.MapGet("/", async context =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, app.Lifetime.ApplicationStopping);
        }));
        using var http = new HttpClient();
        var waiting = http.GetAsync($"http://127.0.0.1:{server.Port}/");
        await asked.Task;

        await server.DisposeAsync();

        Assert.That(async () => await waiting, Throws.TypeOf<HttpRequestException>());
        await using var next = WebServer.Start(WebAddress.Loopback(server.Port), _ => { });
        Assert.That(next.Port, Is.EqualTo(server.Port));
    }
}
