using System.CommandLine;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Starter.Batches;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Runs;

/// <summary><c>spark runs parallelism|add|retry</c>: updates that only a batch takes.</summary>
internal static class RunsBatchCommands
{
    public static IEnumerable<Command> Create(CliOutput output) => [Parallelism(output), Add(output), Retry(output)];

    private static Command Parallelism(CliOutput output)
    {
        var runs = new Argument<int>("N") { Description = "Runs open at once, from 1 to 2,000." };
        return RunsSteerCommands.Steer(
            output,
            "parallelism",
            """
            Changes how many runs a batch or an evaluation has open at once. Runs above a lower number go on to their end.

            Example:
              spark runs parallelism batch/night 16
            """,
            "SetParallelism",
            parsed => parsed.GetValue(runs) is >= 1 and <= ParallelismRequest.Most and var parallelism
                ? new ParallelismRequest(parallelism)
                : throw new CliException($"N is the number of runs open at once, from 1 to 2,000; it was {parsed.GetValue(runs)}", ExitCodes.Usage),
            runs);
    }

    private static Command Add(CliOutput output)
    {
        var folder = new Option<string?>("--tasks-dir") { Description = "A folder of Harbor tasks, or one task." };
        var names = new Option<string[]>("--tasks") { Description = "Only these of them, by name; * and ? match, @FILE reads one name per line.", AllowMultipleArgumentsPerToken = true };
        var prompts = new Option<string[]>("--prompt-file") { Description = "Prompt files, for a batch that makes tasks.", AllowMultipleArgumentsPerToken = true };
        var strict = TaskFolders.Strict();
        return RunsSteerCommands.Steer(
            output,
            "add",
            """
            Adds tasks or prompts to the end of a running batch. An item that the batch already has is not added again, and a
            task that cannot run is left out. Exits 3 if one was.

            Example:
              spark runs add batch/night --tasks-dir more-tasks --tasks "csv-*"
            """,
            "AddItems",
            parsed => Source(parsed.GetValue(folder), parsed.GetValue(names) ?? [], parsed.GetValue(prompts) ?? []),
            (parsed, source) => LeftOut((BatchSource)source!, parsed.GetValue(strict), output),
            [folder, names, prompts, strict]);
    }

    private static IReadOnlyList<LeftOutTasks> LeftOut(BatchSource source, bool strict, CliOutput output)
    {
        if (source.TasksDir is null)
        {
            return [];
        }

        var choice = TaskFolders.Select(source, strict);
        TaskFolders.Tell(choice, output);
        return choice.LeftOut;
    }

    private static Command Retry(CliOutput output)
    {
        var which = new Option<string>("--which") { Description = "failed, infrastructure, or all (both of these and cancelled items).", DefaultValueFactory = _ => "all" };
        which.AcceptOnlyFromAmong("failed", "infrastructure", "all");
        return RunsManyCommands.Steer(
            output,
            "retry",
            """
            Runs items that did not pass again, at the end of batches that still run.

            Examples:
              spark runs retry batch/night --which infrastructure
              spark runs retry --batch night evening
            """,
            "RetryFailed",
            parsed => new RetryRequest(parsed.GetValue(which)!),
            withRuns: false,
            run => run.Type == "Batch",
            which);
    }

    /// <summary>The workers read it, and their working folder is another one.</summary>
    private static BatchSource Source(string? folder, string[] names, string[] prompts)
    {
        if (folder is null == (prompts.Length == 0))
        {
            throw new CliException("give either --tasks-dir, for a batch of tasks, or --prompt-file, for one that makes tasks", ExitCodes.Usage);
        }

        if (folder is not null && !Directory.Exists(folder))
        {
            throw new CliException($"--tasks-dir: {folder} is not a folder", ExitCodes.Usage);
        }

        if (prompts.FirstOrDefault(prompt => !prompt.StartsWith('@') && !Path.Exists(prompt)) is { } missing)
        {
            throw new CliException($"--prompt-file: there is no file '{missing}'", ExitCodes.Usage);
        }

        return new BatchSource
        {
            TasksDir = folder is null ? null : Path.GetFullPath(folder),
            Names = [.. names.Select(BatchSettings.AbsoluteList)],
            Files = [.. prompts.Select(prompt => prompt.StartsWith('@') ? BatchSettings.AbsoluteList(prompt) : Path.GetFullPath(prompt))],
        };
    }
}
