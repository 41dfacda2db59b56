using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Configuration;
using Spark.Temporal.Activities.Redaction;

namespace Spark.Temporal.Tests.Activities.Redaction;

public sealed class SecretRedactorTests
{
    private const string Secret = "s3cr3t/with \"quotes\"+é";

    private static readonly SecretRedactor Redactor = new([Secret, "plain-secret-value", "plain-secret"]);

    [Test]
    public void Every_way_to_write_a_value_is_masked()
    {
        string[] written =
        [
            Secret,
            JsonSerializer.Serialize(Secret)[1..^1],
            Uri.EscapeDataString(Secret),
            Uri.EscapeDataString(Secret).Replace("%2F", "%2f").Replace("%2B", "%2b").Replace("%C3%A9", "%c3%a9"),
            Uri.EscapeDataString(Secret).Replace("%20", "+"),
        ];

        Assert.That(written.Select(text => Redactor.Redact($"<{text}>")), Is.All.Match(@"^<\[redacted\]\**>$"));
    }

    [Test]
    public void Base64_of_anything_that_holds_a_value_no_longer_gives_it() => Prop.ForAll<byte[], byte[]>((before, after) =>
    {
        var secret = Encoding.UTF8.GetBytes("plain-secret-value");
        byte[] text = [.. before ?? [], .. secret, .. after ?? []];
        return new[] { Convert.ToBase64String(text), Convert.ToBase64String(text).Replace('+', '-').Replace('/', '_') }.All(encoded =>
        {
            var redacted = Redactor.Redact(encoded);
            return redacted.Length == encoded.Length && redacted.Contains(SecretRedactor.Mark, StringComparison.Ordinal);
        });
    }).QuickCheckThrowOnFailure();

    [TestCase("a plain-secret-value b", "a [redacted]******** b", Description = "the longer of two that begin alike")]
    [TestCase("plain-secretplain-secret", "[redacted]**[redacted]**")]
    [TestCase("plain-secre", "plain-secre")]
    [TestCase("", "")]
    public void A_mark_is_as_long_as_what_it_stands_for(string text, string expected) => Assert.That(Redactor.Redact(text), Is.EqualTo(expected));

    [Test]
    public void A_short_value_is_masked_by_stars_alone() => Assert.That(new SecretRedactor(["12345678"]).Redact("a12345678b"), Is.EqualTo("a********b"));

    [Test]
    public void JSON_stays_JSON_with_all_else_as_it_was()
    {
        var json = JsonSerializer.Serialize(new { before = "x", secret = $"a {Secret} b", nested = new[] { "plain-secret", "y" } });

        var redacted = Redactor.RedactKnown(json);

        Assert.That(redacted, Has.Length.EqualTo(json.Length).Or.Length.EqualTo(Encoding.UTF8.GetByteCount(json)));
        var read = JsonDocument.Parse(redacted).RootElement;
        Assert.That(read.GetProperty("before").GetString(), Is.EqualTo("x"));
        Assert.That(read.GetProperty("secret").GetString(), Does.Match(@"^a \[redacted\]\** b$"));
        Assert.That(read.GetProperty("nested")[1].GetString(), Is.EqualTo("y"));
    }

    [TestCase("OPENAI_API_KEY", "long-enough", true)]
    [TestCase("github_token", "long-enough", true)]
    [TestCase("DB_PASSWORD", "long-enough", true)]
    [TestCase("client-secret", "long-enough", true)]
    [TestCase("OPENAI_API_KEY", "short12", false)]
    [TestCase("HOME_FOLDER", "long-enough", false)]
    [TestCase("SPARK_ENCRYPTION_KEYS", "spark-keys.json", false)]
    [TestCase("KeyVariable", "SOME_API_KEY", false)]
    [TestCase("MaxTokensField", "MaxCompletionTokens", false)]
    [TestCase("TLS_CLIENT_KEY_PATH", "secrets/client.pem", false)]
    [TestCase("SIGNING_KEY", "/etc/passwd", false)]
    public void Names_tell_what_is_a_secret(string name, string value, bool secret)
    {
        var environment = new Dictionary<string, string> { [name] = value };
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new($"Some:Section:{name}", value)]).Build();

        Assert.That(SecretRedactor.For(environment, []).Redact(value) != value, Is.EqualTo(secret));
        Assert.That(SecretRedactor.For(new Dictionary<string, string>(), [], settings).Redact(value) != value, Is.EqualTo(secret));
    }

    [Test]
    public void A_variable_that_settings_name_is_a_secret_whatever_it_is_called()
    {
        var environment = new Dictionary<string, string> { ["MINE"] = "abc123" };

        Assert.That(SecretRedactor.For(environment, ["MINE"]).Redact("abc123"), Is.EqualTo("******"));
        Assert.That(SecretRedactor.For(environment, []).Redact("abc123"), Is.EqualTo("abc123"));
    }

    [Test]
    public async Task A_log_line_is_masked_however_it_is_written()
    {
        var output = new StringWriter();
        await using (var writer = new RedactingWriter(output, Redactor))
        {
            writer.Write("1 plain-secret");
            writer.WriteLine("2 plain-secret");
            writer.Write("3 {0}", "plain-secret");
            writer.Write("4 plain-secret".ToCharArray());
            await writer.WriteLineAsync("5 plain-secret");
            writer.WriteLine(new StringBuilder("6 plain-secret"));
        }

        Assert.That(output.ToString(), Does.Not.Contain("plain-secret").And.Match("1.*\n?2.*\n3.*4.*5.*\n6"));
    }
}
