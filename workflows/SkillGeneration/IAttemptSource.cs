using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Workflows.SkillGeneration;

/// <summary>Where a skill run's attempts come from: they are made now, or were recorded. What the run decides it decides itself.</summary>
internal interface IAttemptSource
{
    /// <summary>Reads the task, or the recording in its place, and names the run for it.</summary>
    /// <returns>The task; null where it cannot be run, and the state says why.</returns>
    Task<TaskPackage?> OpenAsync();

    /// <summary>What the agent of an attempt is told besides its model; null for nothing.</summary>
    /// <param name="number">Number of the attempt, from 1.</param>
    IReadOnlyDictionary<string, string>? AgentKwargs(int number);

    /// <summary>After an attempt that infrastructure ended: waits for a person where that happens too often.</summary>
    /// <param name="words">What failed.</param>
    Task AfterInfrastructureAsync(string words);

    /// <summary>Says how an attempt ended.</summary>
    Task<JudgeReply> JudgeAsync(int number, AttemptResult result);

    /// <summary>Learns from a failed attempt.</summary>
    /// <returns>Null where it was not reflected on.</returns>
    Task<ReflectionRecord?> ReflectAsync(TaskPackage package, AttemptResult result, AttemptRecord record, JudgeReply judged);

    /// <summary>Makes the skill after a pass.</summary>
    /// <returns>How the run ends with it; where it is no pass, the state says why.</returns>
    Task<SkillRunStatus> DistillAsync(TaskPackage package, AttemptResult result, ArtifactRef judgment);
}
