using Spark.Temporal.Domain.Results;

namespace Spark.Temporal.Activities.Artifacts.Replay;

/// <summary>One attempt of a recorded run, with what followed from it.</summary>
internal sealed record RecordedAttempt
{
    /// <summary>From 0, as it was recorded.</summary>
    public required int Attempt { get; init; }

    public required string Status { get; init; }
    public double? Reward { get; init; }
    public int TestsPassed { get; init; }
    public int TestsTotal { get; init; }
    public string Commands { get; init; } = "";
    public string TestSummary { get; init; } = "";
    public string Output { get; init; } = "";
    public string TestOutput { get; init; } = "";
    public string Error { get; init; } = "";
    public RecordedCall? Reflection { get; init; }

    /// <summary>Whether a snapshot of the index was recorded for it, or none at all was recorded.</summary>
    public bool Measured { get; init; }

    public int? Step { get; init; }

    /// <summary>Failed tests of the attempt before; null as <c>RecordedRun.FailedTestsBefore</c> says.</summary>
    public IReadOnlyList<string>? PreviousFailedTests { get; init; }

    /// <summary>Whether infrastructure ended it.</summary>
    public bool IsInfrastructure => ExecutionEvent.IsInfrastructureStatus(Status);
}

/// <summary>A recorded model call.</summary>
internal sealed record RecordedCall
{
    public string? Model { get; init; }
    public string System { get; init; } = "";
    public string User { get; init; } = "";
    public string Response { get; init; } = "";
    public string MemoBefore { get; init; } = "";
    public string MemoAfter { get; init; } = "";
    public long InputTokens { get; init; }
    public long OutputTokens { get; init; }
    public double LatencySec { get; init; }
}
