using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Spark.Temporal.Starter.Cli;

/// <summary>
/// Checks a value against the kind and the choices of its option. It runs before the parser converts the value, and after
/// the option's own checks, which know more.
/// </summary>
internal static class ValueChecks
{
    /// <summary>Checks the values of every option of a command and of those below it.</summary>
    public static void AddTo(Command command)
    {
        foreach (var option in command.Options)
        {
            option.Validators.Add(Check);
        }

        foreach (var one in command.Subcommands)
        {
            AddTo(one);
        }
    }

    /// <summary>What is wrong with the value of an argument; null where its kind and its choices allow it.</summary>
    public static string? Problem(ArgumentResult given) =>
        Problem(given.Argument.Name, given.Argument.ValueType, given.Argument.CompletionSources, given.Tokens);

    private static void Check(OptionResult given)
    {
        if (!given.Errors.Any() && Problem(given.Option.Name, given.Option.ValueType, given.Option.CompletionSources, given.Tokens) is { } problem)
        {
            given.AddError(problem);
        }
    }

    private static string? Problem(
        string name, Type type, IEnumerable<Func<CompletionContext, IEnumerable<CompletionItem>>> suggested, IReadOnlyList<Token> tokens)
    {
        if (tokens.Count == 0)
        {
            return null;
        }

        var first = tokens[0].Value;
        if (Kind(type) is { } kind)
        {
            return kind.Reads(first) ? null : $"{name} is {kind.Name}; it was '{first}'";
        }

        List<string> choices = [.. suggested.SelectMany(source => source(CompletionContext.Empty)).Select(choice => choice.Label)];
        return choices.Count == 0 || tokens.All(token => choices.Contains(token.Value, StringComparer.Ordinal)) ? null
            : $"{name} is one of {string.Join(", ", choices)}; it was '{first}'";
    }

    /// <summary>The kind of value that a type takes; null where any text will do.</summary>
    private static ValueKind? Kind(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var whole when whole == typeof(int) => new("a whole number", text => int.TryParse(text, CultureInfo.InvariantCulture, out _)),
        var whole when whole == typeof(long) => new("a whole number", text => long.TryParse(text, CultureInfo.InvariantCulture, out _)),
        var natural when natural == typeof(ulong) => new("a whole number from 0 on", text => ulong.TryParse(text, CultureInfo.InvariantCulture, out _)),
        var flag when flag == typeof(bool) => new("true or false", text => bool.TryParse(text, out _)),
        var number when number == typeof(double) || number == typeof(float) => new("a number", text => double.TryParse(text, CultureInfo.InvariantCulture, out _)),
        _ => null,
    };

    private sealed record ValueKind(string Name, Func<string, bool> Reads);
}
