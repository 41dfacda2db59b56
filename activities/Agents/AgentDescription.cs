using Spark.Temporal.Activities.Agents.Proxy;

namespace Spark.Temporal.Activities.Agents;

/// <summary>
/// How a command-line agent is installed, run and read: one YAML file. In <c>argv</c>, <c>env</c> and <c>files</c>
/// <c>{model}</c>, <c>{instruction_file}</c>, <c>{openai_url}</c>, <c>{anthropic_url}</c>, <c>{gemini_url}</c> and the names
/// of <see cref="Kwargs"/> in braces are replaced within their element; in <c>env</c> and <c>files</c> also <c>{token}</c>.
/// No shell ever sees them.
/// </summary>
internal sealed class AgentDescription
{
    public string Name { get; set; } = "";

    /// <summary>Protocol that it speaks to its model.</summary>
    public AgentApi Api { get; set; } = AgentApi.Openai;

    /// <summary>Model to ask for where a run names none; null leaves that to the profile.</summary>
    public string? DefaultModel { get; set; }

    /// <summary>Whether it, or its installation, needs a network.</summary>
    public bool Network { get; set; } = true;

    /// <summary>Names and defaults of what <c>--agent-kwarg</c> may say.</summary>
    public Dictionary<string, string> Kwargs { get; set; } = [];

    public InstallDescription Install { get; set; } = new();

    public RunDescription Run { get; set; } = new();

    /// <summary>Folders in which it looks for skills; <c>~</c> is the home of the user it runs as.</summary>
    public List<string> Skills { get; set; } = [];

    /// <summary>Where it says what it did: events, one JSON object a line.</summary>
    public EventsDescription? Events { get; set; }

    /// <summary>Where its numbers are.</summary>
    public UsageDescription? Usage { get; set; }
}

internal sealed class InstallDescription
{
    public double TimeoutSec { get; set; } = 360;

    /// <summary>
    /// Version that is installed where neither the run (<c>--agent-kwarg version=…</c>) nor the settings name one; <c>latest</c> is looked up
    /// once a day. The scripts find it in <c>SPARK_AGENT_VERSION</c>. Empty for an agent whose version cannot be chosen.
    /// </summary>
    public string Release { get; set; } = "";

    /// <summary>Paths that its steps make and that it needs: all else of them is thrown away. Empty keeps all that they did.</summary>
    public List<string> Keep { get; set; } = [];

    /// <summary>Shell scripts, run in order.</summary>
    public List<InstallStep> Steps { get; set; } = [];

    /// <summary>Program and arguments that print the version; run as the agent's user after the steps.</summary>
    public List<string> Version { get; set; } = [];
}

internal sealed class InstallStep
{
    /// <summary><c>root</c>, or <c>agent</c> for the user that the agent runs as.</summary>
    public string User { get; set; } = "root";

    public string Script { get; set; } = "";
}

internal sealed class RunDescription
{
    /// <summary>How the instruction reaches it.</summary>
    public InstructionBy Instruction { get; set; } = InstructionBy.Stdin;

    /// <summary>Its instruction names the skills with their files: it looks for none by itself.</summary>
    public bool TellsSkills { get; set; }

    public List<string> Argv { get; set; } = [];

    /// <summary>Arguments that are given only if a kwarg is not empty.</summary>
    public List<OptionalArguments> Optional { get; set; } = [];

    public Dictionary<string, string> Env { get; set; } = [];

    /// <summary>Files it needs, by path; <c>~</c> is its home.</summary>
    public Dictionary<string, string> Files { get; set; } = [];
}

internal enum InstructionBy
{
    Stdin,

    /// <summary>As <c>{instruction_file}</c> in its arguments.</summary>
    File,

    /// <summary>As its last argument.</summary>
    Argument,
}

internal sealed class OptionalArguments
{
    public string Kwarg { get; set; } = "";

    public List<string> Argv { get; set; } = [];
}

/// <summary>Lines of JSON in its output, or in a file that it writes.</summary>
internal sealed class EventsDescription
{
    /// <summary><c>output</c>, or the absolute path of a file.</summary>
    public string From { get; set; } = AgentEvents.Output;

    /// <summary>Path of the events in each document, where it holds several; empty where it is one.</summary>
    public string Each { get; set; } = "";

    public List<EventRule> Rules { get; set; } = [];
}

/// <summary>What one kind of event says. Paths are dotted names; <c>*</c> is every member or element.</summary>
internal sealed class EventRule
{
    /// <summary>Values by path that the event must have for the rule to apply.</summary>
    public Dictionary<string, string> When { get; set; } = [];

    /// <summary>Path of elements that the paths below start at, one after another; empty for the event itself.</summary>
    public string Each { get; set; } = "";

    /// <summary>Values by path that such an element must have.</summary>
    public Dictionary<string, string> Where { get; set; } = [];

    public string Text { get; set; } = "";

    public string Command { get; set; } = "";

    public string Observation { get; set; } = "";

    public string ExitCode { get; set; } = "";

    /// <summary>Tells which command an observation of another event belongs to.</summary>
    public string CallId { get; set; } = "";
}

/// <summary>Paths of the numbers; those of a list are added up.</summary>
internal sealed class UsageDescription
{
    /// <summary><c>output</c>, or the absolute path of a file: JSON lines, or one document.</summary>
    public string From { get; set; } = AgentEvents.Output;

    public Dictionary<string, string> When { get; set; } = [];

    /// <summary>Add up the numbers of all events; otherwise the last event counts.</summary>
    public bool Sum { get; set; }

    /// <summary>Tokens sent, the cached ones included.</summary>
    public List<string> Prompt { get; set; } = [];

    public List<string> Completion { get; set; } = [];

    public List<string> Cached { get; set; } = [];

    public List<string> CostUsd { get; set; } = [];
}
