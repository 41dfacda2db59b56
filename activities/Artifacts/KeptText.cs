using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Spark.Temporal.Activities.Artifacts;

/// <summary>A short text that is made once and kept in a file, for every process of a folder.</summary>
internal static class KeptText
{
    /// <summary>Makes a folder that only this user can enter.</summary>
    public static string Folder(string path)
    {
        var folder = Directory.CreateDirectory(path).FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return folder;
    }

    /// <summary>A secret of 32 bytes that is the same after a restart.</summary>
    public static byte[] Secret(string path) => Convert.FromHexString(Of(path, () => Convert.ToHexString(RandomNumberGenerator.GetBytes(32))));

    /// <summary>A port that containers know, and so the same after a restart; at first a free one.</summary>
    public static int Port(string path, IPAddress address) => int.Parse(Of(path, () => Free(address)), CultureInfo.InvariantCulture);

    /// <summary>The text of a file, made where it is missing.</summary>
    /// <param name="path">The file, in a folder that only the worker's user can enter.</param>
    /// <param name="make">Makes the text.</param>
    public static string Of(string path, Func<string> make)
    {
        if (!File.Exists(path))
        {
            var temporary = $"{path}.{Guid.NewGuid():n}";
            File.WriteAllText(temporary, make());

            // Another worker of this folder may be quicker; its file counts for both.
            _ = ExclusiveFile.TryName(temporary, path);
            File.Delete(temporary);
        }

        return File.ReadAllText(path).Trim();
    }

    private static string Free(IPAddress address)
    {
        using var probe = new TcpListener(address, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
