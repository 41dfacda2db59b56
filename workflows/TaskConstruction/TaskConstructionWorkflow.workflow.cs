using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.TaskConstruction;

/// <summary>
/// One prompt until a task is accepted or given up: retrieval, blueprint, critique, repair, render, proof. A version
/// that fails is repaired with the evidence. Out of budget or of infrastructure the run waits, says why, and goes on in place.
/// </summary>
[Workflow]
public sealed partial class TaskConstructionWorkflow : ItemWorkflow
{
    private readonly ConstructionInput _input;
    private readonly ConstructionState _state;
    private int _proofs;
    private ChildWorkflowHandle<ProofWorkflow, ProofResult>? _proof;

    [WorkflowInit]
    public TaskConstructionWorkflow(ConstructionInput input) => (_input, _state) = (input, new ConstructionState(input));

    [WorkflowRun]
    public Task<ConstructionResult> RunAsync(ConstructionInput input) =>
        ParentReports.AroundAsync(input.Parent, WorkAsync, CancelledAsync, () => _state.Usage);

    private Task CancelledAsync()
    {
        _state.Cancelled();
        return Task.CompletedTask;
    }

    private async Task<ConstructionResult> WorkAsync()
    {
        if (_input.Given is { } given)
        {
            return await VaryAsync(given);
        }

        _state.Show("read the prompt and look for tasks like it");
        ConstructionStart start;
        try
        {
            start = await _state.Outages.ReadAsync(
                (IConstructionActivities construction) => construction.BeginAsync(new BeginConstructionRequest(new PromptRequest
                {
                    PromptFile = _input.PromptFile,
                    ReferenceTasksDir = _input.ReferenceTasksDir,
                    TopKReferences = _input.TopKReferences,
                    ExcludeReferenceTasks = _input.ExcludeReferenceTasks,
                    OutDir = _input.OutDir,
                })),
                "prompt and references");
        }
        catch (ActivityFailureException failure) when (ActivityFailures.TypeOf(failure) == FailureTypes.InvalidInput)
        {
            _state.Ended = true;
            return _state.Done(await CloseAsync(ConstructionStatus.PromptRefused, ActivityFailures.Words(failure), null));
        }

        (_state.Spec, _state.References) = (start.Spec, start.References);
        var (purpose, conversation) = (LlmPurposes.Blueprint, start.Conversation);
        while (true)
        {
            if (await WriteAsync(purpose, conversation) is { } unreadable)
            {
                _state.Ended = true;
                return _state.Done(await CloseAsync(ConstructionStatus.Rejected, unreadable, null));
            }

            var (taskDir, refused) = await TryAsync();
            if (refused is null)
            {
                _state.Ended = true;
                return _state.Done(await CloseAsync(ConstructionStatus.Accepted, null, taskDir));
            }

            _state.Update(_state.Versions[^1] with { Refused = refused });
            await ParentReports.NewsAsync(_input.Parent, _state.Usage, null);
            if (_state.Round >= _state.MaxRevisions)
            {
                var rejected = await CloseAsync(
                    ConstructionStatus.Rejected, $"Not accepted after {_state.Round} rounds of repair; the last version: {refused}", null);
                if (_state.Round >= _state.MaxRevisions)
                {
                    return _state.Done(rejected);
                }

                // Rounds were added while the report was written.
            }

            _state.Show("repair");
            var failed = _state.Versions[^1];
            (purpose, conversation) = (LlmPurposes.Repair, await _state.Outages.ReadAsync(
                (IConstructionActivities construction) => construction.RepairAsync(new RepairRequest { Spec = start.Spec, Version = failed }),
                $"repair {_state.Round + 1}: what is wrong"));
        }
    }

    /// <summary>A blueprint that is given: judged by the rules, rendered, proven, and accepted or not.</summary>
    private async Task<ConstructionResult> VaryAsync(GivenBlueprint given)
    {
        (_state.Spec, _state.References, _state.TaskId) = (given.Spec, [given.VariantOf], given.TaskId);
        _state.Versions.Add(new BlueprintVersion { Number = 1, Blueprint = given.Blueprint, OutputPath = given.OutputPath });
        var (taskDir, refused) = await TryAsync();
        if (refused is not null)
        {
            _state.Update(_state.Versions[^1] with { Refused = refused });
        }

        return _state.Done(await CloseAsync(refused is null ? ConstructionStatus.Accepted : ConstructionStatus.Rejected, refused, taskDir));
    }

