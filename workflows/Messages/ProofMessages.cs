using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Workflows.Messages;

public sealed record ProofInput
{
    /// <summary>Absolute path of the task's folder.</summary>
    public required string TaskDir { get; init; }

    /// <summary>
    /// Absolute path in the container of the file that holds the answer; null where it is not known, and the files that the
    /// oracle changed and that instruction or tests name are taken.
    /// </summary>
    public string? OutputPath { get; init; }

    public AttemptLimits Limits { get; init; } = new();
}

/// <summary>What a proof says of a task.</summary>
public enum ProofVerdict
{
    /// <summary>Every check held, or had nothing to look at.</summary>
    Proven,

    /// <summary>A check did not hold: the task's own doing.</summary>
    Refuted,

    /// <summary>Infrastructure stopped the proof: nothing is known.</summary>
    NoVerdict,
}

/// <summary>How one check ended.</summary>
public enum ProofStatus
{
    Passed,
    Failed,

    /// <summary>There was nothing to look at; the words say why.</summary>
    Skipped,
}

/// <summary>Names of the checks, in their order.</summary>
public static class ProofChecks
{
    public const string Package = "package";
    public const string Build = "build";
    public const string Nothing = "nothing";
    public const string Data = "data";
    public const string Oracle = "oracle";
    public const string Again = "verdict-again";
    public const string Hidden = "answer-hidden";
    public const string Mutants = "mutants";
    public const string OracleAgain = "oracle-again";
}

/// <summary>One check of a proof.</summary>
public sealed record ProofCheck
{
    /// <summary>One of <see cref="ProofChecks"/>.</summary>
    public required string Name { get; init; }

    public required ProofStatus Status { get; init; }

    /// <summary>What was seen, as a sentence.</summary>
    public required string Words { get; init; }

    public double? Reward { get; init; }
    public int TestsPassed { get; init; }
    public int TestsTotal { get; init; }

    /// <summary>How long it took, in milliseconds.</summary>
    public long DurationMs { get; init; }

    /// <summary>Output of what failed: verifier, oracle or build; null where there is none.</summary>
    public ArtifactRef? Output { get; init; }
}

public sealed record ProofResult
{
    public required string Task { get; init; }
    public required ProofVerdict Verdict { get; init; }
    public required IReadOnlyList<ProofCheck> Checks { get; init; }

    /// <summary>Rewards of the oracle's runs on fresh containers, in order.</summary>
    public IReadOnlyList<double?> OracleRewards { get; init; } = [];

    /// <summary>Reward when nothing was done; null where the verifier gave none.</summary>
    public double? NothingReward { get; init; }

    public int Mutants { get; init; }
    public int MutantsRefused { get; init; }

    /// <summary>SHA-256 over the hashes of the working folder's files, alike in both builds; null where there is no builder.</summary>
    public string? DataDigest { get; init; }

    /// <summary>SHA-256 over the content of the oracle's answer; null where no file of it is known.</summary>
    public string? AnswerDigest { get; init; }

    /// <summary>SHA-256 over the task's files; null where the folder could not be read.</summary>
    public string? TaskDigest { get; init; }

    /// <summary>What stopped the proof; null when nothing did.</summary>
    public string? Error { get; init; }

    public long DurationMs { get; init; }
}

/// <summary>Answer of a proof's <c>GetProgress</c>.</summary>
/// <param name="Step">What it does just now.</param>
/// <param name="Checks">What was checked so far.</param>
public sealed record ProofProgress(string Step, IReadOnlyList<ProofCheck> Checks);
