using Spark.Temporal.Wire;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Wire;

public sealed class ServerConnectionTests
{
    [TestCase("TEMPORAL_TLS_CLIENT_CERT_PATH")]
    [TestCase("TEMPORAL_TLS_CLIENT_KEY_PATH")]
    [TestCase("TEMPORAL_TLS_SERVER_CA_CERT_PATH")]
    [TestCase("TEMPORAL_CONFIG_FILE")]
    public void A_file_that_is_not_there_is_named_with_its_variable(string name) => Assert.That(
        () => ServerConnection.Given(() => new TemporalClientConnectOptions(), variable => variable == name ? "/no/such.pem" : null, File.Exists),
        Throws.TypeOf<FormatException>().With.Message.EqualTo($"{name} names /no/such.pem, and there is no such file; fix the path, or unset the variable"));

    [Test]
    public void A_certificate_without_its_key_is_refused_before_anybody_is_called()
    {
        var half = new TemporalClientConnectOptions("127.0.0.1:1") { Tls = new TlsOptions { ClientCert = [1] } };
        var whole = new TemporalClientConnectOptions("127.0.0.1:1") { Tls = new TlsOptions { ClientCert = [1], ClientPrivateKey = [2] } };

        Assert.That(() => ServerConnection.Given(() => half, _ => null, File.Exists), Throws.TypeOf<FormatException>().With.Message.Contains("set both TEMPORAL_TLS_CLIENT_CERT_PATH"));
        Assert.That(ServerConnection.Given(() => whole, _ => null, File.Exists), Is.SameAs(whole));
    }

    [Test]
    public void What_the_SDK_cannot_read_is_said_in_one_line() => Assert.That(
        () => ServerConnection.Given(() => throw new InvalidOperationException("TOML parse error\nat line 1"), _ => null, File.Exists),
        Throws.TypeOf<FormatException>().With.Message.Contains("TEMPORAL_CONFIG_FILE names) cannot be used: TOML parse error at line 1"));
}
