using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Batches;
using Spark.Temporal.Activities.TaskPackages;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Domain.Statistics;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Wire.TaskFiles;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Evaluation;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;

namespace Spark.Temporal.Activities.Evaluation;

/// <summary>Makes the list of an evaluation's trials, in the order of its plan, with the skills that each is given.</summary>
/// <param name="store">Where lists and results are.</param>
/// <param name="client">Asked for trials of an evaluation that is started again.</param>
internal sealed class EvaluationPlanner(IArtifactStore store, ITemporalClient client)
{
    /// <summary>Skipped trials that a history names; the summary names all.</summary>
    private const int SkippedLines = 20;

    /// <exception cref="FormatException">The source gives no tasks.</exception>
    public async Task<EvaluationPlanned> PlanAsync(PlanEvaluationRequest request, CancellationToken cancellationToken)
    {
        var input = request.Input;
        var chosen = BatchSelection.Tasks(input.Source);
        var tasks = chosen.Tasks;
        var plan = new EvaluationPlan(tasks.Count, input.Students.Count, input.Arms.Count, input.Repeats, input.Seed);
        var earlier = input.Resume ? await EarlierAsync(input, cancellationToken) : [];
        var skills = new Dictionary<string, TaskSkills>();
        var content = new Dictionary<string, string?>();
        foreach (var task in tasks)
        {
            skills[task.Name] = await SkillsAsync(input, task.Name, task.Directory, cancellationToken);
            content[task.Name] = await ContentAsync(task.Directory, cancellationToken);
        }

        List<BatchItem> items = [];
        List<int> kept = [], skipped = [];
        List<EvaluationTrial> rows = [];
        for (var place = 0; place < plan.Count; place++)
        {
            var planned = plan[place];
            var (task, student, arm) = (tasks[planned.Task], input.Students[planned.Student], input.Arms[planned.Arm]);
            var given = skills[task.Name].Of(student.Slug, arm.Name);
            var item = new BatchItem
            {
                Number = place + 1,
                Name = task.Name,
                Source = task.Directory,
                Template = EvaluationWindow.Template(input, student, arm),
                Repeat = planned.Repeat,
                Skills = given?.Tar,
                WithoutOwnSkills = skills[task.Name].ImageBringsSkills,
            };
            item = item with { Digest = content[task.Name] is { } digest ? Digest(digest, input, student, item) : null };
            if (earlier.TryGetValue((student.Slug, task.Name, arm.Name, planned.Repeat), out var row))
            {
                kept.Add(item.Number);
                rows.Add(row);
            }
            else if (given is { Missing: { } missing })
            {
                skipped.Add(item.Number);
                rows.Add(TrialRows.Skipped(input, item, missing, request.Now));
            }
            else
            {
                items.Add(item);
            }
        }

        if (input.Resume && items.Count > 0)
        {
            // Trials that ended while no evaluation heard of them; those that were cut off go on from the replies that were paid for.
            var known = await new KnownRuns(client, input.Batch, EvaluationWindow.Work(input)).OfAsync(items, openToo: false, cancellationToken);
            List<BatchItem> left = [];
            foreach (var item in items)
            {
                switch (known.GetValueOrDefault(item.Number))
                {
                    case { Result: { } result } when EarlierResults.IsDone(result):
                        kept.Add(item.Number);
                        rows.Add(TrialRows.Of(input, result, GivenTo(item)));
                        break;
                    case { } ended:
                        left.Add(ended.GoesOn(item));
                        break;
                    default:
                        left.Add(item);
                        break;
                }
            }

            items = left;
        }

        var (list, written) = await new BatchLists(store).WriteAsync(null, items, plan.Count, [], [], cancellationToken);
        var (results, exported) = await new BatchResults(store).StartAsync(input.OutDir, input.Batch, [], cancellationToken);
        return new EvaluationPlanned
        {
            Plan = new BatchPlan
            {
                List = list,
                Entries = written.Entries,
                Items = written.Items,
                TakenOver = NumberRanges.Of(kept.Order()),
                Skipped = NumberRanges.Of(skipped),
                Notes = chosen.LeftOut.Count > 0 ? [LeftOutTasks.Words(chosen.LeftOut)] : [],
                Results = results,
                Exported = exported,
            },
            Details = await store.PutJsonAsync(new EvaluationPlanDetails(skills, rows) { LeftOut = chosen.LeftOut.Count > 0 ? chosen.LeftOut : null }, cancellationToken),
            Tallies = [.. input.Students.SelectMany(student => input.Arms.Select(arm => rows
                .Where(row => row.Model == student.Slug && row.Arm == arm.Name)
                .Aggregate(new ArmTally(student.Slug, arm.Name), (tally, row) => tally.With(row.Outcome, row.Reward, row, row.NoVerdict))))],
            Skipped = [.. rows.Where(row => !row.IsScored()).Take(SkippedLines)
                .Select(row => $"{row.Task}, {(input.Students.Count > 1 ? $"{row.Model} " : "")}{row.Arm} {row.Repeat}: skipped: {row.Error}")],
            StartedAt = kept.Count == 0 ? null : earlier.Values.Concat(rows.Where(row => row.IsScored())).Min(row => row.StartedAt),
        };

        ArmSkills? GivenTo(BatchItem item)
        {
            var (model, arm) = EvaluationWindow.Of(input, item.Template!);
            return skills[item.Name].Of(model, arm);
        }
    }

