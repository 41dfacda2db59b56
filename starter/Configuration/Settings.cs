using System.CommandLine;
using System.CommandLine.Parsing;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Configuration;

/// <summary>Where an option's value comes from: the command line, <c>spark.toml</c>, or the default, in this order.</summary>
internal sealed class Settings
{
    public const string FileOption = "--config";

    // A file named with @ holds names of tasks; options in it must not take effect.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    private readonly SparkToml? _file;
    private readonly Dictionary<Option, ConfigValue> _fromFile = [];

    private Settings(SparkToml? file, ParseResult parsed) => (_file, Parsed) = (file, parsed);

    /// <summary>The parsed command line with the file's values filled in.</summary>
    public ParseResult Parsed { get; private set; }

    /// <exception cref="CliException">The file is wrong.</exception>
    public static Settings Read(RootCommand root, IReadOnlyList<string> arguments, string workingFolder)
    {
        var parsed = root.Parse(arguments, Parsing);
        if (parsed.CommandResult.Command is RootCommand || parsed.Tokens.Any(token => token.Type == TokenType.Directive))
        {
            return new Settings(null, parsed);
        }

        var settings = new Settings(SparkToml.Load(parsed.GetValue<string?>(FileOption), workingFolder, root), parsed);
        settings.Apply(root, arguments);
        return settings;
    }

    /// <summary>Every option of the command with its value and where that comes from.</summary>
    public IReadOnlyList<Setting> List() =>
    [
        .. Parsed.CommandResult.Command.Options.Where(option => !option.Hidden && option.ValueType != typeof(void) && !IsHelp(option))
            .Select(option => new Setting(option.Name.TrimStart('-'), Value(option), Source(option))),
    ];

    private void Apply(RootCommand root, IReadOnlyList<string> arguments)
    {
        if (_file is null)
        {
            return;
        }

        var more = new List<string>();
        foreach (var option in Parsed.CommandResult.Command.Options)
        {
            if (Parsed.GetResult(option) is null or { Implicit: true } && _file.Find(PathOf(Parsed.CommandResult), option) is { } value)
            {
                _fromFile[option] = value;
                more.AddRange(value.Values.Select(text => $"{option.Name}={text}"));
            }
        }

        var end = arguments.ToList().IndexOf("--");
        Parsed = root.Parse(end < 0 ? [.. arguments, .. more] : [.. arguments.Take(end), .. more, .. arguments.Skip(end)], Parsing);
    }

    private static string[] PathOf(CommandResult command)
    {
        var path = new List<string>();
        for (SymbolResult? part = command; part is CommandResult { Command: not RootCommand } named; part = part.Parent)
        {
            path.Insert(0, named.Command.Name);
        }

        return [.. path];
    }

    private static bool IsHelp(Option option) => option.Name is "--help" or "--version";

    private object? Value(Option option)
    {
        try
        {
            return Parsed.GetResult(option) is null ? option.GetDefaultValue() : Parsed.GetValue<object?>(option.Name);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private string Source(Option option) =>
        _fromFile.TryGetValue(option, out var value) ? $"{_file!.Path}:{value.Line}"
        : Parsed.GetResult(option) is { Implicit: false } ? "command line"
        : "default";
}

/// <param name="Option">Its name without dashes.</param>
/// <param name="Value">Its value; null for none.</param>
/// <param name="From">Where that comes from.</param>
internal sealed record Setting(string Option, object? Value, string From);
