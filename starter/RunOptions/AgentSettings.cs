using System.CommandLine;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.RunOptions;

/// <summary>Which agent works, and its settings besides the model.</summary>
internal sealed class AgentSettings
{
    private readonly Option<string> _agent = new("--agent")
    {
        Description = $"Agent that works: terminal (built in, with a model), oracle (runs the task's solution), nop (does nothing), "
            + $"an installed one ({string.Join(", ", AgentNames.Installed)}), or {AgentNames.OwnPrefix}NAME from the worker's folder of agents.",
        DefaultValueFactory = _ => AgentNames.Terminal,
    };

    private readonly Option<string[]> _kwargs = new("--agent-kwarg") { Description = "NAME=VALUE for the agent; may be given several times." };

    public AgentSettings()
    {
        _agent.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && AgentNames.Problem(result.Tokens[0].Value) is { } problem)
            {
                result.AddError($"--agent: {problem}");
            }
        });
        _kwargs.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.IndexOf('=', StringComparison.Ordinal) < 1))
            {
                result.AddError($"--agent-kwarg '{token.Value}' is not NAME=VALUE.");
            }
        });
    }

    public void AddTo(Command command)
    {
        command.Add(_agent);
        command.Add(_kwargs);
    }

    public string Agent(ParseResult parsed) => parsed.GetValue(_agent)!;

    /// <summary>Null where no setting is given; where a name appears twice, the last value counts.</summary>
    public IReadOnlyDictionary<string, string>? Kwargs(ParseResult parsed)
    {
        var kwargs = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in parsed.GetValue(_kwargs) ?? [])
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            kwargs[pair[..equals]] = pair[(equals + 1)..];
        }

        return kwargs.Count > 0 ? kwargs : null;
    }
}
