using System.Net;
using System.Text;
using System.Text.Json;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Serve;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Wire.Encryption;
using Spark.Temporal.Wire.Encryption;

namespace Spark.Temporal.Tests.Starter.Serve;

public sealed class CodecServerTests
{
    private const string Ui = "http://127.0.0.1:8233";

    private const string Plain = """{"payloads":[{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"ImNhbmFyeSI="}]}""";

    private static readonly EncryptionKeys Keys = EncryptionKeys.Create("keys.json", "a", EncryptionKeysTests.Key(3));

    [Test]
    public async Task What_it_encodes_it_decodes()
    {
        await using var server = Start();

        var encoded = await PostAsync(server, "/encode", Plain);
        var decoded = await PostAsync(server, "/decode", encoded.Body);

        var metadata = JsonDocument.Parse(encoded.Body).RootElement.GetProperty("payloads")[0].GetProperty("metadata");
        Assert.That(Encoding.UTF8.GetString(metadata.GetProperty(EncryptionCodec.KeyIdField).GetBytesFromBase64()), Is.EqualTo("a"));
        Assert.That(encoded.Body, Does.Not.Contain("ImNhbmFyeSI="));
        Assert.That(JsonDocument.Parse(decoded.Body).RootElement.GetProperty("payloads")[0].GetProperty("data").GetString(), Is.EqualTo("ImNhbmFyeSI="));
    }

    [Test]
    public async Task A_page_of_the_UI_is_answered_and_no_other()
    {
        await using var server = Start();

        var asked = await SendAsync(server, HttpMethod.Options, "/decode", null, ("Origin", Ui), ("Access-Control-Request-Method", "POST"));
        var own = await PostAsync(server, "/decode", Plain, ("Origin", Ui));
        var other = await PostAsync(server, "/decode", Plain, ("Origin", "http://evil.example"));
        var asksOther = await SendAsync(server, HttpMethod.Options, "/decode", null, ("Origin", "http://evil.example"));

        Assert.That((asked.Status, asked.Header("Access-Control-Allow-Origin")), Is.EqualTo((HttpStatusCode.NoContent, Ui)));
        Assert.That(asked.Header("Access-Control-Allow-Headers"), Does.Contain("x-namespace").And.Contain("content-type"));
        Assert.That((own.Status, own.Header("Access-Control-Allow-Origin")), Is.EqualTo((HttpStatusCode.OK, Ui)));
        Assert.That((other.Status, other.Header("Access-Control-Allow-Origin")), Is.EqualTo((HttpStatusCode.Forbidden, (string?)null)));
        Assert.That((asksOther.Status, asksOther.Header("Access-Control-Allow-Origin")), Is.EqualTo((HttpStatusCode.Forbidden, (string?)null)));
    }

    [Test]
    public async Task A_name_that_was_made_to_lead_here_is_not_answered()
    {
        await using var server = Start();

        Assert.That((await PostAsync(server, "/decode", Plain, ("Host", "evil.example"))).Status, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task With_a_token_only_who_sends_it_is_answered()
    {
        await using var server = Start(options => options with { Token = "right" });

        Assert.That((await PostAsync(server, "/decode", Plain)).Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await PostAsync(server, "/decode", Plain, ("Authorization", "Bearer wrong"))).Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await PostAsync(server, "/decode", Plain, ("Authorization", "Bearer right"))).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("0.0.0.0")]
    [TestCase("*")]
    [TestCase("192.0.2.1")]
    public void It_is_not_opened_to_others_without_a_token(string address) => Assert.That(
        () => Start(options => options with { Address = address }), Throws.TypeOf<CliException>().With.Message.Contains("SPARK_CODEC_TOKEN"));

    [TestCase("/decode", "no json", HttpStatusCode.BadRequest, "list of payloads")]
    [TestCase("/decode", """{"payloads":[{"metadata":{"encoding":"YmluYXJ5L2VuY3J5cHRlZA==","encryption-key-id":"Yg=="},"data":"AAAA"}]}""", HttpStatusCode.BadRequest, "key 'b', which keys.json does not have")]
    [TestCase("/other", Plain, HttpStatusCode.NotFound, "/decode")]
    public async Task What_it_cannot_do_it_says(string path, string body, HttpStatusCode status, string message)
    {
        await using var server = Start();

        var answer = await PostAsync(server, path, body);

        Assert.That((answer.Status, answer.Body), Is.EqualTo((status, answer.Body)));
        Assert.That(answer.Body, Does.Contain(message));
    }

    [Test]
    public async Task Only_JSON_is_taken_and_not_without_end()
    {
        await using var server = Start();

        var form = await SendAsync(server, HttpMethod.Post, "/decode", new StringContent(Plain, Encoding.UTF8, "text/plain"));
        var long_ = await PostAsync(server, "/decode", new string(' ', 17 * 1024 * 1024));

        Assert.That(form.Status, Is.EqualTo(HttpStatusCode.UnsupportedMediaType));
        Assert.That(long_.Status, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    private static CodecServer Start(Func<CodecServerOptions, CodecServerOptions>? change = null)
    {
        var options = new CodecServerOptions { Keys = Keys, Port = DevServer.FreePort(), Origins = [Ui] };
        return CodecServer.Start(change?.Invoke(options) ?? options);
    }

    private static Task<Answer> PostAsync(CodecServer server, string path, string body, params (string Name, string Value)[] headers) =>
        SendAsync(server, HttpMethod.Post, path, new StringContent(body, Encoding.UTF8, "application/json"), headers);

    private static async Task<Answer> SendAsync(
        CodecServer server, HttpMethod method, string path, HttpContent? body, params (string Name, string Value)[] headers)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(method, server.Endpoint + path) { Content = body };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await client.SendAsync(request);
        return new Answer(
            response.StatusCode,
            await response.Content.ReadAsStringAsync(),
            response.Headers.ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase));
    }

    private sealed record Answer(HttpStatusCode Status, string Body, IReadOnlyDictionary<string, string> Headers)
    {
        public string? Header(string name) => Headers.GetValueOrDefault(name);
    }
}
