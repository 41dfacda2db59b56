using System.Text.Json;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Domain;
using Spark.Temporal.Workflows.Domain.Evaluation;
using Spark.Temporal.Workflows.Domain.Statistics;
using Spark.Temporal.Workflows.Evaluation;
using Spark.Temporal.Workflows.Wire;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Evaluation;

/// <summary>Reads skills for the arms of an evaluation, and writes what came of it.</summary>
internal sealed class EvaluationActivities(IArtifactStore store) : IEvaluationActivities
{
    private static CancellationToken Cancelled => ActivityExecutionContext.Current.CancellationToken;

    public async Task<EvaluationCarried> ResumeAsync(ResumeEvaluationRequest request)
    {
        var input = request.Input;
        var plan = new EvaluationPlan(input.Tasks.Count, input.Students.Count, input.Arms.Count, input.Repeats, input.Seed);
        var earlier = new Dictionary<(string, string, string, int), EvaluationTrial>();
        foreach (var student in input.Students)
        {
            var path = EvaluationWriter.SummaryPath(input.OutDir, student.Slug, input.Batch);
            foreach (var trial in File.Exists(path) ? (await ReadAsync(path)).Trials : [])
            {
                earlier[(trial.Model, trial.Task, trial.Arm, trial.Repeat)] = trial;
            }
        }

        // Only a score is kept: what was skipped or ended by the infrastructure gets another try.
        var done = new byte[(plan.Count + 7) / 8];
        var tallies = input.Students.SelectMany(student => input.Arms.Select(arm => new ArmTally(student.Slug, arm.Name)))
            .ToDictionary(tally => (tally.Model, tally.Arm));
        List<EvaluationTrial> kept = [];
        for (var place = 0; place < plan.Count; place++)
        {
            var planned = plan[place];
            var (model, arm) = (input.Students[planned.Student].Slug, input.Arms[planned.Arm].Name);
            if (earlier.TryGetValue((model, input.Tasks[planned.Task].Name, arm, planned.Repeat), out var trial) && trial.ToScore().IsScored)
            {
                done[place / 8] |= (byte)(1 << (place % 8));
                tallies[(model, arm)] = tallies[(model, arm)].With(trial);
                kept.Add(trial);
            }
        }

        return new EvaluationCarried
        {
            Done = kept.Count == 0 ? null : done,
            Pages = kept.Count == 0 ? [] : [await store.PutJsonAsync(kept, Cancelled)],
            Tallies = [.. tallies.Values],
            StartedAt = kept.Count == 0 ? null : kept.Min(trial => trial.StartedAt),
        };
    }

    public async Task<TaskSkills> SkillsAsync(TaskSkillsRequest request)
    {
        var packager = new SkillPackager(store);
        List<ArmSkills> skills = [];
        foreach (var arm in request.Arms.Where(arm => arm.Source != SkillSource.None))
        {
            // Only skills that each student made itself differ from student to student.
            var own = arm is { Source: SkillSource.Generated, SkillSourceModel: null };
            foreach (var model in own ? request.Models : request.Models.Take(1))
            {
                skills.Add(await packager.PackAsync(arm, model, request.Task, request.TaskDir, Cancelled));
            }
        }

        return new TaskSkills(SkillPackager.ImageBringsSkills(request.TaskDir), skills);
    }

    public Task<ArtifactRef> KeepAsync(KeepTrialsRequest request) => store.PutJsonAsync(request.Trials, Cancelled);

    public async Task<EvaluationRecord> WriteAsync(WriteEvaluationRequest request)
    {
        List<EvaluationTrial> trials = [];
        foreach (var page in request.Pages)
        {
            trials.AddRange(await store.ReadJsonAsync<List<EvaluationTrial>>(page, Cancelled));
        }

        trials.AddRange(request.Trials);
        var summaries = SummaryMaker.Of(request.Head, trials, request.Now);
        return await new EvaluationWriter(store).WriteAsync(request.OutDir, summaries, Cancelled);
    }

    private static async Task<EvaluationSummary> ReadAsync(string path)
    {
        await using var file = File.OpenRead(path);
        return await JsonSerializer.DeserializeAsync<EvaluationSummary>(file, SparkJson.Options, Cancelled)
            ?? throw new InvalidDataException($"{path} holds no summary");
    }
}
