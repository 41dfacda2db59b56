using System.Net;
using Spark.Temporal.Wire.Encryption;

namespace Spark.Temporal.Starter.Serve;

/// <summary>Where a codec server listens, and who may call it.</summary>
internal sealed record CodecServerOptions
{
    /// <summary>The token that callers must send; a variable, because it does not belong on a command line.</summary>
    public const string TokenVariable = "SPARK_CODEC_TOKEN";

    public required EncryptionKeys Keys { get; init; }

    public required int Port { get; init; }

    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Origins whose pages may call it, such as <c>http://127.0.0.1:8233</c>.</summary>
    public IReadOnlyList<string> Origins { get; init; } = [];

    public string? Token { get; init; }

    public bool IsLocal => Address == "localhost" || (IPAddress.TryParse(Address, out var ip) && IPAddress.IsLoopback(ip));

    /// <summary>
    /// Names that it answers to. On this machine only the machine's own names, so that a foreign page whose name was made to
    /// point here gets no answer.
    /// </summary>
    public IReadOnlyList<string> Hosts => IsLocal ? [.. new[] { Address, "localhost" }.Distinct()]
        : Address is "*" or "0.0.0.0" or "::" ? ["*"]
        : [Address];

    /// <summary>The web UI's origins at a port of this machine.</summary>
    public static IReadOnlyList<string> LocalUi(string ip, int port) => [.. new[] { $"http://{ip}:{port}", $"http://localhost:{port}" }.Distinct()];
}
