using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.SkillGeneration;
using Spectre.Console;
using Temporalio.Client;
using Temporalio.Exceptions;
using Text = Spark.Temporal.Workflows.Domain.Text;

namespace Spark.Temporal.Starter.Runs;

/// <summary>Follows a batch: a live table on a terminal, a line per event elsewhere. It only asks, never steers.</summary>
internal sealed class BatchView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly SparkSession _session;
    private readonly BatchInput _input;
    private readonly CliOutput _output;
    private readonly Dictionary<string, SkillProgress> _runs = [];
    private readonly Dictionary<string, int> _told = [];
    private readonly Dictionary<string, string> _states = [];

    private BatchView(SparkSession session, BatchInput input, CliOutput output) => (_session, _input, _output) = (session, input, output);

    public static async Task<BatchResult> FollowAsync(
        SparkSession session, WorkflowHandle<BatchWorkflow, BatchResult> batch, BatchInput input, CliOutput output, CancellationToken cancellationToken)
    {
        var view = new BatchView(session, input, output);
        using var polling = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var showing = view.ShowAsync(polling.Token);
        try
        {
            return await batch.GetResultAsync(rpcOptions: new RpcOptions { CancellationToken = cancellationToken });
        }
        catch (RpcException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            await polling.CancelAsync();
            await showing;
        }
    }

    private async Task ShowAsync(CancellationToken cancellationToken)
    {
        if (!_output.Progress.Profile.Out.IsTerminal)
        {
            await PollAsync(() => { }, cancellationToken);
            Tell();
            return;
        }

        await _output.Progress.Live(Render()).AutoClear(true).StartAsync(live => PollAsync(() => live.UpdateTarget(Render()), cancellationToken));
        Tell();
    }

    private async Task PollAsync(Action changed, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do
            {
                foreach (var item in _input.Items)
                {
                    await AskAsync(item, cancellationToken);
                }

                if (!_output.Progress.Profile.Out.IsTerminal)
                {
                    Tell();
                }

                changed();
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            foreach (var item in _input.Items)
            {
                await AskAsync(item, CancellationToken.None);
            }
        }
    }

    private async Task AskAsync(BatchItem item, CancellationToken cancellationToken)
    {
        var id = WorkflowIds.Skill(_input.Batch, _input.Template.ModelSlug, item.Name);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(TimeSpan.FromSeconds(3));
            _runs[item.Name] = await _session.Client.GetWorkflowHandle<SkillGenerationWorkflow>(id).QueryAsync(
                run => run.GetProgress(), new WorkflowQueryOptions { Rpc = new RpcOptions { CancellationToken = patience.Token } });
        }
        catch (Exception nothing) when (nothing is RpcException or WorkflowQueryFailedException or WorkflowQueryRejectedException
            || (nothing is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Not started yet, or no worker answers just now: the last known state stays.
        }
    }

    /// <summary>Prints what is new since the last time, a line each.</summary>
    private void Tell()
    {
        foreach (var (task, run) in _runs)
        {
            foreach (var attempt in run.Attempts.Skip(_told.GetValueOrDefault(task)))
            {
                // A failure is told once its reflection has been measured, so that it is one line.
                var measured = attempt.Pdi is not null || run.Attempts[^1].Number != attempt.Number || run.Step.StartsWith("attempt", StringComparison.Ordinal)
                    || attempt.Outcome is Workflows.Domain.Judging.Outcome.Pass or Workflows.Domain.Judging.Outcome.Infrastructure;
                if (!measured)
                {
                    break;
                }

                _told[task] = _told.GetValueOrDefault(task) + 1;
                _output.Note($"{task}: attempt {attempt.Number} {Describe(attempt)}");
            }

            if (_states.GetValueOrDefault(task, "running") != run.State)
            {
                _states[task] = run.State;
                _output.Note($"{task}: {run.State}");
            }
        }
    }

    private static string Describe(AttemptProgress attempt)
    {
        var steered = attempt.Intervention == Workflows.Domain.Pdi.InterventionLevel.None ? "" : $" after a {attempt.Intervention.ToString().ToLowerInvariant()} intervention";
        var index = attempt.Pdi is { } pdi ? $", PDI {pdi:0.0000}" : "";
        var error = attempt.Error is { } words ? $": {words}" : "";
        return $"{attempt.Outcome.ToString().ToLowerInvariant()}{steered}, reward {attempt.Reward?.ToString("0.###") ?? "none"}, tests {attempt.TestsPassed}/{attempt.TestsTotal}{index}{error}";
    }

    private Table Render()
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("task", "state", "attempt", "last outcome", "tests", "PDI", "intervention", "cost");
        foreach (var item in _input.Items)
        {
            if (!_runs.TryGetValue(item.Name, out var run))
            {
                table.AddRow(Markup.Escape(item.Name), "[grey]to come[/]", "", "", "", "", "", "");
                continue;
            }

            var last = run.Attempts.Count > 0 ? run.Attempts[^1] : null;
            table.AddRow(
                Markup.Escape(item.Name),
                Markup.Escape(run.State == "running" ? run.Step : run.State),
                $"{run.Attempt}/{run.MaxAttempts}",
                last?.Outcome.ToString() ?? "",
                last is null ? "" : $"{last.TestsPassed}/{last.TestsTotal}",
                string.Join(' ', run.Attempts.Select(attempt => attempt.Pdi?.ToString("0.00")).OfType<string>()),
                last is null || last.Intervention == Workflows.Domain.Pdi.InterventionLevel.None ? "" : last.Intervention.ToString().ToLowerInvariant(),
                Text.Usd(run.CostUsd));
        }

        return table;
    }
}
