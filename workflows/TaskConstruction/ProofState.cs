using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.TaskConstruction;

/// <summary>What a proof knows so far.</summary>
internal sealed class ProofState
{
    /// <summary>Containers of the second build are counted from here, so that their names are their own.</summary>
    public const int SecondBuildOrdinal = 101;

    /// <summary>Wrong answers that must be refused where it is not known which file is the answer.</summary>
    private const int LeastRefused = 3;

    private readonly List<ProofCheck> _checks = [];
    private readonly DateTime _started = Workflow.UtcNow;
    private DateTime _since = Workflow.UtcNow;

    public string Step { get; private set; } = "starting";

    public IReadOnlyList<ProofCheck> Checks => [.. _checks];

    public List<double?> OracleRewards { get; } = [];

    public double? NothingReward { get; set; }

    public int Mutants { get; set; }

    public int MutantsRefused { get; set; }

    public string? DataDigest { get; set; }

    public string? AnswerDigest { get; set; }

    /// <summary>Hashes of the working folder's files before anything was done.</summary>
    public ArtifactRef? Before { get; set; }

    public void Begin(string check)
    {
        (Step, _since) = (check, Workflow.UtcNow);
        Workflow.CurrentDetails = ProofDetails.Render(_checks, $"Now: **{check}**");
    }

    /// <summary>Shows what it waits for, or what it does.</summary>
    public void Show(RunControl control) => Workflow.CurrentDetails = ProofDetails.Render(
        _checks, control.WaitsFor.Length == 0 ? $"Now: **{Step}**" : OperatorHints.Waiting(control, DetailsText.Escape));

    /// <summary>Forgets a check and those after it: a container was lost, and they are done again.</summary>
    public void Rewind(string check)
    {
        var from = _checks.FindIndex(done => done.Name == check);
        if (from >= 0)
        {
            _checks.RemoveRange(from, _checks.Count - from);
        }

        OracleRewards.RemoveRange(check == ProofChecks.Oracle ? 0 : 1, Math.Max(0, OracleRewards.Count - (check == ProofChecks.Oracle ? 0 : 1)));
        if (check == ProofChecks.Oracle)
        {
            (Mutants, MutantsRefused) = (0, 0);
        }
    }

    public void Passed(string words) => Add(ProofStatus.Passed, words);

    public void Failed(string words) => Add(ProofStatus.Failed, words);

    public void Skipped(string words) => Add(ProofStatus.Skipped, words);

    public void Judge(bool holds, string words, VerifyReply? verdict = null, ArtifactRef? output = null, bool skip = false) =>
        Add(skip ? ProofStatus.Skipped : holds ? ProofStatus.Passed : ProofStatus.Failed, words, verdict, output);

    /// <returns>Whether the oracle's work passed.</returns>
    public bool Oracle(OracleReply oracle, VerifyReply verdict, double limitSec)
    {
        var passes = verdict.Reward is >= 1 && !oracle.TimedOut;
        var words = oracle.TimedOut ? $"The oracle did not end within {limitSec:0.##} s."
            : verdict.Reward is { } reward ? $"The oracle gets {reward:0.###} ({verdict.TestsPassed}/{verdict.TestsTotal} tests)."
            : $"The oracle gets no verdict: {verdict.RewardProblem}";
        Add(passes ? ProofStatus.Passed : ProofStatus.Failed, oracle.ExitCode == 0 || oracle.TimedOut ? words : $"{words} solve.sh ended with {oracle.ExitCode}.", verdict,
            passes ? null : oracle.ExitCode != 0 ? oracle.Output : verdict.Output);
        return passes;
    }

    /// <param name="set">The wrong answers.</param>
    /// <param name="passed">Names of those that passed.</param>
    /// <param name="control">Verdict on the right answer afterwards.</param>
    /// <param name="last">Verdict on the last one that passed.</param>
    /// <param name="strict">Whether none may pass; otherwise enough must not.</param>
    public void Mutated(MutantSet set, IReadOnlyList<string> passed, VerifyReply control, VerifyReply? last, bool strict)
    {
        var enough = strict ? passed.Count == 0 : MutantsRefused >= Math.Min(LeastRefused, Mutants);
        var words = $"{MutantsRefused} of {Mutants} wrong answers ({string.Join(", ", set.Wrong.Select(mutant => mutant.Name))}) in {string.Join(", ", set.Files)} do not pass."
            + (passed.Count > 0 ? $" What passes: {string.Join(", ", passed)}{(enough ? "; the tests do not look at every value, for which a task made here would be sent back" : "")}." : "")
            + (control.Reward is >= 1 ? "" : " The right answer put back does not pass either, so this says nothing.");
        Add(enough && control.Reward is >= 1 ? ProofStatus.Passed : ProofStatus.Failed, words, last ?? control, enough ? null : last?.Output);
    }

    public ProofResult Close(TaskPackage? package, string taskDir, string? stopped) => new()
    {
        Task = package?.Name ?? PlainText.Slug(taskDir.TrimEnd('/').Split('/')[^1]),
        Verdict = stopped is not null ? ProofVerdict.NoVerdict
            : _checks.Any(check => check.Status == ProofStatus.Failed) ? ProofVerdict.Refuted : ProofVerdict.Proven,
        Checks = Checks,
        OracleRewards = OracleRewards,
        NothingReward = NothingReward,
        Mutants = Mutants,
        MutantsRefused = MutantsRefused,
        DataDigest = DataDigest,
        AnswerDigest = AnswerDigest,
        TaskDigest = package?.Digest,
        Error = stopped,
        DurationMs = Elapsed.Milliseconds(_started),
    };

    private void Add(ProofStatus status, string words, VerifyReply? verdict = null, ArtifactRef? output = null)
    {
        _checks.Add(new ProofCheck
        {
            Name = Step,
            Status = status,
            Words = PlainText.OneLine(words, 1_500),
            Reward = verdict?.Reward,
            TestsPassed = verdict?.TestsPassed ?? 0,
            TestsTotal = verdict?.TestsTotal ?? 0,
            DurationMs = Elapsed.Milliseconds(_since),
            Output = status == ProofStatus.Failed ? output ?? verdict?.Output : null,
        });
        Workflow.CurrentDetails = ProofDetails.Render(_checks, "");
    }
}
