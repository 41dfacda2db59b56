using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Statistics;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Domain.Evaluation;

/// <summary>
/// <c>skills_eval_result/&lt;model&gt;/&lt;run&gt;/summary.json</c>: one student model in one evaluation.
/// <c>summary.schema.json</c> documents it for other programs.
/// </summary>
public sealed record EvaluationSummary : OpenRecord
{
    public const string FileName = "summary.json";

    public int SchemaVersion { get; init; } = 1;

    /// <summary>Name of the evaluation.</summary>
    public required string Run { get; init; }

    /// <summary>Slug of the student model.</summary>
    public required string Model { get; init; }

    public required string Agent { get; init; }

    /// <summary>Model that made the skills of the arm <c>generated</c>; null where there is no such arm.</summary>
    public string? SkillSourceModel { get; init; }

    public required int Repeats { get; init; }
    public required ulong Seed { get; init; }
    public required double TimeoutMultiplier { get; init; }

    /// <summary>Factor on the verifier's time-out; null for 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? VerifierTimeoutMultiplier { get; init; }

    /// <summary>Whether every planned trial ended; false while it runs and where it was cancelled.</summary>
    public required bool Complete { get; init; }

    public required int Planned { get; init; }
    public required DateTime StartedAt { get; init; }
    public required DateTime FinishedAt { get; init; }

    /// <summary>Tasks of its folder that could not run, so that they have no trials; null for none.</summary>
    public IReadOnlyList<LeftOutTasks>? LeftOut { get; init; }

    /// <summary>Where each arm's skills come from.</summary>
    public required IReadOnlyList<EvaluationArm> Arms { get; init; } = [];

    /// <summary>Each arm's sums, in the order of <see cref="Arms"/>.</summary>
    public required IReadOnlyList<ArmSums> Sums { get; init; } = [];

    /// <summary>Each arm against each other one.</summary>
    public required IReadOnlyList<PairSums> Comparisons { get; init; } = [];

    /// <summary>Students × arms; only where the evaluation has several students.</summary>
    public IReadOnlyList<TransferRow>? Transfer { get; init; }

    public required IReadOnlyList<EvaluationTrial> Trials { get; init; } = [];
}

/// <summary>One student in the transfer matrix.</summary>
/// <param name="Model">Slug of the student.</param>
/// <param name="Cells">One an arm.</param>
public sealed record TransferRow(string Model, IReadOnlyList<TransferCell> Cells);

/// <param name="Arm">The arm.</param>
/// <param name="PassRate">Null where nothing was scored.</param>
/// <param name="MeanReward">Null where nothing was scored.</param>
/// <param name="DeltaR">Against <c>baseline</c>, on common tasks; null for the baseline itself and when there is no baseline.</param>
/// <param name="Scored">Trials scored.</param>
public sealed record TransferCell(string Arm, double? PassRate, double? MeanReward, double? DeltaR, int Scored);
