using System.CommandLine;
using Spark.Temporal.Starter;

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
