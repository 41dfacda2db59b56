using System.CommandLine;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Runs;

/// <summary>Which runs a command steers: those named, those of a batch, those that a query finds, those that wait.</summary>
internal sealed class RunTargets
{
    private const string Open = $"ExecutionStatus = 'Running' AND {UiLinks.Runs}";

    private readonly Argument<string[]> _ids = new("ID") { Description = "Runs or batches, as 'spark runs list' shows them.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string[]> _batches = new("--batch") { Description = "A batch or an evaluation by its name, with its runs where that is needed.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _query = new("--query") { Description = "Open runs that a filter in the server's query language finds; attempts of a skill run are reached through it." };
    private readonly Option<bool> _waiting = new("--waiting") { Description = "Only runs that wait: for a model endpoint, an engine, a disk, results, a budget." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "List the runs and do nothing." };

    public void AddTo(Command command)
    {
        command.Add(_ids);
        foreach (var option in new Option[] { _batches, _query, _waiting, _dryRun })
        {
            command.Add(option);
        }
    }

    public bool DryRun(ParseResult parsed) => parsed.GetValue(_dryRun);

    /// <summary>The one run that is named, where nothing else is asked for; null otherwise.</summary>
    public string? Single(ParseResult parsed) =>
        parsed.GetValue(_ids) is [var one] && (parsed.GetValue(_batches) ?? []).Length == 0 && parsed.GetValue(_query) is null && !parsed.GetValue(_waiting) && !DryRun(parsed) ? one : null;

    /// <param name="session">The server.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="withRuns">Of a batch that is named, its runs that wait or are paused too: only they themselves know whether they go on.</param>
    /// <param name="output">Where runs that are left out are named.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CliException">Nothing is named, a run or batch is unknown, or the server refuses the query.</exception>
    public async Task<IReadOnlyList<RunRow>> SelectAsync(
        SparkSession session, ParseResult parsed, bool withRuns, CliOutput output, CancellationToken cancellationToken)
    {
        var (ids, batches, query, waiting) = (parsed.GetValue(_ids) ?? [], parsed.GetValue(_batches) ?? [], parsed.GetValue(_query), parsed.GetValue(_waiting));
        if (ids.Length == 0 && batches.Length == 0 && query is null && !waiting)
        {
            throw new CliException("name the runs: ID..., --batch NAME, --query QUERY or --waiting", ExitCodes.Usage);
        }

        var runs = new List<RunRow>();
        foreach (var id in ids)
        {
            runs.Add(RunRow.Of(await RunDetails.DescribeAsync(session, id, cancellationToken)));
        }

        foreach (var batch in batches)
        {
            runs.AddRange(await OfBatchAsync(session, batch, withRuns, cancellationToken));
        }

        if (query is not null)
        {
            runs.AddRange(await ListAsync(session, $"{Open} AND ({query})", cancellationToken));
        }
        else if (waiting && ids.Length == 0 && batches.Length == 0)
        {
            runs.AddRange(await ListAsync(session, $"{Open} AND SparkState STARTS_WITH '{RunStates.WaitingPrefix}'", cancellationToken));
        }

        List<RunRow> chosen = [.. runs.DistinctBy(run => run.Id)];
        if (waiting)
        {
            foreach (var other in chosen.Where(run => !run.Waits && ids.Contains(run.Id)))
            {
                output.Note($"{other.Id} does not wait: {other.Now()}");
            }

            chosen.RemoveAll(run => !run.Waits);
        }

        if (chosen.Count == 0)
        {
            output.Note("No run matches.");
        }

        return chosen;
    }

    private static async Task<IReadOnlyList<RunRow>> OfBatchAsync(SparkSession session, string name, bool withRuns, CancellationToken cancellationToken)
    {
        var ofBatch = await ListAsync(session, $"{Open} AND SparkBatch = {UiLinks.Quote(PlainText.Slug(name))}", cancellationToken);
        var itself = ofBatch.Where(run => run.IsBatch).ToList();
        var others = ofBatch.Except(itself).Where(run => itself.Count == 0 || (withRuns && run.Now() != RunStates.Running)).ToList();
        return itself.Count + others.Count > 0 ? [.. itself, .. others]
            : throw new CliException($"--batch {name}: no batch, evaluation or run of this name is open; 'spark runs list' shows all");
    }

    private static async Task<IReadOnlyList<RunRow>> ListAsync(SparkSession session, string query, CancellationToken cancellationToken)
    {
        try
        {
            var runs = new List<RunRow>();
            await foreach (var run in session.Client.ListWorkflowsAsync(query).WithCancellation(cancellationToken))
            {
                runs.Add(RunRow.Of(run));
            }

            return [.. runs.OrderBy(run => run.Id, StringComparer.Ordinal)];
        }
        catch (RpcException refused) when (refused.Code == RpcException.StatusCode.InvalidArgument)
        {
            throw new CliException($"--query is refused by the server: {refused.Message}", ExitCodes.Usage);
        }
    }
}
