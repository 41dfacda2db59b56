using System.Text.Json;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>Histories of constructions, proofs and families.</summary>
[Explicit]
[Category("Record")]
public sealed class ConstructionHistoryRecorder : HistoryRecording
{
    private static readonly AttemptLimits Limits = new() { HostAwaySec = 2 };

    private protected override void Prepare()
    {
        World.Reply = (purpose, _, _) => purpose == LlmPurposes.Critique ? """{"findings": []}""" : Blueprints.Json(Blueprints.Good);
        World.Verification = request => World.VerdictAsync(
            (int.Parse(request.Container.Split('-')[1]) % 3) switch { 1 => 0, 2 => request.Round is 3 or 4 or 5 ? 0 : 1, _ => 1 }, 1, 2).GetAwaiter().GetResult();
    }

    [Test]
    public async Task Construction_accepted_after_a_reply_that_is_none_and_a_repair()
    {
        World.Reply = (purpose, call, _) => purpose switch
        {
            LlmPurposes.Critique => """{"findings": []}""",
            LlmPurposes.Blueprint when call == 1 => "not yet",
            _ => Blueprints.Json(Blueprints.Good),
        };
        World.Findings = number => number == 1 ? [Fault] : [];
        var run = await ConstructAsync(Input());
        await run.GetResultAsync();
        await KeepAsync("construction-accepted", run);
    }

    [Test]
    public async Task Construction_rejected()
    {
        World.Findings = number => number == 1 ? [] : [Fault];
        World.Verification = _ => World.VerdictAsync(1, 2, 2).GetAwaiter().GetResult();
        var run = await ConstructAsync(Input() with { MaxRevisions = 1 });
        await run.GetResultAsync();
        await KeepAsync("construction-rejected", run);
    }

    [Test]
    public async Task Construction_cancelled_in_its_proof()
    {
        var run = await ConstructAsync(Input());
        await CancelDuringAsync("sandbox.oracle", run);
        await KeepAsync("construction-cancelled", run);
    }

    [Test]
    public async Task Construction_that_waits_for_a_budget()
    {
        World.CostPerCall = 1;
        var run = await ConstructAsync(Input() with { BudgetUsd = 1 });
        await Eventually.IsTrueAsync(async () => (await run.QueryAsync(workflow => workflow.GetProgress())).State == RunStates.Budget, "it waits");
        await KeepAsync("construction-waiting-budget", run);
        await run.TerminateAsync();
    }

    [Test]
    public async Task Proof_that_holds_though_a_container_is_lost()
    {
        var lost = 0;
        World.BuildsData = true;
        World.Verification = request => World.VerdictAsync(request.Container == "container-1" || request.Round is 3 or 4 or 5 ? 0 : 1, 1, 2).GetAwaiter().GetResult();
        World.Before = (call, _) => call.StartsWith("sandbox.put", StringComparison.Ordinal) && Interlocked.Increment(ref lost) == 1
            ? throw new ApplicationFailureException("gone", FailureTypes.SandboxLost, nonRetryable: true)
            : Task.CompletedTask;
        var proof = await ProveAsync();
        await proof.GetResultAsync();
        await KeepAsync("proof-proven", proof);
    }

    [Test]
    public async Task Proof_that_does_not_hold()
    {
        World.Verification = _ => World.VerdictAsync(1, 2, 2).GetAwaiter().GetResult();
        var proof = await ProveAsync();
        await proof.GetResultAsync();
        await KeepAsync("proof-refuted", proof);
    }

    [Test]
    public async Task Proof_cancelled()
    {
        var proof = await ProveAsync();
        await CancelDuringAsync("sandbox.oracle", proof);
        await KeepAsync("proof-cancelled", proof);
    }

    [Test]
    public async Task Family_of_two_variants()
    {
        var made = await ConstructAsync(Input());
        await made.GetResultAsync();
        var template = Path.Combine(_deployment.OutDir, "family.json");
        await File.WriteAllTextAsync(
            template, Blueprints.Template(new FamilyTemplate([new VariationLayer("rate", VariationKind.Size, "8000", ["9000", "11025", "16000"], ["data_builder_python"])])));
        var family = await _deployment.Client.StartWorkflowAsync(
            (FamilyWorkflow workflow) => workflow.RunAsync(new FamilyInput
            {
                Task = "wav-peaks", Count = 2, TemplateFile = template, Batch = _deployment.Prefix + "family", Parallelism = 1, OutDir = _deployment.OutDir, Limits = Limits,
            }),
            _deployment.Options("family"));
        await family.GetResultAsync();
        await KeepAsync("family", family);
        await KeepAsync(
            "construction-variant", _deployment.Client.GetWorkflowHandle(WorkflowIds.Construction(_deployment.Prefix + "family", "wav-peaks-v01")));
    }

    private static CritiqueFinding Fault => new("output-path-drift", CritiqueSeverity.Blocking, "oracle_python", "It writes elsewhere.");

    private ConstructionInput Input()
    {
        Directory.CreateDirectory(_deployment.OutDir);
        var file = Path.Combine(_deployment.OutDir, "peaks.json");
        File.WriteAllText(file, JsonSerializer.Serialize(Blueprints.Spec, SparkJson.Options));
        return new ConstructionInput { PromptFile = file, Name = "peaks", Batch = "batch", ModelSlug = "fake", OutDir = _deployment.OutDir, Limits = Limits };
    }

    private Task<WorkflowHandle<TaskConstructionWorkflow, ConstructionResult>> ConstructAsync(ConstructionInput input) =>
        _deployment.Client.StartWorkflowAsync((TaskConstructionWorkflow workflow) => workflow.RunAsync(input), _deployment.Options("construction"));

    private Task<WorkflowHandle<ProofWorkflow, ProofResult>> ProveAsync() => _deployment.Client.StartWorkflowAsync(
        (ProofWorkflow workflow) => workflow.RunAsync(new ProofInput { TaskDir = "/tasks/answer", OutputPath = "/answer", Limits = Limits }), _deployment.Options("proof"));
}
