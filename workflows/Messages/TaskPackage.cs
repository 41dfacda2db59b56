using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>A Harbor task that was read, checked and put into the artifact store.</summary>
public sealed record TaskPackage
{
    /// <summary>Slug of the task's folder; part of workflow ids and the name of its skill.</summary>
    public required string Name { get; init; }

    /// <summary><c>[task] name</c>, such as <c>org/name</c>; null where the file has none.</summary>
    public string? QualifiedName { get; init; }

    /// <summary>The folder it was read from, for messages and trial records.</summary>
    public required string SourcePath { get; init; }

    /// <summary>SHA-256 over every file of the task; the trial's <c>task_checksum</c>.</summary>
    public required string Digest { get; init; }

    /// <summary>SHA-256 over what the image is built from; the key under which the built image is kept.</summary>
    public required string EnvironmentDigest { get; init; }

    /// <summary><c>instruction.md</c>, without leading canary lines; of a multi-step task the instructions of all steps, one after the other.</summary>
    public required ArtifactRef Instruction { get; init; }

    /// <summary>Build context (tar, <c>.dockerignore</c> honoured); null when the task only names an image.</summary>
    public ArtifactRef? Environment { get; init; }

    /// <summary><c>tests/</c> as a tar whose entries are at its root.</summary>
    public required ArtifactRef Tests { get; init; }

    /// <summary><c>solution/</c> as a tar whose entries are at its root; null where the task has none.</summary>
    public ArtifactRef? Solution { get; init; }

    /// <summary>Build context of the verifier's own image (<c>tests/</c> as a tar); null where it has none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArtifactRef? VerifierEnvironment { get; init; }

    /// <summary>What each step of a multi-step task brings, in the order of its settings; null for a task of one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<StepPackage>? Steps { get; init; }

    public required TaskSettings Settings { get; init; }

    /// <summary>What the agent is told first: the instruction of the first step, where there are steps.</summary>
    [JsonIgnore]
    public ArtifactRef FirstInstruction => Steps is [var first, ..] ? first.Instruction : Instruction;

    /// <summary>One step as a task of its own.</summary>
    /// <param name="number">Its number, from 0.</param>
    public TaskPackage OfStep(int number) => Steps![number] is var step ? this with
    {
        Instruction = step.Instruction,
        Tests = step.Tests,
        Solution = step.Solution,
        Steps = null,
        Settings = Settings.Steps![number].Over(Settings),
    } : this;

    /// <summary>What the reader noticed and went on with (unknown keys, older spellings).</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>What one step of a multi-step task brings.</summary>
/// <param name="Name">Name of its folder.</param>
/// <param name="Instruction">Its <c>instruction.md</c>, without leading canary comments.</param>
/// <param name="Tests">The task's <c>tests/</c> with the step's own over it (tar, entries at its root).</param>
/// <param name="Solution">Its <c>solution/</c>; null for none.</param>
/// <param name="Workdir">What is put into the working folder before it begins; null for nothing.</param>
public sealed record StepPackage(string Name, ArtifactRef Instruction, ArtifactRef Tests, ArtifactRef? Solution, ArtifactRef? Workdir)
{
    /// <summary>Whether a script among the files of the working folder makes it ready.</summary>
    public bool Setup { get; init; }
}
