using System.CommandLine;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Memo;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Runs;

/// <summary><c>spark runs fork</c>: a new run from a past attempt's state.</summary>
internal static class RunsForkCommand
{
    public static Command Create(CliOutput output)
    {
        var id = new Argument<string>("ID") { Description = "Id of a skill run, open or closed." };
        var from = RunSettings.Positive(new Option<int>("--from-attempt") { Description = "The last attempt that both runs share.", Required = true });
        var memo = new Option<string?>("--memo") { Description = "File with a memo that replaces the one the run had then." };
        var model = new Option<string?>("--model") { Description = "Model of the agent: NAME, or PROFILE::NAME. Default: the run's own." };
        var retries = RunSettings.Positive(new Option<int?>("--max-retries") { Description = "Attempts in all, the shared ones included. Default: the run's own, at least one more." });
        var outDir = new Option<string?>("--out", "--output-dir") { Description = "Folder for its results. Default: forks/ in the run's own." };
        var detach = new Option<bool>("--detach") { Description = "Start and return; follow with spark runs watch." };
        var json = CommonOptions.Json();
        var command = new Command(
            "fork",
            """
            Starts a new skill run from the state of another after one attempt: memo, index, records. The other run and
            its results stay as they are; both name each other. Exits 0 if the new run made its skill, 3 if it did not.

            Example:
              spark runs fork skill/night/gpt/3d-scan-calc --from-attempt 3 --model gpt-5
            """) { id, from, memo, model, retries, outDir, detach, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var replaced = parsed.GetValue(memo) is { } file ? Memo(file) : null;
            await using var session = await SparkSession.OpenAsync(output, new(), cancellationToken);
            if (parsed.GetValue(detach) && session.Source == ServerSource.Embedded)
            {
                throw new CliException("--detach needs a server that outlives this command: start one with 'spark up', or set TEMPORAL_ADDRESS", ExitCodes.Usage);
            }

            var run = await RunDetails.DescribeAsync(session, parsed.GetValue(id)!, cancellationToken);
            if (run.WorkflowType != nameof(SkillGenerationWorkflow))
            {
                throw new CliException($"'{run.Id}' is of type {RunRow.Of(run).Type}; only skill runs have attempts to fork from", ExitCodes.Usage);
            }

            var input = await RunRecords.InputAsync<SkillGenerationInput>(session, run.Id, cancellationToken);
            var choice = parsed.GetValue(model) is { } named ? RunSettings.Choice(named, input.Model.ApiBase) : input.Model;
            var records = await SharedAsync(session, run.Id, parsed.GetValue(from), cancellationToken);
            if (parsed.GetValue(retries) is { } most && most <= Scored(records))
            {
                throw new CliException($"--max-retries counts the {Scored(records)} shared attempts too; it was {most}, give {Scored(records) + 1} or more", ExitCodes.Usage);
            }

            var (handle, number) = await StartAsync(
                session,
                number => input with
                {
                    Model = choice,
                    ModelSlug = parsed.GetValue(model) is null ? input.ModelSlug : RunSettings.Slug(choice),
                    MaxAttempts = parsed.GetValue(retries) ?? Math.Max(input.MaxAttempts, Scored(records) + 1),
                    OutDir = Path.GetFullPath(parsed.GetValue(outDir) ?? Path.Combine(input.OutDir, "forks", $"{Name(run.Id)}-{number}")),
                    ResultsRoot = null,
                    Fork = new SkillFork
                    {
                        WorkflowId = run.Id, RunId = run.RunId, Attempt = records[^1].Number, Records = [.. records.Select(kept => kept.Record)], Memo = replaced,
                    },
                },
                run.Id,
                cancellationToken);
            output.Note(session.UiOf(handle.Id) is { } page ? $"{handle.Id}\n{page}" : handle.Id);
            if (parsed.GetValue(detach))
            {
                Print(output, parsed.GetValue(json), new { Id = handle.Id, ForkedFrom = run.Id, FromAttempt = records[^1].Number }, handle.Id);
                return ExitCodes.Good;
            }

            var last = await RunsCommands.FollowAsync(session, handle.Id, line => output.Note(line), cancellationToken);
            var result = await RunRecords.ResultAsync<SkillGenerationResult>(session, await RunRecords.HistoryAsync(session, handle.Id, cancellationToken));
            Print(output, parsed.GetValue(json), (object?)result ?? last, $"{last.Id}  {RunPrinter.Line(last)}{(result?.SkillPath is { } skill ? $"  {skill}" : "")}");
            return result is { Status: SkillRunStatus.Passed } ? ExitCodes.Good : ExitCodes.SomeFailed;
        });
        return command;
    }

    private static int Scored(IReadOnlyList<KeptAttempt> records) => records.Count(kept => kept.Outcome.IsScored());

    private static string Name(string id) => PlainText.Slug(id.Split('/')[^1]);

    private static void Print(CliOutput output, bool json, object value, string line)
    {
        if (json)
        {
            output.Json(value);
        }
        else
        {
            output.Line(line);
        }
    }

    /// <summary>Records up to the attempt that both runs share.</summary>
    private static async Task<IReadOnlyList<KeptAttempt>> SharedAsync(SparkSession session, string id, int attempt, CancellationToken cancellationToken)
    {
        var kept = await session.Client.GetWorkflowHandle<SkillGenerationWorkflow>(id)
            .QueryAsync(run => run.GetRecords(), new() { Rpc = new() { CancellationToken = cancellationToken } });
        if (kept.FirstOrDefault(record => record.Number == attempt) is not { } last)
        {
            throw new CliException(
                $"run '{id}' has no finished attempt {attempt}; " + (kept.Count == 0 ? "it has none yet" : $"it has 1 to {kept[^1].Number}"), ExitCodes.Usage);
        }

        return last.Outcome == Outcome.Pass
            ? throw new CliException($"attempt {attempt} of '{id}' passed, so there is nothing to try again; fork from an earlier one", ExitCodes.Usage)
            : [.. kept.TakeWhile(record => record.Number <= attempt)];
    }

    /// <summary>Starts the run under the first number that is free.</summary>
    private static async Task<(WorkflowHandle Handle, int Number)> StartAsync(
        SparkSession session, Func<int, SkillGenerationInput> input, string id, CancellationToken cancellationToken)
    {
        for (var number = 1; ; number++)
        {
            var run = input(number);
            try
            {
                var handle = await session.Client.StartWorkflowAsync(
                    (SkillGenerationWorkflow workflow) => workflow.RunAsync(run),
                    new WorkflowOptions(WorkflowIds.Fork(id, number), SparkSession.Queue)
                    {
                        StaticSummary = $"fork of {Name(id)} after attempt {run.Fork!.Attempt}",
                        StaticDetails = $"Goes on from `{id}` after attempt {run.Fork.Attempt}.\n\n{RunDescriptions.Of(run)}",
                        Memo = new Dictionary<string, object> { ["forked_from"] = id, ["forked_from_attempt"] = run.Fork.Attempt },
                        TypedSearchAttributes = SearchAttributes.Started(run.Batch, Name(id), run.ModelSlug),
                        IdReusePolicy = WorkflowIdReusePolicy.RejectDuplicate,
                        Rpc = new() { CancellationToken = cancellationToken },
                    });
                return (handle, number);
            }
            catch (WorkflowAlreadyStartedException)
            {
                // The number is taken by an earlier fork.
            }
        }
    }

    private static string Memo(string file)
    {
        string text;
        try
        {
            text = File.ReadAllText(file);
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"--memo: {missing.Message}", ExitCodes.Usage);
        }

        var memo = ExplorationMemo.Parse(text)
            ?? throw new CliException($"{file} is not a memo: it needs the heading '{ExplorationMemo.Heading(1)}' and the sections {string.Join(", ", ExplorationMemo.Titles)}", ExitCodes.Usage);
        return text.Length <= MemoRules.MaxCharacters ? memo.Render()
            : throw new CliException($"{file} has {text.Length} characters; a memo has at most {MemoRules.MaxCharacters}", ExitCodes.Usage);
    }
}
