using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Demo;

/// <summary>The demo's material, in a folder beside the executable.</summary>
internal static class DemoSamples
{
    /// <summary>Folder with one Harbor task per folder.</summary>
    public static string TasksDir => Find("tasks");

    /// <summary>Folder with the scripted model's scripts, one file per task.</summary>
    public static string ScriptsDir => Find("scripts");

    /// <summary>Skills written by people: not for every task, and not all of them help.</summary>
    public static string HumanSkillsDir => Find("human-skills");

    /// <summary>The prompt file that the demo makes a task of; its script has the same name.</summary>
    public static string Prompt => Path.Combine(Find("prompts"), "wav-peaks.json");

    private static string Find(string part)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "samples", part);
        return Directory.Exists(folder)
            ? folder
            : throw new CliException($"the demo's {part} are missing in {folder}; build or install spark again");
    }
}
