using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Pdi;

/// <summary>Snapshots by every method, kept beside a recorded run in <c>expected-pdi.json</c>.</summary>
internal sealed record ExpectedPdi(IReadOnlyList<PdiSnapshot> Recorded, IReadOnlyDictionary<PdiMethod, IReadOnlyList<PdiSnapshot>> Recomputed)
{
    public const string FileName = "expected-pdi.json";

    /// <summary>Reads the file beside a trajectory.</summary>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="CliException">It cannot be read.</exception>
    public static async Task<ExpectedPdi?> BesideAsync(string trajectory, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(trajectory)) ?? ".", FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            await using var file = File.OpenRead(path);
            var document = await JsonSerializer.DeserializeAsync<Document>(file, SparkJson.Options, cancellationToken);
            Dictionary<PdiMethod, IReadOnlyList<PdiSnapshot>> recomputed = [];
            foreach (var (name, snapshots) in document?.Recomputed ?? [])
            {
                if (PdiMethods.TryParse(name, out var method))
                {
                    recomputed[method] = snapshots;
                }
            }

            return new ExpectedPdi(document?.Recorded ?? [], recomputed);
        }
        catch (Exception mistake) when (mistake is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path} cannot be read: {mistake.Message}");
        }
    }

    private sealed record Document(List<PdiSnapshot>? Recorded, Dictionary<string, List<PdiSnapshot>>? Recomputed);
}
