namespace Spark.Temporal.Domain.Blueprints;

/// <summary>
/// Everything a task is made of, before it is a folder. Field names as JSON are snake_case; the published form is
/// <see cref="BlueprintSchema"/>.
/// </summary>
public sealed record TaskBlueprint
{
    /// <summary>Name of the task's folder: a slug.</summary>
    public required string TaskId { get; init; }

    public required string Title { get; init; }

    /// <summary>What the agent reads, Markdown.</summary>
    public required string InstructionMd { get; init; }

    /// <summary><c>easy</c>, <c>medium</c> or <c>hard</c>.</summary>
    public string Difficulty { get; init; } = "medium";

    public string Category { get; init; } = "general";

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Absolute path in the container of the file that the agent must write.</summary>
    public required string OutputPath { get; init; }

    public required IReadOnlyList<AcceptanceCriterion> AcceptanceCriteria { get; init; }

    public required BlueprintEnvironment Environment { get; init; }

    /// <summary>Files copied below the working folder as they are here.</summary>
    public IReadOnlyList<SupportFile> SupportFiles { get; init; } = [];

    /// <summary>
    /// A program that makes the task's data. It runs once while the image is built, in the working folder, and is not left
    /// in the image. Empty where the support files are all there is.
    /// </summary>
    public string DataBuilderPython { get; init; } = "";

    /// <summary>A program that solves the task. It runs in the finished container, in the working folder.</summary>
    public required string OraclePython { get; init; }

    public required BlueprintVerifier Verifier { get; init; }

    /// <summary>Verbatim quotes of the prompt on which the task is based.</summary>
    public required IReadOnlyList<string> Evidence { get; init; }

    /// <summary>What the author decided because the prompt does not say it.</summary>
    public IReadOnlyList<string> Assumptions { get; init; } = [];

    /// <summary>What could vary between siblings of this task.</summary>
    public IReadOnlyList<string> FamilyHypotheses { get; init; } = [];

    /// <summary>Names of the tasks that gave their shape.</summary>
    public IReadOnlyList<string> ReferenceTasks { get; init; } = [];

    /// <summary>Seconds the agent may work.</summary>
    public double AgentTimeoutSec { get; init; } = 900;
}

/// <summary>The image and its limits.</summary>
public sealed record BlueprintEnvironment
{
    /// <summary>Image the task's image starts from; one of <see cref="CritiqueRules.BaseImages"/>.</summary>
    public required string BaseImage { get; init; }

    /// <summary>Absolute path where the agent starts.</summary>
    public string Workdir { get; init; } = "/app";

    /// <summary>Debian packages.</summary>
    public IReadOnlyList<string> AptPackages { get; init; } = [];

    /// <summary>Python packages, each with its version (<c>name==1.2.3</c>).</summary>
    public IReadOnlyList<string> PipPackages { get; init; } = [];

    /// <summary>Seconds the build may take.</summary>
    public double BuildTimeoutSec { get; init; } = 600;

    public double Cpus { get; init; } = 1;

    /// <summary>MiB of memory.</summary>
    public int MemoryMb { get; init; } = 1024;

    /// <summary>MiB of storage.</summary>
    public int StorageMb { get; init; } = 2048;

    public bool AllowInternet { get; init; }
}

/// <param name="Path">Relative path with forward slashes, below the working folder.</param>
/// <param name="Content">Exact content, written as UTF-8.</param>
/// <param name="Executable">Whether it is a program.</param>
public sealed record SupportFile(string Path, string Content, bool Executable = false);

/// <summary>How the result is checked.</summary>
public sealed record BlueprintVerifier
{
    /// <summary>Seconds the tests may take.</summary>
    public double TimeoutSec { get; init; } = 300;

    /// <summary>Python packages that only the tests need, each with its version.</summary>
    public IReadOnlyList<string> PipPackages { get; init; } = [];

    /// <summary>The pytest file.</summary>
    public required string TestCode { get; init; }
}
