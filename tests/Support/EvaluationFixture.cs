using System.Text.Json;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Evaluation;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Support;

/// <summary>Tasks, skills and inputs of evaluations in a <see cref="FakeDeployment"/>.</summary>
internal sealed class EvaluationFixture(FakeDeployment deployment)
{
    private readonly string _batch = $"{deployment.Prefix}evaluation";

    public EvaluationArm Baseline { get; } = new() { Name = EvaluationArm.Baseline };

    public EvaluationArm Generated => new() { Name = EvaluationArm.Generated, Source = SkillSource.Generated, Root = Folder("generated") };

    public EvaluationArm Human => new() { Name = EvaluationArm.Human, Source = SkillSource.Human, Root = Folder("human") };

    public string SummaryPath(string model = "fake") =>
        Path.Combine(deployment.OutDir, "skills_eval_result", model, PlainText.Slug(_batch), EvaluationSummary.FileName);

    public EvaluationSummary Summary(string model = "fake") => JsonSerializer.Deserialize<EvaluationSummary>(File.ReadAllText(SummaryPath(model)), SparkJson.Options)!;

    public EvaluationInput Input(params string[] tasks)
    {
        return new EvaluationInput
        {
            Batch = _batch,
            Source = new BatchSource { TasksDir = BatchFiles.Tasks(Folder("tasks"), tasks) },
            Students = [new EvaluationStudent("fake", new ModelChoice())],
            Arms = [Baseline, Generated, Human],
            OutDir = deployment.OutDir,
            Rules = new EvaluationRules { RerunDelaySec = 0.01 },
        };
    }

    /// <summary>Writes a valid skill.</summary>
    /// <param name="folder">Below the fixture's folder, such as <c>generated/fake/a</c>.</param>
    /// <param name="name">Its name.</param>
    public EvaluationFixture Skill(string folder, string name)
    {
        File.WriteAllText(
            Path.Combine(Folder(folder), "SKILL.md"), $"---\nname: {name}\ndescription: How to do {name}.\n---\n\n# {name}\n\nDo it.\n");
        return this;
    }

    /// <summary>Lets verifiers give rewards by the id of the trial.</summary>
    public async Task RewardAsync(Func<string, double> reward)
    {
        var verdicts = new Dictionary<double, VerifyReply>();
        foreach (var value in (double[])[0, 0.25, 1])
        {
            verdicts[value] = await deployment.World.VerdictAsync(value, value == 0 ? 0 : 1, value == 1 ? 1 : 2);
        }

        deployment.World.Verification = _ => verdicts[reward(ActivityExecutionContext.Current.Info.WorkflowId!)];
    }

    public Task<WorkflowHandle<EvaluationWorkflow, EvaluationResult>> StartAsync(EvaluationInput input) => deployment.Client.StartWorkflowAsync(
        (EvaluationWorkflow workflow) => workflow.RunAsync(input), new WorkflowOptions(WorkflowIds.Evaluation(input.Batch), deployment.Queue));

    private string Folder(string name) => Directory.CreateDirectory(Path.Combine(deployment.OutDir, "given", name)).FullName;
}
