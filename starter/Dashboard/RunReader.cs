using System.Collections.Concurrent;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Starter.Texts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;
using Temporalio.Converters;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>Everything about one run, from the run itself and from the folder it writes.</summary>
internal sealed class RunReader(SparkSession session)
{
    private static readonly TimeSpan QueryPatience = TimeSpan.FromSeconds(2);

    private const int MostKept = 20;

    private readonly CommandReader _commands = new(session);
    private readonly ConcurrentDictionary<string, (string Stamp, ResultFiles? Files)> _files = new(StringComparer.Ordinal);

    /// <exception cref="CliException">There is no such run.</exception>
    public async Task<RunSnapshot> ReadAsync(string id, CancellationToken cancellationToken)
    {
        var row = RunRow.Of(await RunDetails.DescribeAsync(session, id, cancellationToken));
        var shown = new RunSnapshot { Run = row, Ui = session.UiStory(row.Id, row.RunId), Spent = row.Spent() };
        if (row.Type != "SkillGeneration")
        {
            return shown with
            {
                Story = await RunDetails.CurrentDetailsAsync(session.Client.GetWorkflowHandle(id, row.RunId), cancellationToken) is { } story ? VisibleText.Of(RunDetails.Told(row, story), 20_000) : null,
                Commands = await _commands.NewestAsync(row.Id, cancellationToken),
                CommandsOf = "newest steps",
            };
        }

        List<string> missing = [];
        var handle = session.Client.GetWorkflowHandle<SkillGenerationWorkflow>(id);
        var input = await InputAsync(handle, cancellationToken);
        var progress = await AskAsync(handle, run => run.GetProgress(), cancellationToken);
        if (progress is null)
        {
            missing.Add("No worker answers for the run at the moment, so this page shows the last stored state.");
        }

        var folder = input is null ? null : ResultFiles.FolderOf(input, progress?.Task ?? row.Task ?? "");
        var files = folder is null ? null : Files(id, folder);
        if (files is null)
        {
            missing.Add(folder is null
                ? "The run's input cannot be read here, so its result folder is not known."
                : $"There is no {folder}/attempts.json on this machine (yet): it holds memos, output, evidence and skill after the first attempt.");
        }

        var memos = files?.Memos ?? (await AskAsync(handle, run => run.GetMemo(), cancellationToken) is { Length: > 0 } memo ? [memo] : []);
        var pdi = await AskAsync(handle, run => run.GetPdiHistory(), cancellationToken) ?? files?.Pdi ?? [];
        var (of, commands) = await CommandsAsync(row, progress, files, cancellationToken);
        return shown with
        {
            // A run that the server ended still answers with what it did last.
            Step = progress is null || !row.IsOpen ? null : VisibleText.Of(progress.Step),
            WaitsFor = row.IsOpen && progress?.WaitsFor is { Length: > 0 } why ? VisibleText.Of(why) : null,
            Error = files?.Error is { } error ? VisibleText.Of(error, 2_000) : null,
            CostUsd = progress?.CostUsd ?? row.CostUsd,
            Spent = progress is null ? row.Spent() : Money.Of(progress),
            BudgetUsd = progress?.BudgetUsd ?? input?.BudgetUsd,
            MaxAttempts = progress?.MaxAttempts ?? input?.MaxAttempts,
            Attempts = progress is null ? files?.Attempts ?? [] : [.. progress.Attempts.Select(attempt => Line(id, attempt))],
            Pdi = [.. pdi],
            Memos = Versions(memos),
            CommandsOf = of,
            Commands = commands,
            Evidence = files?.Evidence,
            Skill = files?.Skill,
            Folder = folder,
            Missing = missing,
        };
    }

    /// <summary>The run's files, read anew when one of them has changed; kept for the few runs that are being looked at.</summary>
    private ResultFiles? Files(string id, string folder)
    {
        var stamp = ResultFiles.Stamp(folder);
        if (!_files.TryGetValue(id, out var kept) || kept.Stamp != stamp || kept.Files is null)
        {
            if (_files.Count > MostKept)
            {
                _files.Clear();
            }

            _files[id] = kept = (stamp, ResultFiles.Read(folder));
        }

        return kept.Files;
    }

    private async Task<(string Of, IReadOnlyList<CommandLine> Commands)> CommandsAsync(
        RunRow row, SkillProgress? progress, ResultFiles? files, CancellationToken cancellationToken)
    {
        var number = progress?.Attempt ?? (int?)row.Attempt ?? 0;
        var ended = progress?.Attempts.Count ?? files?.Attempts.Count ?? 0;
        if (row.Status == "running" && number > ended)
        {
            return ($"attempt {number}, as it goes", await _commands.NewestAsync($"{row.Id}/attempt-{number}", cancellationToken));
        }

        return files?.LastTrial is { } trial ? ($"attempt {ended}", TrialCommandLines.Read(trial)) : ("", []);
    }

    private static IReadOnlyList<MemoVersion> Versions(IReadOnlyList<string> memos) =>
        [.. memos.Select(memo => VisibleText.Of(memo, 20_000)).Select((memo, index) => (memo, index)).ToList() is var all
            ? all.Select(pair => new MemoVersion(pair.index + 1, pair.memo, LineDiff.Of(pair.index == 0 ? "" : all[pair.index - 1].memo, pair.memo))) : []];

    private AttemptLine Line(string run, AttemptProgress attempt) => new(
        attempt.Number,
        attempt.Outcome.ToString(),
        attempt.Reward,
        attempt.TestsPassed,
        attempt.TestsTotal,
        attempt.Pdi,
        attempt.Intervention == InterventionLevel.None ? "" : attempt.Intervention.ToString().ToLowerInvariant(),
        Money.Of(attempt),
        (attempt.Why ?? attempt.Error) is { } why ? VisibleText.Of(why, 400) : null,
        session.UiOf($"{run}/attempt-{attempt.Number}"));

    /// <summary>The run's input; it names the result folder.</summary>
    private async Task<SkillGenerationInput?> InputAsync(WorkflowHandle handle, CancellationToken cancellationToken)
    {
        var history = await session.Client.WorkflowService.GetWorkflowExecutionHistoryAsync(
            new() { Namespace = session.Client.Options.Namespace, Execution = new() { WorkflowId = handle.Id }, MaximumPageSize = 1 },
            new() { CancellationToken = cancellationToken });
        var payloads = history.History.Events.FirstOrDefault()?.WorkflowExecutionStartedEventAttributes?.Input?.Payloads_;
        try
        {
            return payloads is [var payload, ..] ? await session.Client.Options.DataConverter.ToValueAsync<SkillGenerationInput>(payload) : null;
        }
        catch (Exception foreign) when (foreign is System.Text.Json.JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static async Task<T?> AskAsync<T>(
        WorkflowHandle<SkillGenerationWorkflow> run, System.Linq.Expressions.Expression<Func<SkillGenerationWorkflow, T>> query, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await run.QueryAsync(query, new() { Rpc = new() { CancellationToken = cancellationToken, Timeout = QueryPatience, Retry = false } });
        }
        catch (Exception noAnswer) when (noAnswer is RpcException or WorkflowQueryFailedException or WorkflowQueryRejectedException
            || (noAnswer is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
