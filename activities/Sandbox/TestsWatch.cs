using System.Security.Cryptography;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Whether the tests in a container are those that were put there.</summary>
internal static class TestsWatch
{
    private const int Named = 5;

    /// <summary>Tests beyond this are not compared: reading them back takes longer than most verifiers.</summary>
    private const long MostBytes = 64L * 1024 * 1024;

    /// <summary>Compares the tests after a verification.</summary>
    /// <returns>What differs, in words; null where nothing does.</returns>
    public static async Task<string?> DifferenceAsync(IContainerGateway gateway, IArtifactStore store, string container, ArtifactRef tests, CancellationToken cancellationToken)
    {
        if (tests.Length > MostBytes)
        {
            return null;
        }

        Dictionary<string, string> given = new(StringComparer.Ordinal);
        await using (var stored = await store.OpenAsync(tests, cancellationToken))
        await using (var put = await Tars.BelowAsync(stored, "tests", cancellationToken))
        {
            await foreach (var entry in TarPack.ReadAsync(put, cancellationToken))
            {
                if (TarPack.IsFile(entry))
                {
                    given[entry.Name] = await HashAsync(entry.DataStream, cancellationToken);
                }
            }
        }

        List<string> other = [];
        var left = 2 * MostBytes;
        if (await gateway.GetAsync(container, "/tests", cancellationToken) is { } stream)
        {
            await using (stream)
            {
                try
                {
                    await foreach (var entry in TarPack.ReadAsync(stream, cancellationToken))
                    {
                        // What verifiers write beside their tests can be of any size.
                        if ((left -= entry.Length + 512) < 0 || given.Count == 0)
                        {
                            break;
                        }

                        if (given.Remove(entry.Name, out var hash) && (!TarPack.IsFile(entry) || await HashAsync(entry.DataStream, cancellationToken) != hash))
                        {
                            other.Add(entry.Name);
                        }
                    }
                }
                catch (InvalidDataException)
                {
                    // What could not be read is not there.
                }
            }
        }

        string[] all = [.. other, .. left < 0 ? [] : given.Keys.ToArray()];
        return all.Length == 0 ? null
            : $"tests are not those that were put there: {string.Join(", ", all.Order(StringComparer.Ordinal).Take(Named).Select(name => PlainText.OneLine($"/{name}", 120)))}{(all.Length > Named ? $" and {all.Length - Named} more" : "")}";
    }

    private static async Task<string> HashAsync(Stream? content, CancellationToken cancellationToken) =>
        Convert.ToHexString(await SHA256.HashDataAsync(content ?? Stream.Null, cancellationToken));
}
