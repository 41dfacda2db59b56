using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Evidence;

/// <summary>
/// Decides what a command is for by the programs it starts. In a chain of commands the most telling one decides.
/// </summary>
public static partial class CommandClassifier
{
    private static readonly HashSet<string> Inspecting = Names(
        "ls cat head tail less more grep egrep rg find fd file wc stat tree du df sed awk cut sort uniq strings xxd od hexdump jq column "
        + "readlink realpath which type env printenv uname nproc free ps id whoami identify ffprobe pdftotext unzip tar nl date sha256sum md5sum");

    private static readonly HashSet<string> Verifying = Names("pytest tox nosetests ctest test [ [[ diff cmp shellcheck mypy ruff flake8 pylint tsc eslint jsonlint xmllint yamllint");

    private static readonly HashSet<string> Running = Names(
        "python python2 python3 node ruby perl php java go cargo rustc gcc g++ clang make cmake ninja mvn gradle dotnet bash sh zsh Rscript julia "
        + "npm npx yarn pnpm deno bun sqlite3 psql mysql curl wget git docker ffmpeg convert magick tesseract libreoffice soffice pandoc javac");

    private static readonly HashSet<string> Writing = Names("tee cp mv touch mkdir rm ln chmod chown patch apply_patch install truncate dd");

    private static readonly HashSet<string> Prefixes = Names("sudo time nohup exec command env nice then do else if while until ! xargs stdbuf timeout");

    public static CommandKind Classify(string command)
    {
        var kind = CommandKind.Other;
        foreach (var segment in ShellSegments.Of(command))
        {
            var part = OfSegment(segment);
            kind = part > kind ? part : kind;
        }

        return kind;
    }

    private static CommandKind OfSegment(string segment)
    {
        if (Installs().IsMatch(segment))
        {
            return CommandKind.Install;
        }

        if (WritesFile().IsMatch(ShellSegments.Unquoted(segment)) || EditsInPlace().IsMatch(segment))
        {
            return CommandKind.Write;
        }

        var word = Program(segment);
        var program = word.Split('/')[^1];
        if (Verifying.Contains(program) || ChecksByName().IsMatch(segment))
        {
            return CommandKind.Verify;
        }

        return Running.Contains(program) ? CommandKind.Run
            : Writing.Contains(program) ? CommandKind.Write
            : Inspecting.Contains(program) ? CommandKind.Inspect
            : word.Contains('/') ? CommandKind.Run
            : CommandKind.Other;
    }

    // The program as the command names it; empty where it starts none.
    private static string Program(string segment)
    {
        var words = segment.Split((char[])[' ', '\t'], 12, StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < words.Length; i++)
        {
            // Options and seconds belong to a prefix such as `timeout -k 5 60`.
            if (!Prefixes.Contains(words[i]) && !Assigns().IsMatch(words[i]) && (i == 0 || (words[i][0] != '-' && !char.IsAsciiDigit(words[i][0]))))
            {
                return words[i];
            }
        }

        return "";
    }

    private static HashSet<string> Names(string names) => [.. names.Split(' ')];

    [GeneratedRegex(@"\b(?:apt|apt-get|apk|yum|dnf|brew|conda|mamba|npm|yarn|pnpm|gem|cargo|pip|pip3|pipx|uv pip|go|R)\s+(?:-\S+\s+)*(?:install|add|ci)\b", RegexOptions.CultureInvariant)]
    private static partial Regex Installs();

    // Into a file; not 2>&1, not /dev/null, not a comparison.
    [GeneratedRegex(@"(?:^|[^0-9&>=<-])(?:1?>{1,2})\s*(?!&|\s*/dev/null|=)\S", RegexOptions.CultureInvariant)]
    private static partial Regex WritesFile();

    [GeneratedRegex(@"^\s*(?:sudo\s+)?(?:sed|perl)\s+(?:\S+\s+)*?-\w*i", RegexOptions.CultureInvariant)]
    private static partial Regex EditsInPlace();

    [GeneratedRegex(@"-m\s+(?:pytest|unittest|doctest|json\.tool|py_compile)\b|\b(?:make|npm|cargo|go|mvn|gradle|dotnet)\s+(?:run\s+)?(?:test|check|verify)\b|(?:check|verify|validate|test)\w*\.(?:py|sh|js|ts|rb)\b", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex ChecksByName();

    [GeneratedRegex(@"^[A-Za-z_]\w*=", RegexOptions.CultureInvariant)]
    private static partial Regex Assigns();
}
