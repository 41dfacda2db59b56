using System.Text.Json;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>What a batch hands to its next run is readable while it is small, and no larger than a payload may be with hundreds open.</summary>
public sealed class BatchCarryTests
{
    private const int Items = 10_000;

    [TestCase(0, HistoryBoundsTests.LargestPayload)]
    [TestCase(8, HistoryBoundsTests.LargestPayload)]
    [TestCase(256, HistoryBoundsTests.LargestPayload)]
    [TestCase(1000, 3 * HistoryBoundsTests.LargestPayload, Description = "So many are over that size, and far below the 512 KB of which the server warns.")]
    public void Comes_back_as_it_was_and_is_no_larger_than_a_payload(int open, int most)
    {
        var input = Input(open, ended: Items - open);

        var json = JsonSerializer.SerializeToUtf8Bytes(input, SparkJson.Options);
        var back = JsonSerializer.Deserialize<BatchInput>(json, SparkJson.Options)!;

        TestContext.Out.WriteLine($"{open} open of {Items}: {json.Length} bytes; not packed {JsonSerializer.SerializeToUtf8Bytes(input.Carry, SparkJson.Options).Length}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(json, Has.Length.LessThanOrEqualTo(most));
            Assert.That(JsonSerializer.Serialize(back.Carry, SparkJson.Options), Is.EqualTo(JsonSerializer.Serialize(input.Carry, SparkJson.Options)));
        }
    }

    [Test]
    public void Is_readable_while_it_is_small()
    {
        var json = JsonSerializer.SerializeToElement(Input(open: 4, ended: 0), SparkJson.Options);

        Assert.That(json.GetProperty("carry").GetProperty("open")[3].GetProperty("item").GetProperty("name").GetString(), Is.EqualTo("task-00004"));
    }

    /// <summary>Every other item passed, so that no two neighbours make a range; every open one with all there is to say of it.</summary>
    private static BatchInput Input(int open, int ended) => new()
    {
        Batch = "nightly-2026-11",
        Work = new TrialWork([]),
        Source = new BatchSource(),
        OutDir = "/data/results",
        Parallelism = Math.Max(1, open),
        Carry = new BatchCarry
        {
            List = Ref(0),
            Entries = Items,
            Next = Items,
            Results = Ref(1),
            Open = [.. Enumerable.Range(1, open).Select(Open)],
            Ended = new Dictionary<ItemState, string>
            {
                [ItemState.Passed] = NumberRanges.Of(Enumerable.Range(open + 1, ended).Where(number => number % 2 == 0)),
                [ItemState.Failed] = NumberRanges.Of(Enumerable.Range(open + 1, ended).Where(number => number % 2 == 1)),
            },
            Items = Items,
            Parallelism = Math.Max(1, open),
            Limit = new SpendingLimit(100, null),
            Spent = new TokenUsage(1, 2, 3, 5.5),
            Last = [.. Enumerable.Range(1, 20).Select(number => new ItemLine(number, number, $"task-{number:D5}", ItemState.Failed, $"attempt {number} gave 3 of {number + 4} tests; no attempt is left", 0.123456 * number))],
            Sequence = ended,
            StartedAt = DateTime.UnixEpoch,
            Runs = 12,
        },
    };

    private static OpenItem Open(int number)
    {
        // Alike from run to run, and as hard to compress as what the server gives out.
        var random = new Random(number);
        var digest = new byte[32];
        random.NextBytes(digest);
        return new OpenItem
        {
            Item = new BatchItem { Number = number, Name = $"task-{number:D5}", Source = $"/data/generated_tasks/task-{number:D5}", Digest = Convert.ToHexStringLower(digest) },
            WorkflowId = $"skill/nightly-2026-11/a-model/task-{number:D5}",
            RunId = new Guid(digest.AsSpan(0, 16)).ToString(),
            Usage = new TokenUsage(random.Next(1_000_000), random.Next(50_000), random.Next(100_000), Math.Round(random.NextDouble(), 6)),
            StartedAt = DateTime.UnixEpoch.AddMilliseconds(random.Next()),
            Waiting = RunStates.ModelEndpoint,
            Cause = "model endpoint default",
            Why = $"attempt {1 + (number % 8)}: 401 Unauthorized: Incorrect API key provided: set OPENAI_API_KEY in the worker's environment · tried again by itself at {number % 24:00}:{number % 60:00}:{number % 59:00} UTC, at once by Resume: spark runs resume skill/nightly-2026-11/a-model/task-{number:D5}",
        };
    }

    private static ArtifactRef Ref(int number) => new(new string((char)('a' + number), 64), 1000 + number, "application/json");
}
