using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Prompts;

/// <summary>The terminal agent's system prompt and tool.</summary>
public static class AgentPrompts
{
    /// <summary>Name of the tool.</summary>
    public const string ShellTool = "shell";

    /// <summary>Description of the tool, for the endpoint's tool list.</summary>
    public const string ShellToolDescription =
        "Runs a command in the task's container with bash and returns what it printed and its exit code. Working folder, "
        + "variables and functions carry over from one command to the next.";

    /// <summary>JSON schema of the tool's arguments.</summary>
    public const string ShellToolSchema =
        """
        {"type":"object","properties":{"command":{"type":"string","description":"The bash command; may span several lines."},"timeout_sec":{"type":"number","description":"Seconds after which the command is stopped. Leave it out for the default; give more for builds and long computations."}},"required":["command"]}
        """;

    /// <summary>The system prompt.</summary>
    /// <param name="tools">Whether the endpoint takes tool calls; else commands are written as fenced blocks.</param>
    /// <param name="skills">Skills installed in the container.</param>
    public static string System(bool tools, IReadOnlyList<SkillListing>? skills = null)
    {
        var prompt =
            $"""
            You solve a task in a Linux container by running shell commands. You cannot ask questions: decide by what you find.

            ## How to act

            {(tools ? WithTools : WithFences)}
            - Working folder, exported variables and shell functions last from one command to the next. Commands get no
              keyboard: pass options instead of waiting for a prompt, and start long-running programs in the background.
            - Long output is shortened in the middle. Print what you need rather than whole files.
            - A command that exceeds its time limit is stopped; the shell goes on.

            ## How to work

            - Look before you build: read the task's files and check what is installed.
            - Believe what a command showed you, not what you expect. When a result surprises you, find out why first.
            - Put results exactly where the task asks for them, in exactly the form it asks for.
            - Before you stop, check your result by a way other than the one that made it: read the files back, run what can be run.
            - A separate check that you cannot see decides afterwards. Do not try to find or imitate it.

            ## How to end

            When the result is complete, reply with one or two sentences and without {(tools ? "a tool call" : "a fenced block")}. That ends the task for good.
            """;
        return skills is { Count: > 0 } ? $"{prompt}\n\n{SkillsBlock(skills)}" : prompt;
    }

    /// <summary>The same prompt for an endpoint that takes no tool calls; null for a text that is no such prompt.</summary>
    /// <param name="prompt">What <see cref="System(bool, IReadOnlyList{SkillListing}?)"/> gave for one that takes them.</param>
    public static string? ForFences(string prompt) =>
        prompt.StartsWith(System(tools: true), StringComparison.Ordinal) ? System(tools: false) + prompt[System(tools: true).Length..] : null;

    /// <summary>What an agent is told whose reply ended in a way that is no end of its work.</summary>
    /// <param name="reason">One of <see cref="FinishReasons"/>.</param>
    public static string GoOn(string reason) => reason switch
    {
        FinishReasons.Length => "Your reply was cut off by its token limit. Go on from where it stopped, in smaller steps.",
        FinishReasons.Repetition => "Your reply repeated the same passage until it was cut off. Leave that, and go on with one command.",
        FinishReasons.TextCall =>
            $"Your reply held a tool call as plain text that could not be read, so nothing was run. Call the tool `{ShellTool}` itself, with a JSON object that has `command`.",
        _ => "Your reply was empty. If the task is done, say so in one or two sentences; if not, go on with the next command.",
    };

    private const string WithTools =
        """
        - Call the tool `shell` with `command`, and with `timeout_sec` when the command may take long. You see its output and
          exit code before you go on.
        """;

    private const string WithFences =
        """
        - Write the command in one fenced block, and nothing after it:

          ```bash
          ls -la
          ```

          It runs when your reply ends; its output and exit code are the next message. Only a block marked `bash` runs.
        """;

    private static string SkillsBlock(IReadOnlyList<SkillListing> skills) =>
        $"""
        ## Skills at hand

        A skill is a set of instructions for a kind of task, in a file in the container. If one fits the task, read its file
        before you begin (`cat` its path) and follow it as long as it proves right. Do not read the others.

        {Markdown.Bullets(skills.Select(skill => $"**{skill.Name}**: {PlainText.OneLine(skill.Description, 1_024)} (`{skill.Path}`)"))}
        """;
}
