using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Tests.Starter.Cli;

public sealed class CliOutputTests
{
    private const string Hostile = "a\u001b]0;owned\u0007b\u001b[2Jc\u009b31md\re";

    /// <summary>What agents and models wrote stands in what commands print, and a terminal obeys it.</summary>
    [Test]
    public void No_escape_sequence_reaches_the_terminal()
    {
        StringWriter printed = new(), noted = new();
        var output = new CliOutput(printed, noted);

        output.Line(Hostile);
        output.Note(Hostile);
        output.Fail(Hostile, json: true);

        Assert.That((printed.ToString() + noted).Where(c => char.IsControl(c) && c != '\n'), Is.Empty);
        Assert.That(printed.ToString(), Does.StartWith("abc"));
    }
}
