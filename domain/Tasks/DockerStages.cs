namespace Spark.Temporal.Domain.Tasks;

/// <summary>What an image gives to a Dockerfile that is based on it.</summary>
/// <param name="Environment">Its variables, as <c>NAME=value</c>.</param>
/// <param name="Shell">Its shell for commands; empty for the engine's default.</param>
public sealed record DockerBase(IReadOnlyList<string> Environment, IReadOnlyList<string> Shell);

/// <summary>Follows a Dockerfile from instruction to instruction and knows which variables and which shell hold.</summary>
/// <param name="arguments">Build arguments that are given from outside.</param>
/// <param name="bases">What is known of base images, by the name that FROM gives them.</param>
internal sealed class DockerStages(IReadOnlyDictionary<string, string> arguments, IReadOnlyDictionary<string, DockerBase> bases)
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly string[] DefaultShell = ["/bin/sh", "-c"];

    private readonly Dictionary<string, string> _global = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Dictionary<string, string> Environment, IReadOnlyList<string> Shell)> _named = new(StringComparer.OrdinalIgnoreCase);
    private Dictionary<string, string> _environment = new(StringComparer.Ordinal);
    private Dictionary<string, string> _arguments = new(StringComparer.Ordinal);
    private string? _name;

    /// <summary>The shell of RUN.</summary>
    public IReadOnlyList<string> Shell { get; private set; } = DefaultShell;

    /// <summary>Names of images that FROM took and no stage has, in their order.</summary>
    public List<string> Images { get; } = [];

    /// <summary>Variables that hold here: those of ENV stand above those of ARG.</summary>
    public IReadOnlyDictionary<string, string> Variables
    {
        get
        {
            var all = new Dictionary<string, string>(_arguments, StringComparer.Ordinal);
            foreach (var (name, value) in _environment)
            {
                all[name] = value;
            }

            return all;
        }
    }

    /// <summary>Takes the next instruction.</summary>
    /// <exception cref="FormatException">A variable in it cannot be expanded.</exception>
    public void Pass(DockerInstruction instruction)
    {
        switch (instruction.Keyword)
        {
            case "FROM":
                From(instruction.Words);
                break;
            case "ARG":
                Argument(instruction);
                break;
            case "ENV":
                Environment(instruction.Arguments);
                break;
            case "SHELL" when instruction.Words is { Count: > 0 } shell && instruction.Arguments.StartsWith('['):
                Shell = shell;
                Keep();
                break;
        }
    }

    private void From(IReadOnlyList<string> words)
    {
        var image = words.Count == 0 ? "" : DockerVariables.Expand(words[0], _global, quotes: true);
        _name = words.Count == 3 && words[1].Equals("as", StringComparison.OrdinalIgnoreCase) ? words[2] : null;
        _arguments = new(StringComparer.Ordinal);
        if (_named.TryGetValue(image, out var stage))
        {
            _environment = new(stage.Environment, StringComparer.Ordinal);
            Shell = stage.Shell;
        }
        else
        {
            Images.Add(image);
            var known = bases.GetValueOrDefault(image);
            _environment = new(StringComparer.Ordinal) { ["PATH"] = DefaultPath };
            foreach (var (name, value) in (known?.Environment ?? []).Select(line => line.Split('=', 2)).Select(pair => (pair[0], pair.ElementAtOrDefault(1) ?? "")))
            {
                _environment[name] = value;
            }

            Shell = known is { Shell.Count: > 0 } ? known.Shell : DefaultShell;
        }

        Keep();
    }

    private void Argument(DockerInstruction instruction)
    {
        foreach (var (name, written) in DockerVariables.Pairs(instruction.Arguments))
        {
            var variables = instruction.Stage < 0 ? _global : Variables;
            var value = arguments.GetValueOrDefault(name)
                ?? (written is not null ? DockerVariables.Expand(written, variables, quotes: true) : instruction.Stage < 0 ? null : _global.GetValueOrDefault(name));
            if (value is not null)
            {
                (instruction.Stage < 0 ? _global : _arguments)[name] = value;
            }
        }
    }

    private void Environment(string text)
    {
        // All pairs of one instruction see the values of before it.
        var variables = Variables;
        var first = text.IndexOfAny([' ', '\t', '=']);
        if (first > 0 && text[first] != '=')
        {
            _environment[text[..first]] = DockerVariables.Expand(text[first..].Trim(), variables, quotes: true);
        }
        else
        {
            foreach (var (name, value) in DockerVariables.Pairs(text))
            {
                _environment[DockerVariables.Expand(name, variables, quotes: true)] = DockerVariables.Expand(value ?? "", variables, quotes: true);
            }
        }

        Keep();
    }

    private void Keep()
    {
        if (_name is not null)
        {
            _named[_name] = (_environment, Shell);
        }
    }
}
