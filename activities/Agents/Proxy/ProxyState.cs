using System.Net;
using Spark.Temporal.Activities.Artifacts;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>What the proxy keeps in the worker's state folder: the secret of its tokens, its port, the runs' accounts.</summary>
internal sealed class ProxyState
{
    private readonly string _folder;

    public ProxyState(string stateFolder)
    {
        _folder = KeptText.Folder(Path.Combine(stateFolder, "agents"));
        Secret = KeptText.Secret(Path.Combine(_folder, "secret"));
        Accounts = new RunAccounts(_folder);
        Accounts.Sweep(DateTime.UtcNow);
    }

    public byte[] Secret { get; }

    public RunAccounts Accounts { get; }

    /// <summary>The port that containers know: the same after a restart.</summary>
    public int Port(IPAddress address) => KeptText.Port(Path.Combine(_folder, "port"), address);
}
