using Spark.Temporal.Domain.Memo;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Starter.Pdi.Trajectories;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>Recorded public runs through the real workflow: same memos, same snapshots, same triggers.</summary>
[Category("Server")]
public sealed class ReenactmentTests
{
    /// <summary>
    /// All that there are. Among them runs that pass, also at once, one with an infrastructure failure, one with an error
    /// text of 245,000 characters for a memo, and runs whose attempts are partly right.
    /// </summary>
    [Test]
    public async Task Every_recorded_run_comes_out_as_it_was()
    {
        var folders = Directory.GetFiles(Requires.SharedData("spark-trajectories"), TrajectoryFiles.FileName, SearchOption.AllDirectories).Select(file => Path.GetDirectoryName(file)!).ToList();
        Assert.That(folders, Has.Count.EqualTo(16));
        await using var deployment = await FakeDeployment.StartAsync();
        await Task.WhenAll(folders.Select(folder => CompareAsync(deployment, folder)));

        // Nobody was asked and nothing was started.
        Assert.That(deployment.World.Calls, Is.Empty);
    }

    [Test]
    public async Task A_recording_that_is_not_there_is_named()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var result = await deployment.Client.ExecuteWorkflowAsync(
            (SkillGenerationWorkflow run) => run.RunAsync(Input(deployment, deployment.OutDir)), deployment.Options("missing"));

        Assert.That(result.Status, Is.EqualTo(SkillRunStatus.TaskBroken));
        Assert.That(result.Error, Does.Contain("trajectory.jsonl is not there"));
    }

    private static async Task CompareAsync(FakeDeployment deployment, string folder)
    {
        var recorded = await TrajectoryReader.ReadAsync(Path.Combine(folder, TrajectoryFiles.FileName), CancellationToken.None);
        var input = Input(deployment, folder);
        var run = await deployment.Client.StartWorkflowAsync((SkillGenerationWorkflow workflow) => workflow.RunAsync(input), deployment.Options(Path.GetFileName(folder)));
        var result = await run.GetResultAsync();
        var snapshots = await run.QueryAsync(workflow => workflow.GetPdiHistory());
        var progress = await run.QueryAsync(workflow => workflow.GetProgress());
        var written = await TrajectoryReader.ReadAsync(Path.Combine(result.ResultDir!, TrajectoryFiles.FileName), CancellationToken.None);

        var passes = recorded.Executions.Values.Any(execution => execution.Passed);
        var levels = recorded.Snapshots.Select(snapshot => snapshot.Snapshot).ToDictionary(snapshot => snapshot.Attempt, snapshot => snapshot.Level);
        Assert.Multiple(() =>
        {
            Assert.That(snapshots, Is.EqualTo(recorded.Snapshots.Select(snapshot => snapshot.Snapshot)), folder);
            Assert.That(written.Snapshots.Select(snapshot => snapshot.Snapshot), Is.EqualTo(snapshots), folder);
            Assert.That(Memos(written), Is.EqualTo(Memos(recorded)), folder);
            Assert.That(result.Status, Is.EqualTo(passes ? SkillRunStatus.Passed : SkillRunStatus.Exhausted), folder);
            Assert.That(progress.Attempts, Has.Count.EqualTo(recorded.Executions.Count), folder);
            Assert.That(result.InfrastructureFailures, Is.EqualTo(recorded.Executions.Values.Count(execution => execution.IsInfrastructure)), folder);

            // An attempt gets what was decided after the reflection before it.
            foreach (var attempt in recorded.Executions.Keys.Where(attempt => !recorded.Executions[attempt].IsInfrastructure && levels.ContainsKey(attempt - 1)))
            {
                Assert.That(progress.Attempts[attempt].Intervention, Is.EqualTo(levels[attempt - 1]), $"{folder}, attempt {attempt}");
            }

            if (passes)
            {
                Assert.That(File.ReadAllText(result.SkillPath!).Trim(), Is.EqualTo(File.ReadAllText(Path.Combine(folder, "SKILL.md")).Trim()), folder);
            }
        });
    }

    /// <summary>Memos in order, as long as memos may be.</summary>
    private static IEnumerable<string> Memos(RecordedRun run) => run.Reflections.OrderBy(pair => pair.Key)
        .Select(pair => pair.Value.MemoAfter).Select(memo => memo.Length <= MemoRules.MaxCharacters ? memo : memo[..MemoRules.MaxCharacters]);

    private static SkillGenerationInput Input(FakeDeployment deployment, string folder) => new()
    {
        TaskDir = folder,
        Agent = AgentNames.Replay,
        Batch = "recorded",
        ModelSlug = "recorded",
        Model = new ModelChoice(),
        OutDir = deployment.OutDir,
        Pdi = new PdiSettings(Method: PdiMethod.TokenOverlap),
    };
}
