using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Spark.Temporal.Starter.Cli;

/// <summary>Help of a group: one sentence per command. A command's own help has the rest, with an example.</summary>
internal sealed class GroupHelp(HelpAction whole) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    /// <summary>Gives every group of the tree such a help text.</summary>
    public static void AddTo(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new GroupHelp((HelpAction)help.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        foreach (var command in parseResult.CommandResult.Command.Subcommands)
        {
            command.Description = First(command.Description ?? "");
        }

        return whole.Invoke(parseResult);
    }

    /// <summary>The first sentence.</summary>
    private static string First(string description)
    {
        var words = string.Join(' ', description.Split('\n', StringSplitOptions.TrimEntries).TakeWhile(line => line.Length > 0));
        var end = words.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? words : words[..(end + 1)];
    }
}