    /// <summary>Digest of a trial's task and of all that decides how it ends; another one is another trial.</summary>
    private static string Digest(string content, ListedEvaluation input, EvaluationStudent student, BatchItem item) => ItemSources.Digest(
        content, ItemSources.Json(new { input.Agent, input.AgentKwargs, student.Model, input.Limits, item.Template, item.Skills, item.WithoutOwnSkills, item.Repeat }));

    /// <summary>Digest of a task's files; null for a task that cannot be read, which its trial will say.</summary>
    private static async Task<string?> ContentAsync(string taskDir, CancellationToken cancellationToken)
    {
        try
        {
            return await TaskPackager.DigestAsync(TaskFolderReader.Read(taskDir), cancellationToken);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>The trials that an earlier run scored. Those that were skipped or that infrastructure ended are run again.</summary>
    private static async Task<Dictionary<(string Model, string Task, string Arm, int Repeat), EvaluationTrial>> EarlierAsync(
        EvaluationScope input, CancellationToken cancellationToken)
    {
        var earlier = new Dictionary<(string, string, string, int), EvaluationTrial>();
        foreach (var path in input.Students.Select(student => EvaluationWriter.SummaryPath(EvaluationWriter.Root(input.OutDir, input.ResultsRoot), student.Slug, input.Batch)).Where(File.Exists))
        {
            var summary = EvaluationSummaryFile.Read(path, await File.ReadAllTextAsync(path, cancellationToken));
            foreach (var trial in summary.Trials.Where(trial => trial.IsScored()))
            {
                earlier[(trial.Model, trial.Task, trial.Arm, trial.Repeat)] = trial;
            }
        }

        return earlier;
    }

    private async Task<TaskSkills> SkillsAsync(EvaluationScope input, string task, string taskDir, CancellationToken cancellationToken)
    {
        var packager = new SkillPackager(store);
        List<ArmSkills> skills = [];
        foreach (var arm in input.Arms.Where(arm => arm.Source != SkillSource.None))
        {
            // Only skills that each student made itself differ from student to student.
            var own = arm is { Source: SkillSource.Generated, SkillSourceModel: null };
            foreach (var student in own ? input.Students : input.Students.Take(1))
            {
                skills.Add(await packager.PackAsync(arm, student.Slug, task, taskDir, cancellationToken));
            }
        }

        return new TaskSkills(SkillPackager.ImageBringsSkills(taskDir), skills);
    }
}
