using System.CommandLine;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Batches;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Dashboard;
using Spark.Temporal.Starter.Preflight;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Wire.TaskFiles;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Eval;

/// <summary><c>spark eval run</c>: arms × tasks × repeats, followed to their end.</summary>
internal static class EvalRunCommand
{
    // As in the original: an evaluated agent gets half the time.
    private const double TimeoutMultiplier = 0.5;

    public static Command Create(CliOutput output)
    {
        var tasksDir = new Option<string>("--tasks-dir") { Description = "A folder of Harbor tasks, or one task.", Required = true };
        var tasks = new Option<string[]>("--tasks") { Description = "Only these, by name; * and ? match; @FILE reads names from a file.", AllowMultipleArgumentsPerToken = true };
        var exclude = new Option<string[]>("--exclude-tasks") { Description = "Leave these out, by name; * and ? match; @FILE reads names from a file.", AllowMultipleArgumentsPerToken = true };
        var strict = TaskFolders.Strict();
        var limit = RunSettings.Positive(new Option<int?>("--limit") { Description = "Run at most this many tasks." });
        var agent = new AgentSettings();
        var models = new Option<string[]>("--model")
        {
            Description = "Student models: NAME, or PROFILE::NAME. Several give a table students x arms. Default: the profile's own.",
            AllowMultipleArgumentsPerToken = true,
        };
        var repeats = RunSettings.Positive(new Option<int>("--repeats") { Description = "Trials of each task in each arm.", DefaultValueFactory = _ => 1 });
        var parallelism = RunSettings.Between(1, ParallelismRequest.Most, new Option<int>("--parallelism") { Description = "Trials open at once.", DefaultValueFactory = _ => 4 });
        var seed = new Option<int>("--seed") { Description = "Seed for the order of trials inside a task, and for the confidence intervals.", DefaultValueFactory = _ => 1 };
        var budget = RunSettings.Positive(new Option<double?>("--budget-usd") { Description = "Once this many dollars are spent, no further trial starts until the budget is raised." });
        var batchName = new Option<string?>("--batch") { Description = "Name of the evaluation. Naming one that runs attaches to it; one with other options is refused. Default: made up." };
        var resume = new Option<bool>("--resume") { Description = "Keep what the evaluation named with --batch has scored, and run the rest again." };
        var detach = new Option<bool>("--detach") { Description = "Start and return; follow with spark runs watch." };
        var results = new Option<string?>("--eval-result-dir") { Description = $"Folder for summaries and reports, with one folder per model. Default: {SummaryFiles.Root}/ under --out." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would run and what it may cost; start nothing." };
        var cancel = new Option<bool>("--cancel-on-interrupt") { Description = "Ctrl-C cancels the evaluation instead of leaving it." };
        var json = CommonOptions.Json();
        var arms = new ArmSettings();
        var preflight = new PreflightSettings();
        var run = new RunSettings(TimeoutMultiplier, withModel: false);
        var command = new Command(
            "run",
            """
            Run the same tasks with the same agent without a skill, with a generated one, with a human one, and in any further
            arm. Trials of one task run close together in time. A trial that the infrastructure ended is run again, never scored; one
            whose verifier ran out of time has no verdict and is not scored either. A trial whose skill is missing is skipped, and a
            task that cannot run is left out. Exits 0 if every trial was scored or skipped, 3 if some were not or tasks were left out.

            Example:
              spark eval run --tasks-dir tasks --model gpt-5-mini --skill-source-model gpt-5 --repeats 3 --parallelism 8
            """)
        {
            tasksDir, tasks, exclude, strict, limit, models, repeats, parallelism, seed, budget, batchName, results, resume, detach, dryRun, cancel, json,
        };
        var dashboard = new DashboardOptions();
        dashboard.AddTo(command);
        preflight.AddTo(command);
        arms.AddTo(command);
        run.AddTo(command);
        agent.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(resume) && parsed.GetValue(batchName) is null)
            {
                throw new CliException("--resume needs the name of the evaluation: --batch NAME", ExitCodes.Usage);
            }

            var source = new BatchSource
            {
                TasksDir = Path.GetFullPath(parsed.GetValue(tasksDir)!), Names = [.. (parsed.GetValue(tasks) ?? []).Select(BatchSettings.AbsoluteList)],
                Exclude = [.. (parsed.GetValue(exclude) ?? []).Select(BatchSettings.AbsoluteList)], Limit = parsed.GetValue(limit),
            };
            var choice = TaskFolders.Select(source, parsed.GetValue(strict));
            TaskFolders.Tell(choice, output);
            var chosen = choice.Tasks;
            var input = new EvaluationInput
            {
                Batch = PlainText.Slug(parsed.GetValue(batchName) ?? BatchNames.New("eval", DateTimeOffset.UtcNow)),
                Source = source,
                Students = Students(parsed.GetValue(models) ?? [], run.ApiBase(parsed), agent.Agent(parsed)),
                Arms = arms.Arms(parsed, chosen),
                Agent = agent.Agent(parsed),
                AgentKwargs = agent.Kwargs(parsed),
                Repeats = parsed.GetValue(repeats),
                Parallelism = parsed.GetValue(parallelism),
                Seed = (ulong)Math.Abs((long)parsed.GetValue(seed)),
                Limits = run.Limits(parsed),
                Budget = new SpendingLimit(parsed.GetValue(budget)),
                OutDir = run.OutDir(parsed),
                ResultsRoot = parsed.GetValue(results) is { } named ? Path.GetFullPath(named) : null,
                Resume = parsed.GetValue(resume),
            };
            if (parsed.GetValue(dryRun))
            {
                return PrintPlan(input, choice, arms.SkillsDir(parsed), parsed.GetValue(json), output);
            }

            await using var session = await SparkSession.OpenAsync(output, new SessionOptions(), cancellationToken);
            var starter = new EvaluationStarter(session, output);
            var asked = input.Students.Select(student => PreflightSettings.AgentModel(input.Agent, student.Model)).ToList();
            return await starter.RunAsync(
                input, chosen.Count, new BatchFollowing(parsed.GetValue(detach), parsed.GetValue(cancel), parsed.GetValue(json))
                {
                    Dashboard = dashboard.Of(parsed),
                    LeftOut = choice.LeftOut,
                    Given = BatchFollowing.GivenIn(parsed),
                    Preflight = preflight.Plan(parsed, asked, input.OutDir, input.ResultsRoot)?.Within(input.Budget.Usd)
                        .Telling(asked, chosen.Select(task => (task.Name, task.InstructionTokens))),
                },
                cancellationToken);
        });
        return command;
    }

    private static List<EvaluationStudent> Students(string[] models, string? apiBase, string agent)
    {
        if (agent == AgentNames.Replay)
        {
            throw new CliException("the agent replay re-enacts whole runs: spark skills run --agent replay --agent-kwarg trajectory=FILE", ExitCodes.Usage);
        }

        // Agents without a model are students under their own name.
        List<EvaluationStudent> students = agent is AgentNames.Oracle or AgentNames.Nop
            ? [new EvaluationStudent(agent, new ModelChoice())]
            : [.. models.DefaultIfEmpty("").Select(model => RunSettings.Choice(model, apiBase)).Select(model => new EvaluationStudent(RunSettings.Slug(model), model))];
        return students.GroupBy(student => student.Slug).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? throw new CliException($"two of the models are called '{twice.Key}' in folders and ids; evaluate them one after the other with --out", ExitCodes.Usage)
            : students;
    }

    private static int PrintPlan(EvaluationInput input, TaskChoice choice, string? skillsDir, bool json, CliOutput output)
    {
        List<string> tasks = [.. choice.Tasks.Select(task => task.Name)];
        var exitCode = choice.LeftOut.Count > 0 ? ExitCodes.SomeFailed : ExitCodes.Good;
        var estimates = CostEstimate.Of(input, tasks, skillsDir);
        if (json)
        {
            output.Json(new
            {
                input.Batch,
                Tasks = tasks,
                Students = input.Students.Select(student => student.Slug),
                input.Arms,
                input.Repeats,
                input.Parallelism,
                input.Limits.TimeoutMultiplier,
                input.Limits.VerifierTimeoutMultiplier,
                Trials = estimates.Sum(estimate => estimate.Trials),
                Estimates = estimates,
                choice.LeftOut,
                CostUsd = estimates.All(estimate => estimate.Usd is not null) ? estimates.Sum(estimate => estimate.Usd) : null,
            });
            return exitCode;
        }

        output.Line($"{tasks.Count} tasks: {string.Join(", ", tasks.Take(8))}{(tasks.Count > 8 ? ", …" : "")}");
        foreach (var arm in input.Arms)
        {
            output.Line($"arm {arm.Name}: {(arm.Root is { } root ? Path.Combine(root, arm.SkillSourceModel ?? "") : arm.Source == Domain.Evaluation.SkillSource.None ? "no skill" : "the tasks' own skills")}");
        }

        foreach (var estimate in estimates)
        {
            output.Line(estimate.Usd is { } usd
                ? $"{estimate.Model}: {estimate.Trials} trials, about {PlainText.Usd(usd)} (by {estimate.Recorded} recorded trials and attempts; {estimate.TasksKnown} of the tasks among them)"
                : $"{estimate.Model}: {estimate.Trials} trials, cost not known: no earlier trial of this model in {SummaryFiles.Root}/ or among the skills; try --limit 2 first");
        }

        output.Note("Nothing was started.");
        return exitCode;
    }
}
