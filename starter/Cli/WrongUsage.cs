using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Starter.Cli;

/// <summary>What is wrong with a command line, in words that name the remedy.</summary>
internal static partial class WrongUsage
{
    /// <summary>Why the command line cannot be run; null when it can.</summary>
    public static string? Of(ParseResult parsed, IReadOnlyList<string> arguments)
    {
        if (parsed.Tokens.Any(token => token.Type == TokenType.Directive))
        {
            return null;
        }

        // First, since an option that takes several values would take a mistyped one for a value, and start what costs.
        if (UnknownOption(parsed, arguments) is { } unknown)
        {
            return unknown;
        }

        return parsed.Errors.Count == 0 ? null
            : Command(parsed) ?? string.Join("; ", parsed.Errors.Select(error => PlainText.OneLine(Words(error), 500)).Distinct());
    }

    private static string? UnknownOption(ParseResult parsed, IReadOnlyList<string> arguments)
    {
        var known = Options(parsed.CommandResult).ToList();
        var names = known.SelectMany(option => option.Aliases.Prepend(option.Name)).ToHashSet(StringComparer.Ordinal);
        var wrong = arguments.TakeWhile(argument => argument != "--").Select(argument => Dashed().Match(argument))
            .FirstOrDefault(match => match.Success && !names.Contains(match.Groups[1].Value));
        if (wrong is null)
        {
            return null;
        }

        var shown = known.Where(option => !option.Hidden).SelectMany(option => option.Aliases.Prepend(option.Name)).Where(name => name.StartsWith("--", StringComparison.Ordinal));
        var near = NearMatches.Remedy(wrong.Groups[1].Value, shown);
        return $"'{Path(parsed.CommandResult)}' has no option '{wrong.Groups[1].Value}'{(near.Length > 0 ? near : $"; '{Path(parsed.CommandResult)} --help' shows those that it has")}";
    }

    /// <summary>What is wrong where a group stands without one of its commands.</summary>
    private static string? Command(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var known = command.Subcommands.Where(one => !one.Hidden).Select(one => one.Name).ToList();
        if (known.Count == 0)
        {
            return null;
        }

        var path = Path(parsed.CommandResult);
        return parsed.UnmatchedTokens is [var wrong, ..]
            ? $"there is no command '{path} {wrong}'{(NearMatches.Remedy(wrong, known) is { Length: > 0 } near ? near : $"; '{path} --help' shows those that there are")}"
            : $"'{path}' is not a command by itself; name one of {string.Join(", ", known)}";
    }

    private static string Words(ParseError error)
    {
        if (Required().Match(error.Message) is { Success: true } missing && Options(error).FirstOrDefault(option => option.Name == missing.Groups[1].Value) is { } required)
        {
            return $"{required.Name} is missing: {Purpose(required)}";
        }

        var (name, type, tokens) = error.SymbolResult switch
        {
            OptionResult { Option: var option } result => (option.Name, option.ValueType, result.Tokens),
            ArgumentResult { Parent: OptionResult { Option: var option } } result => (option.Name, option.ValueType, result.Tokens),
            ArgumentResult { Argument: var argument } result => (argument.Name, argument.ValueType, result.Tokens),
            _ => (null, typeof(string), (IReadOnlyList<Token>)[]),
        };
        return name is null ? error.Message
            : tokens.Count == 0 ? $"{name} {(name[0] == '-' ? "needs a value" : "is missing")}: {Purpose(error.SymbolResult)}"
            : error.Message.StartsWith("Cannot parse argument", StringComparison.Ordinal) ? $"{name} is {Kind(type)}; it was '{tokens[0].Value}'"
            : Choices().Match(error.Message) is { Success: true } choices ? $"{name} is one of {string.Join(", ", choices.Groups[1].Captures.Select(choice => choice.Value))}; it was '{tokens[0].Value}'"
            : error.Message;
    }

    private static IEnumerable<Option> Options(ParseError error) => error.SymbolResult switch
    {
        OptionResult option => [option.Option],
        CommandResult command => command.Command.Options,
        _ => [],
    };

    private static string Kind(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var whole when whole == typeof(int) || whole == typeof(long) => "a whole number",
        var natural when natural == typeof(uint) || natural == typeof(ulong) => "a whole number from 0 on",
        var flag when flag == typeof(bool) => "true or false",
        _ => "a number",
    };

    private static string Purpose(SymbolResult? result) => result switch
    {
        OptionResult option => Purpose(option.Option),
        ArgumentResult { Parent: OptionResult option } => Purpose(option.Option),
        ArgumentResult argument => Purpose(argument.Argument),
        _ => "",
    };

    private static string Purpose(Symbol symbol)
    {
        var words = PlainText.OneLine(symbol.Description ?? "", 300).TrimEnd('.');
        return words.Length == 0 ? words : char.ToLowerInvariant(words[0]) + words[1..];
    }

    private static string Path(CommandResult command) =>
        command.Parent is CommandResult above ? $"{Path(above)} {command.Command.Name}" : "spark";

    private static IEnumerable<Option> Options(CommandResult command) => command.Command.Options
        .Concat(command.Parent is CommandResult above ? Options(above).Where(option => option.Recursive) : []);

    /// <summary>What is meant as an option: dashes and a word, perhaps with a value behind it.</summary>
    [GeneratedRegex("^(--?[A-Za-z][A-Za-z0-9-]*)(?:[=:].*)?$", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Dashed();

    [GeneratedRegex("Must be one of:(?:\\s+'([^']+)')+", RegexOptions.CultureInvariant)]
    private static partial Regex Choices();

    [GeneratedRegex("^Option '(.+)' is required", RegexOptions.CultureInvariant)]
    private static partial Regex Required();
}
