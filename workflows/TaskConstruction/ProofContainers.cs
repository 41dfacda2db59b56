using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.TaskConstruction;

/// <summary>
/// Containers of a proof, one after the other. The work in one is done as a whole: where it is interrupted, all of it is done
/// again in the next, because a container without the oracle's work would be judged as if nothing was done, and one with
/// half of it as if that was all.
/// </summary>
internal sealed class ProofContainers
{
    /// <summary>Listing and hashing the files of a working folder.</summary>
    private const double DigestSec = 120;

    private const string Hashes =
        "cd \"$1\" && find . -xdev -type f ! -path '*/__pycache__/*' -exec sha256sum {} + | LC_ALL=C sort -k 2";

    private readonly TaskPackage _package;
    private readonly AttemptLimits _limits;
    private readonly SandboxSession _sandbox;

    public ProofContainers(TaskPackage package, AttemptLimits limits, Outages outages, int firstOrdinal)
    {
        (_package, _limits) = (package, limits);
        OracleSec = package.Settings.AgentTimeoutSec * limits.TimeoutMultiplier;
        VerifierSec = limits.VerifierSec(package.Settings.VerifierTimeoutSec);
        _sandbox = new SandboxSession(
            // A proof stands on nothing that a process or a system folder of the oracle's container could have steered.
            package, limits with { Verdict = limits.Verdict ?? VerdictMode.Clean }, outages, Workflow.Info.WorkflowId, shell: false, deadlineSec: OracleSec + (12 * VerifierSec) + (15 * 60), skills: null, firstOrdinal, fresh: true);
    }

    public double OracleSec { get; }

    public double VerifierSec { get; }

    public PreparedImage? Image => _sandbox.Image;

    public Task BuildAsync() => _sandbox.BuildAsync();

    /// <summary>Does something in a fresh container, which is given back afterwards.</summary>
    public async Task<T> InFreshAsync<T>(Func<ProofContainer, Task<T>> work)
    {
        try
        {
            return await _sandbox.StepAsync((id, queue) => work(new ProofContainer(this, id, queue)));
        }
        finally
        {
            _sandbox.GiveBack();
        }
    }

    public Task RemoveAsync() => _sandbox.RemoveAsync();

    public Task<OracleReply> OracleAsync(string container, string queue, string summary) => Workflow.ExecuteActivityAsync(
        (ISandboxActivities sandbox) => sandbox.OracleAsync(new OracleRequest
        {
            Container = container,
            Solution = _package.Solution!,
            TimeoutSec = OracleSec,
            Env = _package.Settings.SolutionEnv,
            User = _package.Settings.AgentUser,
            TaskEnv = _limits.TaskEnv,
            KeepChanges = true,
        }),
        ActivityProfiles.OnHost(queue, OracleSec, _limits.HostAwaySec, summary));

    public Task<VerifyReply> VerifyAsync(string container, string queue, int round, string summary) => Workflow.ExecuteActivityAsync(
        (ISandboxActivities sandbox) => sandbox.VerifyAsync(new VerifyRequest
        {
            Container = container,
            Tests = _package.Tests,
            Settings = _package.Settings,
            TimeoutSec = VerifierSec,
            Round = round,
            Mode = _sandbox.Verdict,
            TaskEnv = _limits.TaskEnv,
            Image = _sandbox.VerifierImage(_sandbox.Verdict),
        }),
        ActivityProfiles.OnHost(queue, SandboxSession.VerifySec(VerifierSec, _sandbox.Verdict, _package.Settings), _limits.HostAwaySec, summary));

    public Task<PutReply> PutAsync(string container, string queue, ArtifactRef files, string summary) => Workflow.ExecuteActivityAsync(
        (ISandboxActivities sandbox) => sandbox.PutAsync(new PutRequest(container, files)),
        ActivityProfiles.OnHost(queue, 60, _limits.HostAwaySec, summary));

    public Task<ExecReply> HashAsync(string container, string queue, string summary) => Workflow.ExecuteActivityAsync(
        (ISandboxActivities sandbox) => sandbox.ExecAsync(new ExecRequest
        {
            Container = container,
            Id = "hash",
            Command = new[] { "sh", "-c", Hashes, "sh", _sandbox.Container!.Workdir },
            TimeoutSec = DigestSec,
        }),
        ActivityProfiles.OnHost(queue, DigestSec, _limits.HostAwaySec, summary));
}

/// <summary>One container of a proof, while it is there.</summary>
internal sealed class ProofContainer(ProofContainers all, string id, string queue)
{
    private int _rounds;

    public Task<OracleReply> OracleAsync(string summary) => all.OracleAsync(id, queue, summary);

    public Task<VerifyReply> VerifyAsync(string summary) => all.VerifyAsync(id, queue, ++_rounds, summary);

    public Task PutAsync(ArtifactRef files, string summary) => all.PutAsync(id, queue, files, summary);

    public Task<ExecReply> HashAsync(string summary) => all.HashAsync(id, queue, summary);
}