    /// <summary>Asks for a blueprint, again with the errors where the reply is none; it becomes the newest version.</summary>
    /// <returns>Why there is none; null when there is.</returns>
    private async Task<string?> WriteAsync(string purpose, ArtifactRef conversation)
    {
        IReadOnlyList<string> errors = [];
        for (var ask = 0; ask <= _input.SchemaRetries; ask++)
        {
            _state.Show(purpose);
            var reply = await ModelCalls.AskAsync(
                _input.Model, _state, purpose, conversation, 0, (purpose == LlmPurposes.Repair ? $"repair {_state.Round + 1}" : "write the blueprint") + Again(ask));
            var read = await _state.Outages.ReadAsync(
                (IConstructionActivities construction) => construction.ReadBlueprintAsync(new ReadReplyRequest(reply.Conversation)),
                "read the blueprint");
            if (read.Blueprint is { } blueprint)
            {
                _state.TaskId = read.TaskId;
                _state.Versions.Add(new BlueprintVersion
                {
                    Number = _state.Versions.Count + 1, Blueprint = blueprint, Conversation = reply.Conversation, OutputPath = read.OutputPath!,
                });
                Workflow.UpsertTypedSearchAttributes(SearchAttributes.Attempt.ValueSet(_state.Versions.Count));
                return null;
            }

            (errors, conversation) = (read.Errors ?? [], read.AskAgain!);
        }

        return $"The reply was no blueprint {_input.SchemaRetries + 1} times; the last time: {string.Join("; ", errors)}";
    }

    /// <summary>Critique, render, proof of the newest version.</summary>
    private async Task<(string? TaskDir, string? Refused)> TryAsync()
    {
        if (await CriticiseAsync() is { } findings)
        {
            return (null, findings);
        }

        _state.Show("render");
        var (version, spec) = (_state.Versions[^1], _state.Spec!);
        var rendered = await _state.Outages.ReadAsync(
            (IConstructionActivities construction) => construction.RenderAsync(
                new RenderRequest { Spec = spec, Blueprint = version.Blueprint, OutDir = _input.OutDir, Version = version.Number }),
            $"version {version.Number}: render");
        if (rendered.TaskDir is null)
        {
            return (null, rendered.Problem ?? "The blueprint cannot be rendered.");
        }

        var proof = await ProveAsync(version, rendered.TaskDir);
        _state.Update(version with { Proof = proof });
        return proof.Verdict == ProofVerdict.Proven
            ? (rendered.TaskDir, null)
            : (null, $"The proof does not hold: {string.Join("; ", proof.Checks.Where(check => check.Status == ProofStatus.Failed).Select(check => $"{check.Name}: {check.Words}"))}");
    }

    /// <returns>The blocking findings; null when there are none.</returns>
    private async Task<string?> CriticiseAsync()
    {
        _state.Show("critique by rules");
        var version = _state.Versions[^1];
        var critique = await _state.Outages.ThroughAsync(
            () => Workflow.ExecuteActivityAsync(
                (IConstructionActivities construction) => construction.CritiqueAsync(new CritiqueRequest(_state.Spec!, version.Blueprint)),
                ActivityProfiles.Prepare(120, $"version {version.Number}: rules")),
            failure => Outage.OfEngine(failure, "any host"));
        version = version with { Rules = critique.Findings };
        _state.Update(version);
        if (critique.Findings.Blocking > 0)
        {
            // The model looks only at what the rules let through: no need to pay for a finding that is certain.
            return Blocked(critique.Findings);
        }

        if (_input.Given is not null)
        {
            // A model has read the task that it varies; that both still fit together is what the proof is for.
            return null;
        }

        var conversation = critique.Conversation;
        for (var ask = 0; ask <= _input.SchemaRetries; ask++)
        {
            _state.Show("critique by the model");
            var reply = await ModelCalls.AskAsync(_input.Model, _state, LlmPurposes.Critique, conversation, 0, $"critique version {version.Number}{Again(ask)}");
            var read = await _state.Outages.ReadAsync(
                (IConstructionActivities construction) => construction.ReadCritiqueAsync(new ReadReplyRequest(reply.Conversation)),
                "read the critique");
            if (read.Findings is { } found)
            {
                _state.Update(version with { Model = found });
                return found.Blocking > 0 ? Blocked(found) : null;
            }

            conversation = read.AskAgain!;
        }

        // A critique that cannot be read blocks nothing: the rules have spoken and the proof decides.
        return null;
    }

    private async Task<ConstructionResult> CloseAsync(ConstructionStatus status, string? error, string? taskDir)
    {
        _state.Show("write the results");
        var result = _state.Result(status, error);
        var finished = await _state.Outages.WriteAsync(
            (IConstructionActivities construction) => construction.FinishAsync(new FinishRequest
            {
                Input = new ReportedConstruction { OutDir = _input.OutDir, ModelSlug = _input.ModelSlug, Given = _input.Given },
                Spec = _state.Spec,
                References = _state.References,
                Versions = _state.Versions,
                Accepted = taskDir,
                Result = result,
            }),
            taskDir is null ? "write the report" : "put the task in its place");
        await Workflow.WaitConditionAsync(() => Workflow.AllHandlersFinished);
        return result with
        {
            Status = finished.Duplicate is null ? status : ConstructionStatus.Rejected,
            Error = finished.Duplicate ?? error,
            TaskDir = finished.TaskDir,
            ReportPath = finished.ReportPath,
        };
    }

    private static string Blocked(FindingSet findings) => string.Join("; ", findings.Lines.Take(findings.Blocking));

    private static string Again(int ask) => ask == 0 ? "" : $", asked again ({ask})";
}
