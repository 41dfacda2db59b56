using Spark.Temporal.Domain.Judging;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Fetches the files that hold a verdict one by one, where their folder could not be read to its end.</summary>
internal static class VerdictFiles
{
    /// <summary>The verifier's report of single tests.</summary>
    public const string Ctrf = "ctrf.json";

    /// <summary>Adds the files of the verdict to what was read of their folder; the first of a name counts.</summary>
    public static async Task<FetchedFolder> AddAsync(
        IContainerGateway gateway, SandboxOptions options, string container, FetchedFolder home, CancellationToken cancellationToken)
    {
        List<(string, FetchedFolder)> parts = [("", home)];
        foreach (var name in (string[])[RewardFile.JsonName, RewardFile.TextName, Ctrf])
        {
            var path = $"/logs/verifier/{name}";
            if (await gateway.GetAsync(container, path, cancellationToken) is { } stream)
            {
                await using (stream)
                {
                    parts.Add(("", await Tars.HomeAsync(stream, path, options.FileBytes, options.FolderBytes, _ => false, cancellationToken)));
                }
            }
        }

        return await Tars.JoinAsync(parts, cancellationToken);
    }
}
