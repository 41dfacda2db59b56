using System.CommandLine;
using System.Globalization;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Configuration;

/// <summary>A value of the configuration file.</summary>
/// <param name="Values">As they would be written on the command line; several for a list.</param>
/// <param name="Line">Line in the file, from 1.</param>
internal sealed record ConfigValue(IReadOnlyList<string> Values, int Line);

/// <summary>
/// <c>spark.toml</c>: options that need not be typed each time. The table <c>[defaults]</c> is for every command that has
/// such an option, a table like <c>[skills.run]</c> for one command; keys are the options' names without their dashes.
/// </summary>
internal sealed class SparkToml
{
    public const string FileName = "spark.toml";

    private const string Defaults = "defaults";

    private readonly Dictionary<string, TomlNode> _root;

    private SparkToml(string path, Dictionary<string, TomlNode> root) => (Path, _root) = (path, root);

    public string Path { get; }

    /// <summary>Reads the file given, else the one of the working folder.</summary>
    /// <returns>Null where no file is given and the working folder has none.</returns>
    /// <exception cref="CliException">The file is missing, is not TOML, or names something that does not exist; the message says where.</exception>
    public static SparkToml? Load(string? given, string workingFolder, RootCommand root)
    {
        var path = System.IO.Path.GetFullPath(given ?? System.IO.Path.Combine(workingFolder, FileName));
        if (!File.Exists(path))
        {
            return given is null ? null : throw new CliException($"--config: there is no file '{given}'", ExitCodes.Usage);
        }

        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path}: {closed.Message}", ExitCodes.Usage);
        }

        var document = TomlNode.Parse(text, out var line, out var problem) ?? throw new CliException($"{path}:{line}: {problem}", ExitCodes.Usage);
        var toml = new SparkToml(path, (Dictionary<string, TomlNode>)document.Value);
        toml.Check(root);
        return toml;
    }

    /// <summary>The value that the file has for an option of a command; the command's own table wins over the defaults.</summary>
    public ConfigValue? Find(IReadOnlyList<string> command, Option option)
    {
        foreach (var table in new[] { Table(command), Table([Defaults]) })
        {
            foreach (var name in Keys(option))
            {
                if (table?.GetValueOrDefault(name) is { } node)
                {
                    return new ConfigValue(Texts(node, name), node.Line);
                }
            }
        }

        return null;
    }

    public static IEnumerable<string> Keys(Option option) => option.Aliases.Prepend(option.Name).Select(name => name.TrimStart('-'));

    private Dictionary<string, TomlNode>? Table(IReadOnlyList<string> path)
    {
        var table = _root;
        foreach (var part in path)
        {
            if (table.GetValueOrDefault(part)?.Value is not Dictionary<string, TomlNode> inner)
            {
                return null;
            }

            table = inner;
        }

        return table;
    }

    private void Check(RootCommand root)
    {
        foreach (var (name, node) in _root)
        {
            if (node.Value is not Dictionary<string, TomlNode> table)
            {
                throw Wrong(node.Line, $"'{name}' is in no table; put it below [{Defaults}], or below the command that it is for, such as [skills.run]");
            }

            if (name == Defaults)
            {
                var known = All(root).SelectMany(command => command.Options).ToList();
                CheckKeys(table, known, $"[{Defaults}]: no command has an option");
            }
            else
            {
                CheckCommand(root, [name], node);
            }
        }
    }

    private void CheckCommand(Command parent, List<string> path, TomlNode node)
    {
        var command = parent.Subcommands.FirstOrDefault(one => one.Name == path[^1])
            ?? throw Wrong(node.Line, $"[{string.Join('.', path)}]: there is no command 'spark {string.Join(' ', path)}'{NearMatches.Remedy(path[^1], parent.Subcommands.Where(one => !one.Hidden).Select(one => one.Name))}");
        var table = (Dictionary<string, TomlNode>)node.Value;
        foreach (var (name, inner) in table.Where(field => field.Value.Value is Dictionary<string, TomlNode>))
        {
            CheckCommand(command, [.. path, name], inner);
        }

        CheckKeys(
            table.Where(field => field.Value.Value is not Dictionary<string, TomlNode>).ToDictionary(), [.. command.Options], $"[{string.Join('.', path)}] has no option");
    }

    private void CheckKeys(Dictionary<string, TomlNode> table, List<Option> options, string otherwise)
    {
        foreach (var (name, node) in table)
        {
            if (!options.Any(option => Keys(option).Contains(name)))
            {
                throw Wrong(node.Line, $"{otherwise} '{name}'{NearMatches.Remedy(name, options.Where(option => !option.Hidden).SelectMany(Keys).Distinct())}");
            }

            Texts(node, name);
        }
    }

    private IReadOnlyList<string> Texts(TomlNode node, string name) => node.Value switch
    {
        List<TomlNode> list => [.. list.SelectMany(item => Texts(item, name))],
        string text => [text],
        bool flag => [flag ? "true" : "false"],
        IFormattable number and (long or double) => [number.ToString(null, CultureInfo.InvariantCulture)],
        _ => throw Wrong(node.Line, $"'{name}' is {node.Kind}; write a string, a number, true or false, or a list of these"),
    };

    private CliException Wrong(int line, string what) => new($"{Path}:{line}: {what}", ExitCodes.Usage);

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);
}
