using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Domain.Evaluation;

/// <summary>Where an arm's skills come from.</summary>
public enum SkillSource
{
    /// <summary>There is no skill.</summary>
    None,

    /// <summary>Made by skill generation: <c>&lt;root&gt;/&lt;model&gt;/&lt;task&gt;/SKILL.md</c>.</summary>
    Generated,

    /// <summary>Written by people: <c>&lt;root&gt;/&lt;task&gt;/</c>, else the task's own <c>environment/skills/</c>.</summary>
    Human,

    /// <summary>A folder that a user named: one skill for every task, or <c>&lt;root&gt;/&lt;task&gt;/</c>.</summary>
    Folder,
}

/// <summary>One arm of an evaluation.</summary>
public sealed record EvaluationArm : OpenRecord
{
    public const string Baseline = "baseline";
    public const string Generated = "generated";
    public const string Human = "human";

    /// <summary>Name, a slug: part of workflow ids and of the search attribute <c>SparkArm</c>.</summary>
    public required string Name { get; init; }

    public SkillSource Source { get; init; }

    /// <summary>Absolute path of the folder of skills; null for the task's own, or for none.</summary>
    public string? Root { get; init; }

    /// <summary>Model that made the skills; null for the student itself.</summary>
    public string? SkillSourceModel { get; init; }
}
