using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Activities.Llm.Habits;

/// <summary>What habits are kept for.</summary>
/// <param name="BaseUrl">The endpoint.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Api">The API that is spoken, in lower case.</param>
internal sealed record HabitKey(Uri BaseUrl, string Model, string Api);

/// <summary>
/// Keeps habits in the artifact store, so that they outlive a worker and are shared by all that use the store: entry after entry under
/// <c>llm-habits/{hash}/{n}</c>, none of them ever changed. They are read when they are first needed, and looked at again from time to time.
/// A store that is away costs a call nothing: what is learned then is kept in memory.
/// </summary>
internal sealed class HabitBook(IArtifactStore artifacts, TimeProvider time, ILogger logger)
{
    /// <summary>How old what was read may be. A habit that another worker learned meanwhile costs one refused request.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);

    /// <summary>Pages of one book; more than any endpoint has habits, and an end for a store that answers every key.</summary>
    private const int Most = 1_000;

    private readonly ConcurrentDictionary<HabitKey, Page> _pages = new();

    /// <summary>What is known.</summary>
    public async Task<HabitSet> OfAsync(HabitKey key, CancellationToken cancellationToken)
    {
        var page = _pages.GetOrAdd(key, _ => new Page());
        await page.Turn.WaitAsync(cancellationToken);
        try
        {
            if (page.ReadAt is not { } at || time.GetUtcNow() - at > Fresh)
            {
                await ReadAsync(key, page, cancellationToken);
            }

            return page.Known;
        }
        finally
        {
            page.Turn.Release();
        }
    }

    /// <summary>Keeps an entry.</summary>
    /// <param name="key">Of what.</param>
    /// <param name="lesson">What was learned.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="store">Whether others are to know it; else it lives as long as this process.</param>
    /// <returns>What is known with it.</returns>
    public async Task<HabitSet> LearnAsync(HabitKey key, HabitEntry lesson, CancellationToken cancellationToken, bool store = true)
    {
        var page = _pages.GetOrAdd(key, _ => new Page());
        lesson = lesson with { At = time.GetUtcNow() };
        await page.Turn.WaitAsync(cancellationToken);
        try
        {
            // Whoever learned the same in the meantime has written it down.
            if (await ReadAsync(key, page, cancellationToken) && page.Known.Of(lesson.Habit) is { } held && held.Value == lesson.Value && !lesson.Forgotten)
            {
                return page.Known;
            }

            page.Known = page.Known.With(lesson);
            if (store)
            {
                await WriteAsync(key, page, lesson, cancellationToken);
            }

            return page.Known;
        }
        finally
        {
            page.Turn.Release();
        }
    }

    /// <summary>Forgets one habit, or all.</summary>
    /// <param name="key">Of what.</param>
    /// <param name="habit">Its name; null for all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What was held and is so no longer.</returns>
    public async Task<IReadOnlyList<HabitEntry>> ForgetAsync(HabitKey key, string? habit, CancellationToken cancellationToken)
    {
        var page = _pages.GetOrAdd(key, _ => new Page());
        page.ReadAt = null;
        var held = (await OfAsync(key, cancellationToken)).Entries.Where(lesson => habit is null || lesson.Habit == habit).ToList();
        foreach (var lesson in held)
        {
            await LearnAsync(key, lesson with { Forgotten = true, Words = "forgotten by a person" }, cancellationToken);
        }

        return held;
    }

    private async Task<bool> ReadAsync(HabitKey key, Page page, CancellationToken cancellationToken)
    {
        try
        {
            while (page.Count < Most && await artifacts.GetKeyAsync(NameOf(key, page.Count + 1), cancellationToken) is { } json)
            {
                page.Take(json);
            }

            page.ReadAt = time.GetUtcNow();
            return true;
        }
        catch (Exception away) when (IsAway(away))
        {
            logger.LogWarning("Habits of {Endpoint} cannot be read: {Why}", key.BaseUrl, away.Message);
            page.ReadAt = time.GetUtcNow();
            return false;
        }
    }

    private async Task WriteAsync(HabitKey key, Page page, HabitEntry lesson, CancellationToken cancellationToken)
    {
        try
        {
            var json = JsonSerializer.Serialize(lesson, SparkJson.Options);
            while (page.Count < Most)
            {
                var kept = await artifacts.PutKeyAsync(NameOf(key, page.Count + 1), json, cancellationToken);

                // Compared by its time: a store may mask what it keeps.
                if (page.Take(kept) is { } taken && taken.Habit == lesson.Habit && taken.At == lesson.At)
                {
                    return;
                }
            }
        }
        catch (Exception away) when (IsAway(away))
        {
            logger.LogWarning("The habit {Habit} of {Endpoint} cannot be stored and is only known here: {Why}", lesson.Habit, key.BaseUrl, away.Message);
        }
    }

    private static bool IsAway(Exception failure) => failure is StoreUnavailableException or IOException or UnauthorizedAccessException;

    private static string NameOf(HabitKey key, int number)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{key.BaseUrl}\n{key.Model}\n{key.Api}"));
        return $"llm-habits/{Convert.ToHexStringLower(hash)[..40]}/{number}";
    }

    /// <summary>What one key's lessons say, up to the newest that was read.</summary>
    private sealed class Page
    {
        /// <summary>Held while it is read or written.</summary>
        public SemaphoreSlim Turn { get; } = new(1);

        public HabitSet Known { get; set; } = HabitSet.None;

        public int Count { get; private set; }

        public DateTimeOffset? ReadAt { get; set; }

        public HabitEntry? Take(string json)
        {
            Count++;
            try
            {
                var lesson = JsonSerializer.Deserialize<HabitEntry>(json, SparkJson.Options)!;
                Known = Known.With(lesson);
                return lesson;
            }
            catch (JsonException)
            {
                // Of another version, perhaps: a habit that cannot be read is learned again.
                return null;
            }
        }
    }
}
