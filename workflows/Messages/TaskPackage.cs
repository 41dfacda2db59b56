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

    /// <summary><c>instruction.md</c>, without leading canary lines.</summary>
    public required ArtifactRef Instruction { get; init; }

    /// <summary>Build context (tar, <c>.dockerignore</c> honoured); null when the task only names an image.</summary>
    public ArtifactRef? Environment { get; init; }

    /// <summary><c>tests/</c> as a tar whose entries are at its root.</summary>
    public required ArtifactRef Tests { get; init; }

    /// <summary><c>solution/</c> as a tar whose entries are at its root; null where the task has none.</summary>
    public ArtifactRef? Solution { get; init; }

    public required TaskSettings Settings { get; init; }

    /// <summary>What the reader noticed and went on with (unknown keys, older spellings).</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
