using System.CommandLine;

namespace Spark.Temporal.Starter.Cli;

/// <summary><c>spark completion</c>: what a shell needs to complete commands and options.</summary>
internal static class CompletionCommand
{
    private const string Bash =
        """
        _spark() {
            local IFS=$'\n' word="${COMP_WORDS[COMP_CWORD]}"
            COMPREPLY=( $(compgen -W "$(spark "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "$word") )
        }
        complete -o default -F _spark spark
        """;

    private const string Zsh =
        """
        #compdef spark
        _spark() {
            local -a found
            found=("${(@f)$(spark "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            (( ${#found} )) && [[ -n ${found[1]} ]] && compadd -- "${found[@]}" || _files
        }
        compdef _spark spark
        """;

    private const string Fish =
        """
        complete -c spark -a '(set -l line (commandline -cp); spark "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)'
        """;

    public static Command Create(CliOutput output)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command(
            "completion",
            """
            Prints the completion of commands, options and their values for a shell.

            Example:
              source <(spark completion bash)
              spark completion fish > ~/.config/fish/completions/spark.fish
            """) { shell };
        command.SetAction(parsed => output.Line(parsed.GetValue(shell) switch
        {
            "zsh" => Zsh,
            "fish" => Fish,
            _ => Bash,
        }));
        return command;
    }
}
