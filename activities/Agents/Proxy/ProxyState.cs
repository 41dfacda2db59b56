using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Spark.Temporal.Activities.Artifacts;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>What the proxy keeps in the worker's state folder: the secret of its tokens, its port, the runs' accounts.</summary>
internal sealed class ProxyState
{
    private const int SecretBytes = 32;

    private readonly string _folder;

    public ProxyState(string stateFolder)
    {
        _folder = KeptText.Folder(Path.Combine(stateFolder, "agents"));
        Secret = Convert.FromHexString(Kept("secret", () => Convert.ToHexString(RandomNumberGenerator.GetBytes(SecretBytes))));
        Accounts = new RunAccounts(_folder);
        Accounts.Sweep(DateTime.UtcNow);
    }

    public byte[] Secret { get; }

    public RunAccounts Accounts { get; }

    /// <summary>The port that containers know: the same after a restart.</summary>
    public int Port(IPAddress address) => int.Parse(Kept("port", () => Free(address).ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

    private static int Free(IPAddress address)
    {
        using var probe = new TcpListener(address, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private string Kept(string name, Func<string> make) => KeptText.Of(Path.Combine(_folder, name), make);
}
