using System.Security.Cryptography;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Wire.Encryption;

namespace Spark.Temporal.Starter.Configuration;

/// <summary>Key files on disk: readable by their owner alone, and written whole or not at all.</summary>
internal static class KeyFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The keys that the environment names, null where it names none.</summary>
    /// <exception cref="CliException">The file is missing or broken.</exception>
    public static EncryptionKeys? FromEnvironment() => Readable(() => EncryptionKeys.Load(Environment.GetEnvironmentVariable(EncryptionKeys.Variable), File.ReadAllText));

    /// <exception cref="CliException">The file is missing or broken.</exception>
    public static EncryptionKeys Read(string path) => File.Exists(path) ? Readable(() => EncryptionKeys.Load(path, File.ReadAllText))!
        : throw new CliException($"there is no key file '{path}'; make one with: spark keys new {path}");

    public static byte[] NewKey() => RandomNumberGenerator.GetBytes(EncryptionKeys.KeyBytes);

    /// <summary>An id that says when the key was made.</summary>
    public static string NewId() => $"{DateTime.UtcNow:yyyyMMdd}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(2))}";

    /// <summary>Writes a new file.</summary>
    /// <exception cref="CliException">There is one already, or it cannot be written.</exception>
    public static void Create(EncryptionKeys keys)
    {
        if (Path.Exists(keys.Path))
        {
            throw new CliException($"{keys.Path} exists, and payloads encrypted with its keys need them; add a key with: spark keys add {keys.Path}");
        }

        Write(keys, keys.Path, FileMode.CreateNew);
    }

    /// <summary>Writes the keys over their file.</summary>
    public static void Replace(EncryptionKeys keys)
    {
        // A link stays a link: the file that it points to is replaced.
        var target = File.ResolveLinkTarget(keys.Path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(keys.Path);
        var temporary = $"{target}.{Environment.ProcessId}";
        Write(keys, temporary, FileMode.Create);
        File.Move(temporary, target, overwrite: true);
    }

    /// <summary>Whether users other than its owner can read a file.</summary>
    public static bool OthersCanRead(string path) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != 0;

    private static void Write(EncryptionKeys keys, string path, FileMode mode)
    {
        try
        {
            var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerOnly;
            }

            using var writer = new StreamWriter(path, options);
            writer.Write(keys.ToJson());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"the key file cannot be written: {failure.Message}");
        }
    }

    private static T Readable<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FormatException mistake)
        {
            throw new CliException(mistake.Message);
        }
    }
}
