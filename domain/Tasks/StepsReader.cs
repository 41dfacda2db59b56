namespace Spark.Temporal.Domain.Tasks;

/// <summary>Reads <c>[[steps]]</c> of <c>task.toml</c>, and what the folder of each step brings.</summary>
public static class StepsReader
{
    /// <summary>Folder with one folder for each step.</summary>
    public const string Folder = "steps";

    /// <summary>Files of a step that are put into the working folder before it begins.</summary>
    public const string Workdir = "workdir";

    /// <summary>Script among them that makes the step ready.</summary>
    public const string SetupScript = "setup.sh";

    /// <summary>How rewards of steps become one; the mean where nothing is said.</summary>
    public static StepsReward Strategy(TomlSection root)
    {
        var said = root.NonEmptyText("multi_step_reward_strategy");
        switch (said)
        {
            case null or "mean":
                return StepsReward.Mean;
            case "final":
                return StepsReward.Final;
            default:
                root.Error("multi_step_reward_strategy", $"= \"{said}\" is not known", "write \"mean\" or \"final\"");
                return StepsReward.Mean;
        }
    }

    /// <summary>The steps in their order.</summary>
    public static IReadOnlyList<TaskStep> Read(TomlSection root, TaskFindings findings)
    {
        List<TaskStep> steps = [];
        foreach (var item in root.List("steps"))
        {
            var section = new TomlSection("steps", item, findings);
            if (item.Value is not Dictionary<string, TomlNode> || section.NonEmptyText("name") is not { } name)
            {
                findings.Error(TomlSection.File, item.Line, "[[steps]] holds an entry without a name", "write name = \"...\", the step's folder below steps/");
                continue;
            }

            if (name.Contains('/', StringComparison.Ordinal) || name is "." or "..")
            {
                section.Error("name", $"= \"{name}\" is no name of a folder", "name the step's folder below steps/");
            }
            else if (steps.Any(step => step.Name == name))
            {
                section.Error("name", $"= \"{name}\" is there twice", "give each step a name of its own");
            }

            steps.Add(ReadStep(section, name, findings));
        }

        return steps;
    }

    private static TaskStep ReadStep(TomlSection section, string name, TaskFindings findings)
    {
        var agent = section.Section("agent");
        var verifier = section.Section("verifier");
        var solution = section.Section("solution");
        if (agent.User("user") is not null)
        {
            agent.NotSupported("user", "a user of a step's own", "name it under [agent], for all steps");
        }

        var step = new TaskStep
        {
            Name = name,
            AgentTimeoutSec = TaskTomlReader.TimeoutSec(agent, "timeout_sec"),
            AgentNetwork = TaskEnvironmentReader.Network(agent, out var agentHosts),
            AgentAllowedHosts = agentHosts,
            VerifierTimeoutSec = TaskTomlReader.TimeoutSec(verifier, "timeout_sec"),
            VerifierUser = verifier.User("user"),
            VerifierNetwork = TaskEnvironmentReader.Network(verifier, out var verifierHosts),
            VerifierAllowedHosts = verifierHosts,
            VerifierEnv = verifier.Env("env"),
            SolutionEnv = solution.Env("env"),
            Separate = VerifierReader.Separate(verifier),
            Collect = VerifierReader.Collect(verifier, findings),
            MinReward = MinReward(section),
            Artifacts = TaskTomlReader.Artifacts(section),
            Healthcheck = TaskEnvironmentReader.ReadHealthcheck(section),
        };
        agent.ReportUnknown();
        verifier.ReportUnknown();
        solution.ReportUnknown();
        section.ReportUnknown();
        return step;
    }

    private static Dictionary<string, double> MinReward(TomlSection section)
    {
        var none = new Dictionary<string, double>();
        switch (section.Node("min_reward")?.Value)
        {
            case null:
                return none;
            case Dictionary<string, TomlNode> table when table.Values.All(node => node.Value is long or double):
                return table.ToDictionary(pair => pair.Key, pair => Convert.ToDouble(pair.Value.Value, System.Globalization.CultureInfo.InvariantCulture));
            case long or double:
                return new Dictionary<string, double> { ["reward"] = section.Number("min_reward", double.MinValue, double.MaxValue, "any number") ?? 0 };
            default:
                section.Error("min_reward", "is neither a number nor a table of numbers", "write min_reward = 1.0, or min_reward = { key = 1.0 }");
                return none;
        }
    }

    /// <summary>Checks what the folder of each step brings.</summary>
    /// <param name="folder">The task.</param>
    /// <param name="steps">Its steps.</param>
    /// <param name="text">Reads a file as text; null, with a finding, where that cannot be.</param>
    /// <param name="findings">Takes what is wrong.</param>
    /// <returns>The instruction of each step, in order; empty texts where one is missing.</returns>
    public static IReadOnlyList<string> Instructions(TaskFolder folder, IReadOnlyList<TaskStep> steps, Func<string, string?> text, TaskFindings findings)
    {
        List<string> instructions = [];
        foreach (var step in steps)
        {
            var root = $"{Folder}/{step.Name}";
            var path = $"{root}/{TaskPackageReader.Instruction}";
            var said = folder.Find(path) is { Kind: TaskEntryKind.File } ? text(path) : null;
            var instruction = said is null ? null : CanaryComments.Off(said);
            if (string.IsNullOrWhiteSpace(instruction))
            {
                findings.Error(path, 0, said is null ? "is missing" : "is empty", "write what the agent must do in this step");
            }

            instructions.Add(instruction ?? "");
            if (folder.Find($"{root}/{TaskPackageReader.TestScript}") is null && folder.Find(TaskPackageReader.TestScript) is null)
            {
                findings.Error($"{root}/{TaskPackageReader.TestScript}", 0, "is missing, and tests/test.sh too", "write the script that checks this step and writes /logs/verifier/reward.txt");
            }

            if (folder.Find($"{root}/{TaskPackageReader.SolutionScript}") is null)
            {
                findings.Warning($"{root}/{TaskPackageReader.SolutionScript}", 0, "is missing", "without it the oracle cannot run");
            }

            if (step.Separate is not null && folder.Find($"{root}/{TaskPackageReader.VerifierDockerfile}") is not null)
            {
                findings.NotSupported($"{root}/{TaskPackageReader.VerifierDockerfile}", 0, "a verifier's image for one step", "put the Dockerfile into the task's own tests/");
            }
        }

        return instructions;
    }

    /// <summary>The instructions of all steps as one text, for those who look at the task as a whole.</summary>
    public static string Whole(IReadOnlyList<TaskStep> steps, IReadOnlyList<string> instructions) =>
        string.Join("\n\n", steps.Zip(instructions).Select((pair, number) => $"# Step {number + 1} of {steps.Count}: {pair.First.Name}\n\n{pair.Second.Trim()}")) + "\n";
}
