namespace Spark.Temporal.Activities.Artifacts;

/// <summary>
/// The store cannot be read or written now: a full or missing disk, no permission. No <see cref="IOException"/>, so that no caller takes it for
/// trouble with a container, a connection or a file of its own.
/// </summary>
/// <param name="where">Folder or address of the store.</param>
/// <param name="words">What the system said.</param>
/// <param name="remedy">What to do, as a sentence.</param>
/// <param name="cause">The exception behind it; null where there was none.</param>
public sealed class StoreUnavailableException(string where, string words, string remedy, Exception? cause = null)
    : Exception($"The artifact store in {where} cannot be used on {Environment.MachineName}: {words.Trim()}{(words.TrimEnd().EndsWith('.') ? "" : ".")} {remedy}", cause);
