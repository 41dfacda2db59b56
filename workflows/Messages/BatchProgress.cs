using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>Answer of <c>GetProgress</c>; of about the same size whatever the batch's.</summary>
public sealed record BatchProgress : ICosted
{
    public required string Batch { get; init; }

    /// <summary><c>running</c>, <c>paused</c>, or what it waits for.</summary>
    public required string State { get; init; }

    /// <summary>What it waits for, for a person; null while it does not.</summary>
    public string? WaitsFor { get; init; }

    public required BatchCounts Counts { get; init; }
    public required int Parallelism { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required double? CostUsd { get; init; }

    /// <inheritdoc cref="ICosted.Unpriced"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <inheritdoc cref="ICosted.Estimated"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }

    public double? BudgetUsd { get; init; }
    public required long Tokens { get; init; }
    public long? BudgetTokens { get; init; }

    /// <summary>What is nearly used up, in words; null while nothing is.</summary>
    public string? BudgetWarning { get; init; }

    /// <summary>What is open, the first hundred.</summary>
    public required IReadOnlyList<OpenLine> Open { get; init; }

    /// <summary>What ended last, oldest first, at most fifty.</summary>
    public required IReadOnlyList<ItemLine> Last { get; init; }

    public string? ResultsPath { get; init; }

    /// <summary>Times that it continued as a new run.</summary>
    public required int Runs { get; init; }
}

public sealed record OpenLine(
    int Number, string Name, string WorkflowId, string? Waiting, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? CostUsd) : ICosted
{
    /// <inheritdoc cref="ICosted.Unpriced"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <inheritdoc cref="ICosted.Estimated"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }
}

/// <summary>How an item ended, in a line. The sequence numbers all ends, those of second tries included, from 1.</summary>
public sealed record ItemLine(
    int Sequence, int Number, string Name, ItemState State, string Words, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? CostUsd) : ICosted
{
    /// <inheritdoc cref="ICosted.Unpriced"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <inheritdoc cref="ICosted.Estimated"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }
}

/// <param name="Offset">Number of the first item, less one.</param>
/// <param name="Limit">At most so many, 500 at most.</param>
/// <param name="State">Only those in this state.</param>
public sealed record ItemsRequest(int Offset = 0, int Limit = 100, ItemState? State = null) : IOperatorRequest
{
    public static string Example => """{"offset": 0, "limit": 100, "state": "failed"}""";
}

/// <param name="Items">In the order of their numbers.</param>
/// <param name="Next">Offset of the next page; null at the end.</param>
public sealed record ItemsPage(IReadOnlyList<ItemsPageLine> Items, int? Next);

/// <summary>An item. The name is null where this run of the batch has not come across it; <c>results.jsonl</c> has all that ended.</summary>
public sealed record ItemsPageLine(int Number, ItemState State, string? Name);

public sealed record ParallelismRequest(int Parallelism) : IOperatorRequest
{
    /// <summary>Runs open at once at most: the server takes no more open children of a workflow.</summary>
    public const int Most = 2000;

    public static string Example => """{"parallelism": 16}""";

    public static string? Bare => "parallelism";
}

/// <param name="Which"><c>failed</c>, <c>infrastructure</c> or <c>all</c> (both, and what was cancelled).</param>
public sealed record RetryRequest(string Which = "all") : IOperatorRequest
{
    public static string Example => """{"which": "infrastructure"}; "failed" and "all" are the others""";

    public static string? Bare => "which";
}

/// <param name="Added">Entries that will be started because of it.</param>
/// <param name="Total">Items in all, now.</param>
public sealed record BatchChange(int Added, int Total)
{
    /// <summary>Tasks that cannot run, as <see cref="BatchPlan.LeftOut"/>; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LeftOutTasks>? LeftOut { get; init; }
}
