using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Starter.Texts;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>All batches, newest first; runs that belong to none are listed under an empty name.</summary>
internal sealed record OverviewSnapshot(string View, IReadOnlyList<BatchTile> Batches, bool Cut);

/// <summary>A batch in one line.</summary>
internal sealed record BatchTile(
    string Name, string? Model, int Runs, int Passed, int Failed, int Waiting, int Running, string Spent, DateTimeOffset StartedAt, string? Ui)
{
    public static BatchTile Of(string name, IReadOnlyCollection<RunRow> runs, string? ui) => new(
        name,
        runs.Select(run => run.Model).FirstOrDefault(model => model is not null),
        runs.Count,
        runs.Count(IsGood),
        runs.Count(run => run.Status != "running" && !IsGood(run)),
        runs.Count(run => run.Status == "running" && run.Now() != "running"),
        runs.Count(run => run.Status == "running" && run.Now() == "running"),
        Money.Of(Money.Sum(runs.Select(run => run.Cost()))),
        runs.Min(run => run.StartedAt),
        ui);

    private static bool IsGood(RunRow run) => run is { Status: "completed", Outcome: "Pass" or "Accepted" or "Proven" };
}

/// <summary>One batch: its runs with their attempts.</summary>
internal sealed record BatchSnapshot(string View, BatchTile Tile, IReadOnlyList<BatchRow> Rows, bool Cut);

/// <summary>A run of a batch, or the trials of one task.</summary>
internal sealed record BatchRow(string Name, RunRow Run, IReadOnlyList<AttemptCell> Attempts, string? Ui)
{
    /// <summary>What it has cost, in words; null where nothing is recorded.</summary>
    public string? Spent => Run.Spent();

    /// <summary>The number of trials in each state; null where it is one run.</summary>
    public string? Trials { get; init; }
}

/// <summary>An attempt as a square; its label is its number, or its arm where it is a trial.</summary>
internal sealed record AttemptCell(string Label, string Id, string State, string? Outcome, double? Reward, string? Spent);

/// <summary>One run with everything that is known of it. All text in it is visible text.</summary>
internal sealed record RunSnapshot
{
    public string View { get; } = "run";
    public required RunRow Run { get; init; }
    public string? Ui { get; init; }

    /// <summary>The batch's page in this dashboard.</summary>
    public string? Batch => Run.Batch;

    /// <summary>The run's own description of its progress, in Markdown, for kinds of runs without a page of their own.</summary>
    public string? Story { get; init; }

    public string? Step { get; init; }
    public string? WaitsFor { get; init; }
    public string? Error { get; init; }
    public double? CostUsd { get; init; }

    /// <summary>What it has cost, in words.</summary>
    public string? Spent { get; init; }

    public double? BudgetUsd { get; init; }
    public int? MaxAttempts { get; init; }
    public IReadOnlyList<AttemptLine> Attempts { get; init; } = [];
    public IReadOnlyList<PdiSnapshot> Pdi { get; init; } = [];
    public double Threshold { get; } = PdiTracker.Threshold;
    public IReadOnlyList<MemoVersion> Memos { get; init; } = [];

    /// <summary>The attempt that the commands below belong to.</summary>
    public string CommandsOf { get; init; } = "";

    public IReadOnlyList<CommandLine> Commands { get; init; } = [];
    public string? Evidence { get; init; }
    public string? Skill { get; init; }

    /// <summary>Folder of the results; null where it is not known.</summary>
    public string? Folder { get; init; }

    /// <summary>What cannot be shown and why; empty where everything can.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];
}

/// <summary>How an attempt ended.</summary>
internal sealed record AttemptLine(
    int Number, string Outcome, double? Reward, int Passed, int Total, double? Pdi, string Intervention, string Spent, string? Why, string? Ui);

/// <summary>A memo and what the rewrite changed.</summary>
internal sealed record MemoVersion(int Number, string Text, IReadOnlyList<DiffLine> Changes);

/// <summary>A command of the agent.</summary>
/// <param name="Command">The command, or its summary while the attempt runs.</param>
/// <param name="Output">Its output; null while only the store has it.</param>
/// <param name="ExitCode">Exit code of the last command of the turn; null where it is not known.</param>
/// <param name="Running">Whether it is running.</param>
internal sealed record CommandLine(string Command, string? Output, int? ExitCode, bool Running = false)
{
    /// <summary>What holds up a step that runs: its tries and its last failure; null where nothing does.</summary>
    public string? HeldUp { get; init; }
}
