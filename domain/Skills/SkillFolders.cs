namespace Spark.Temporal.Domain.Skills;

/// <summary>A folder in which command-line agents look for skills.</summary>
/// <param name="Path">Below the agent's home, or absolute.</param>
/// <param name="ReadBy">Who reads it.</param>
public sealed record SkillPlace(string Path, string ReadBy)
{
    /// <summary>Absolute path for an agent whose home is given.</summary>
    public string In(string home) => Path.StartsWith('/') ? Path : $"{home.TrimEnd('/')}/{Path}";
}

/// <summary>Where skills are installed, so that every agent finds them in its usual place.</summary>
public static class SkillFolders
{
    /// <summary>
    /// The one place that does not depend on the agent or its home, unless the task names another (<c>skills_dir</c>); the
    /// terminal agent's prompt lists these paths.
    /// </summary>
    public const string Default = "/skills";

    /// <summary>Every agent's own place. A new agent's is added here.</summary>
    public static readonly IReadOnlyList<SkillPlace> All =
    [
        new(".agents/skills", "agents that follow the common layout"),
        new(".claude/skills", "claude-code"),
        new(".codex/skills", "codex"),
        new(".factory/skills", "factory"),
        new(".gemini/skills", "gemini-cli"),
        new(".goose/skills", "goose"),
        new(".opencode/skill", "opencode, older"),
        new(".opencode/skills", "opencode"),
        new(".qwen/skills", "qwen-coder"),
        new("/etc/claude-code/.claude/skills", "claude-code, for all users"),
    ];
}
