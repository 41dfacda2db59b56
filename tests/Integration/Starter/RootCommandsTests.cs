using System.CommandLine;
using Spark.Temporal.Starter;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Tests.Starter;

public sealed class RootCommandsTests
{
    [Test]
    public void Every_command_has_a_name_of_its_own()
    {
        var root = RootCommands.Create(new CliOutput(TextWriter.Null, TextWriter.Null));

        foreach (var group in (Command[])[root, .. root.Subcommands])
        {
            Assert.That(group.Subcommands.Select(command => command.Name), Is.Unique, group.Name);
        }
    }

    [Test]
    public void The_names_of_the_originals_options_are_taken()
    {
        const string Originals =
            """
            --agent --agent-kwarg --model --tasks-dir --tasks --limit --max-retries --parallelism --timeout-multiplier --resume --shuffle
            --summary-model --summary-api-base --api-base --max-tokens --token-budgets --pdi-enabled --pdi-observe-only --pdi-method
            --no-dashboard --port --output-dir --result-dir --shared-result-dir --skills-result-dir --eval-result-dir --ref-eval-result-dir
            --prompt-file --max-revisions --schema-retries --reference-tasks-dir --top-k-references --exclude-reference-task
            --skill-source-model --phases --human-skills-dir --api-key --summary-api-key
            """;
        var root = RootCommands.Create(new CliOutput(TextWriter.Null, TextWriter.Null));
        var known = root.Subcommands.SelectMany(group => group.Subcommands.Append(group)).SelectMany(command => command.Options)
            .SelectMany(option => option.Aliases.Append(option.Name)).ToHashSet();

        Assert.That(Originals.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Except(known), Is.Empty);
    }

    [Test]
    public async Task Every_command_explains_itself()
    {
        foreach (var command in RootCommands.Create(new CliOutput(TextWriter.Null, TextWriter.Null)).Subcommands.Where(command => !command.Hidden))
        {
            using var printed = new StringWriter();

            var exit = await RootCommands.RunAsync([command.Name, "--help"], new CliOutput(printed, TextWriter.Null), CancellationToken.None);

            Assert.That(exit, Is.EqualTo(ExitCodes.Good), command.Name);
            Assert.That(printed.ToString(), Does.Contain("Usage:"), command.Name);
        }
    }
}
