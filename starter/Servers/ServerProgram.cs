using Spark.Temporal.Starter.Cli;
using Temporalio.Testing;

namespace Spark.Temporal.Starter.Servers;

/// <summary>The program <c>temporal</c>: on PATH, else the one that the SDK downloads.</summary>
internal static class ServerProgram
{
    private static string DownloadFolder => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".cache", "spark-temporal");

    /// <summary>Its path without using the network; null when it is not found.</summary>
    public static string? Find() => OnPath("temporal") ?? Downloaded();

    /// <summary>Its path; it is downloaded when it is missing.</summary>
    /// <exception cref="CliException">It is missing and cannot be downloaded.</exception>
    public static async Task<string> ObtainAsync(CliOutput output, CancellationToken cancellationToken)
    {
        if (Find() is { } found)
        {
            return found;
        }

        output.Note("No 'temporal' on PATH: downloading it (once).");
        try
        {
            Directory.CreateDirectory(DownloadFolder);
            await using (await WorkflowEnvironment.StartLocalAsync(new() { DownloadDirectory = DownloadFolder }))
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        catch (InvalidOperationException failure)
        {
            throw new CliException(
                $"no 'temporal' on PATH, and it cannot be downloaded ({failure.Message}). "
                + "Install the Temporal CLI (https://docs.temporal.io/cli) or name a server in TEMPORAL_ADDRESS.");
        }

        return Downloaded() ?? throw new CliException($"the download of 'temporal' left nothing in {DownloadFolder}");
    }

    /// <summary>Full path of a command on PATH, null when there is none.</summary>
    public static string? OnPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static string? Downloaded() =>
        Directory.Exists(DownloadFolder) ? Directory.GetFiles(DownloadFolder, "temporal*").Order(StringComparer.Ordinal).LastOrDefault() : null;
}
