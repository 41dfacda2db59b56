using System.Diagnostics;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Cli;

/// <summary>Completion, in the shell itself where it is on this machine.</summary>
public sealed class CompletionTests
{
    [TestCase("spark ru", "runs")]
    [TestCase("spark runs pau", "pause")]
    [TestCase("spark skills run --pdi-me", "--pdi-method")]
    [TestCase("spark skills run --pdi-method js", "js_divergence")]
    [TestCase("spark completion f", "fish")]
    public async Task Bash_completes_commands_options_and_values(string line, string expected)
    {
        using var folder = new TemporaryFolder();
        var script = await SparkProcess.RunAsync(["completion", "bash"], folder.Path);
        File.WriteAllText(folder["completion.bash"], script.Output);
        var start = new ProcessStartInfo("bash", ["--norc", "-c", "source completion.bash; COMP_LINE=\"$1\"; COMP_POINT=${#1}; COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _spark; printf '%s\\n' \"${COMPREPLY[@]}\"; complete -p spark", "bash", line])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = folder.Path,
        };
        start.Environment["PATH"] = $"{Path.GetDirectoryName(SparkProcess.Program)}:{start.Environment["PATH"]}";
        using var bash = Process.Start(start)!;
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();

        Assert.That(output.Split('\n'), Is.EqualTo(new[] { expected, "complete -o default -F _spark spark", "" }));
    }

    [TestCase("zsh", "compdef _spark spark")]
    [TestCase("fish", "complete -c spark")]
    public async Task Other_shells_get_a_script_that_asks_the_same_way(string shell, string expected)
    {
        var (code, output, _) = await SparkProcess.RunAsync(["completion", shell]);

        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Contain(expected).And.Contain("[suggest:"));
    }

    [Test]
    public async Task An_unknown_shell_is_wrong_usage()
    {
        var (code, _, error) = await SparkProcess.RunAsync(["completion", "tcsh"]);

        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Is.EqualTo("spark: SHELL is one of bash, zsh, fish; it was 'tcsh'\n"));
    }
}
