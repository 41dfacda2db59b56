using Spark.Temporal.Starter;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Cli;

/// <summary>What a mistyped command line is told: one line that names the remedy, exit code 2, and nothing is started.</summary>
public sealed class WrongUsageTests
{
    [TestCase("'spark' is not a command by itself; name one of up, down, doctor, keys")]
    [TestCase("there is no command 'spark skils'; did you mean 'skills'?", "skils", "run")]
    [TestCase("there is no command 'spark runs lst'; did you mean 'list'?", "runs", "lst")]
    [TestCase("'spark runs' is not a command by itself; name one of list, show, watch", "runs")]
    [TestCase("'spark runs list' has no option '--limti'; did you mean '--limit'?", "runs", "list", "--limti", "3")]
    [TestCase("'spark runs show' has no option '--bogus'; 'spark runs show --help' shows its options", "runs", "show", "--bogus")]
    [TestCase("--limit is a whole number from 1 on; it was 'x'", "runs", "list", "--limit", "x")]
    [TestCase("--limit is a whole number from 1 on; it was '0'", "runs", "list", "--limit", "0")]
    [TestCase("--port is a whole number from 1 to 65535; it was '99999'", "up", "--port", "99999")]
    [TestCase("--port is a whole number from 1 to 65535; it was 'x'", "dashboard", "--port", "x")]
    [TestCase("--max-retries is a whole number; it was '2.5'", "skills", "run", "--tasks-dir", "t", "--max-retries", "2.5")]
    [TestCase("--timeout-multiplier is a factor above 0, at most 100; it was 'x'", "skills", "run", "--tasks-dir", "t", "--timeout-multiplier", "x")]
    [TestCase("--weight is a number above 0; it was '1,5'", "skills", "run", "--tasks-dir", "t", "--weight", "1,5")]
    [TestCase("--usd is a number above 0; it was 'inf'", "runs", "budget", "a", "--usd", "inf")]
    [TestCase("--pdi-method is one of token_overlap, js_divergence; it was 'foo'", "skills", "run", "--tasks-dir", "t", "--pdi-method", "foo")]
    [TestCase("--max-retries is a number above 0; it was 'x'", "skills", "run", "--tasks-dir", "t", "--max-retries", "x")]
    [TestCase("SHELL is one of bash, zsh, fish; it was 'tcsh'", "completion", "tcsh")]
    [TestCase("--batch needs a value: name of the batch", "skills", "run", "--tasks-dir", "t", "--batch")]
    [TestCase("--from-attempt is missing: the last attempt that both runs share", "runs", "fork", "a")]
    [TestCase("ID is missing: the run's id, as 'spark runs list' shows it", "runs", "show")]
    [TestCase("--api-key is refused: on a command line, other users and the shell", "skills", "run", "--tasks-dir", "t", "--api-key", "k")]
    public async Task It_is_told_in_one_line(string message, params string[] arguments)
    {
        using StringWriter output = new(), error = new();

        var exit = await RootCommands.RunAsync(arguments, new CliOutput(output, error), CancellationToken.None);

        Assert.That(exit, Is.EqualTo(ExitCodes.Usage));
        Assert.That(output.ToString(), Is.Empty);
        Assert.That(error.ToString(), Does.StartWith($"spark: {message}").And.EndsWith("\n").And.Not.Contain("   at "));
    }

    [Test]
    public async Task A_mistyped_option_is_no_value_of_the_one_before()
    {
        // --model takes several names: this would start paid trials with models called '--arms' and 'x'.
        using StringWriter error = new();

        var exit = await RootCommands.RunAsync(["eval", "run", "--tasks-dir", "t", "--model", "m", "--arms", "x"], new CliOutput(TextWriter.Null, error), CancellationToken.None);

        Assert.That((exit, error.ToString()), Is.EqualTo((ExitCodes.Usage, "spark: 'spark eval run' has no option '--arms'; did you mean '--arm'?\n")));
    }

    [Test]
    public async Task A_list_of_names_is_read_by_the_command_and_not_as_more_command_line()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["names.txt"], "# chosen\nsum-till-receipts\n");
        using StringWriter output = new(), error = new();
        var samples = Path.Combine(AppContext.BaseDirectory, "samples", "tasks");

        var listed = await RootCommands.RunAsync(
            ["skills", "run", "--tasks-dir", samples, "--tasks", $"@{folder["names.txt"]}", "--dry-run"], new CliOutput(output, error), CancellationToken.None);
        var missing = await RootCommands.RunAsync(
            ["skills", "run", "--tasks-dir", samples, "--tasks", $"@{folder["none.txt"]}", "--dry-run"], new CliOutput(TextWriter.Null, error), CancellationToken.None);

        Assert.That((listed, missing), Is.EqualTo((ExitCodes.Good, ExitCodes.Usage)), error.ToString());
        Assert.That(output.ToString(), Does.StartWith("sum-till-receipts  ").And.Not.Contain("decode"));
        Assert.That(error.ToString(), Does.Contain($"spark: there is no file '{folder["none.txt"]}' to read names from"));
    }

    [Test]
    public async Task The_help_of_a_group_is_a_sentence_a_command()
    {
        using StringWriter output = new();

        await RootCommands.RunAsync(["--help"], new CliOutput(output, TextWriter.Null), CancellationToken.None);

        Assert.That(output.ToString(), Does.Contain("up                          Starts the development server, its web UI and a worker, until Ctrl-C.").And.Not.Contain("Example"));
    }
}
