using System.CommandLine;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Prompts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Preflight;

/// <summary>The option of commands that try models and folders before they start anything.</summary>
internal sealed class PreflightSettings
{
    private readonly Option<bool> _skip = new("--no-preflight")
    {
        Description = "Start at once, without one short request to each model and a test file in --out first.",
    };

    public void AddTo(Command command) => command.Add(_skip);

    /// <summary>What is tried; null where it is skipped.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="models">Models that the run will ask; null entries for what needs none.</param>
    /// <param name="folders">Folders that it will write to; null entries for what has none of its own.</param>
    public PreflightPlan? Plan(ParseResult parsed, IEnumerable<ModelChoice?> models, params string?[] folders) => parsed.GetValue(_skip)
        ? null
        : new PreflightPlan([.. models.OfType<ModelChoice>().Distinct()], [.. folders.OfType<string>().Distinct(StringComparer.Ordinal)]);

    /// <summary>The agent's model where it is called through a profile: an installed agent has an endpoint of its own kind, and others have none.</summary>
    public static ModelChoice? AgentModel(string agent, ModelChoice model) => agent == AgentNames.Terminal ? model : null;
}

/// <summary>What is tried before a run starts.</summary>
/// <param name="Models">Models that it will ask.</param>
/// <param name="Folders">Absolute paths of folders that it will write to.</param>
internal sealed record PreflightPlan(IReadOnlyList<ModelChoice> Models, IReadOnlyList<string> Folders)
{
    /// <summary>A budget in dollars holds the run, so each model must have a price.</summary>
    public bool NeedsPrices { get; private init; }

    /// <summary>The same under budgets in dollars; null entries for none.</summary>
    public PreflightPlan Within(params double?[] budgetsUsd) => this with { NeedsPrices = budgetsUsd.Any(budget => budget is not null) };

    /// <summary>Models that the built-in agent asks.</summary>
    public IReadOnlyList<ModelChoice> AgentModels { get; private init; } = [];

    /// <summary>The largest first request of the built-in agent; null where it does nothing.</summary>
    public FirstSize? Largest { get; private init; }

    /// <summary>The same with the sizes of what the built-in agent will be told first. Skills add a line each and are left out: what is refused by this is surely too long.</summary>
    /// <param name="models">Models of the agent; null entries for agents of other kinds.</param>
    /// <param name="tasks">Names, and about how many tokens their instructions have.</param>
    public PreflightPlan Telling(IEnumerable<ModelChoice?> models, IEnumerable<(string Name, int Tokens)> tasks)
    {
        var system = TokenEstimate.Of(AgentPrompts.System(tools: true));
        return this with
        {
            AgentModels = [.. models.OfType<ModelChoice>().Distinct()],
            Largest = tasks.Select(task => new FirstSize(task.Name, system + task.Tokens)).MaxBy(size => size.Tokens),
        };
    }
}

/// <param name="Task">Name of a task.</param>
/// <param name="Tokens">About how many tokens its first request has.</param>
internal sealed record FirstSize(string Task, int Tokens);
