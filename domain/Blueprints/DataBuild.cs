using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>The program that makes a task's data while its image is built, and where a Dockerfile uses it.</summary>
public static class DataBuild
{
    /// <summary>Name of the program. A build step that names it makes the data.</summary>
    public const string Program = "build_data.py";

    /// <summary>Where it is in the build context.</summary>
    public const string Path = $"scripts/{Program}";

    /// <summary>
    /// A Dockerfile with a label before the first instruction that touches the program, so that everything before it comes
    /// from the engine's cache and everything after it does not.
    /// </summary>
    /// <returns>Null where no instruction names the program.</returns>
    public static string? Again(string dockerfile)
    {
        var file = Dockerfile.Parse(dockerfile);
        return file.Instructions.FirstOrDefault(one => one is { Stage: >= 0, Keyword: not "FROM" } && (one.Mentions("build_data") || one.Mentions("scripts/"))) is { } first
            ? file.WithBefore(first, "LABEL spark.data-build=\"2\"")
            : null;
    }

    /// <summary>Whether a step of a build, as the builder prints it, makes the data.</summary>
    public static bool IsMadeBy(string step) => step.Contains(Program, StringComparison.Ordinal);
}
