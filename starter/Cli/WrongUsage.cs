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

        // First, because an option with several values would take a mistyped option for a value, and a run that costs money would start.
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
        return $"'{Path(parsed.CommandResult)}' has no option '{wrong.Groups[1].Value}'{(near.Length > 0 ? near : $"; '{Path(parsed.CommandResult)} --help' shows its options")}";
    }

    /// <summary>What is wrong where a group is given without one of its commands.</summary>
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
            ? $"there is no command '{path} {wrong}'{(NearMatches.Remedy(wrong, known) is { Length: > 0 } near ? near : $"; '{path} --help' shows all commands")}"
            : $"'{path}' is not a command by itself; name one of {string.Join(", ", known)}";
    }

    private static string Words(ParseError error)
    {
        var option = error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;
        var argument = error.SymbolResult as ArgumentResult;
        Symbol? symbol = option is not null ? option.Option : argument?.Argument;
        return symbol is null ? error.Message
            : error.SymbolResult!.Tokens.Count == 0 ? $"{symbol.Name} {(option is { Implicit: false } ? "needs a value" : "is missing")}: {Purpose(symbol)}"
            : option is null ? ValueChecks.Problem(argument!) ?? error.Message
            : error.Message;
    }

    private static string Purpose(Symbol symbol)
    {
        var words = PlainText.OneLine(symbol.Description ?? "", 300).TrimEnd('.');
        return words.Length == 0 ? words : char.ToLowerInvariant(words[0]) + words[1..];
    }

    private static string Path(CommandResult command) =>
        command.Parent is CommandResult above ? $"{Path(above)} {command.Command.Name}" : "spark";

    private static IEnumerable<Option> Options(CommandResult command) => command.Command.Options
        .Concat(command.Parent is CommandResult above ? Options(above).Where(option => option.Recursive) : []);

    /// <summary>A word that is meant as an option: dashes and letters, perhaps with a value after them.</summary>
    [GeneratedRegex("^(--?[A-Za-z][A-Za-z0-9-]*)(?:[=:].*)?$", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Dashed();
}
