using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>A file that a build context needs besides its own.</summary>
/// <param name="Path">Path in the context.</param>
/// <param name="Content">Its text.</param>
/// <param name="Mode">Its permissions.</param>
public sealed record ContextFile(string Path, string Content, UnixFileMode Mode);

/// <summary>
/// A Dockerfile as the engine's classic builder can read it: without here-documents, which only BuildKit knows. Those of RUN go into its command, those
/// of COPY and ADD become files of the context. What comes out is what BuildKit makes of them.
/// </summary>
/// <param name="Text">The Dockerfile.</param>
/// <param name="Files">Files to add to the context.</param>
public sealed partial record ClassicDockerfile(string Text, IReadOnlyList<ContextFile> Files)
{
    /// <summary>Folder of the context with the files that are added.</summary>
    public const string Folder = ".spark-heredocs";

    /// <summary>The classic builder refuses lines of more than 64 KiB; a character may take four bytes.</summary>
    private const int MostOfLine = 12_000;

    /// <summary>No argument of a command may have more than 128 KiB.</summary>
    private const int MostOfArgument = 30_000;

    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether a Dockerfile has to be rewritten.</summary>
    public static bool IsNeeded(Dockerfile file) =>
        file.Instructions.Any(instruction => instruction.Heredocs.Count > 0 || (instruction.Flag("link") is not null && DoesWithout(instruction, "link")));

    /// <summary>Whether a flag of BuildKit's goes away in the rewriting without a change of what comes out.</summary>
    internal static bool DoesWithout(DockerInstruction instruction, string flag) =>
        instruction.Keyword is "COPY" or "ADD" && (flag == "link" || (flag == "chmod" && IsOnlyHeredocs(instruction)));

    /// <summary>Names of the images that a Dockerfile is based on, variables expanded.</summary>
    /// <param name="file">The Dockerfile.</param>
    /// <param name="arguments">Build arguments.</param>
    public static IReadOnlyList<string> Bases(Dockerfile file, IReadOnlyDictionary<string, string> arguments)
    {
        var stages = new DockerStages(arguments, new Dictionary<string, DockerBase>());
        foreach (var instruction in file.Instructions)
        {
            Checked(instruction, () => stages.Pass(instruction));
        }

        return [.. stages.Images.Where(image => image is not ("" or "scratch")).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Rewrites a Dockerfile.</summary>
    /// <param name="file">The Dockerfile.</param>
    /// <param name="arguments">Build arguments.</param>
    /// <param name="bases">What is known of the images in <see cref="Bases"/>; others give no variables.</param>
    /// <exception cref="FormatException">It has what the classic builder cannot do; the message names line and remedy.</exception>
    public static ClassicDockerfile Of(Dockerfile file, IReadOnlyDictionary<string, string> arguments, IReadOnlyDictionary<string, DockerBase> bases)
    {
        List<ContextFile> files = [];
        var stages = new DockerStages(arguments, bases);
        var text = file.Rewrite(instruction =>
        {
            var result = instruction.Text;
            Checked(instruction, () =>
            {
                stages.Pass(instruction);
                result = instruction.Keyword is "COPY" or "ADD" ? Copy(instruction, stages.Variables, files)
                    : instruction.Heredocs.Count > 0 ? Run(instruction, stages.Shell)
                    : instruction.Text;
            });
            return result;
        });
        return new ClassicDockerfile(text, files);
    }

    private static void Checked(DockerInstruction instruction, Action step)
    {
        try
        {
            step();
        }
        catch (FormatException problem)
        {
            throw new FormatException($"line {instruction.Line.ToString(CultureInfo.InvariantCulture)}: {instruction.Keyword}: {problem.Message}", problem);
        }
    }

    private static string Run(DockerInstruction run, IReadOnlyList<string> shell)
    {
        var first = run.Heredocs[0];
        if (run.Heredocs.Count > 1 || run.Arguments != first.Word)
        {
            // The shell reads here-documents by itself, and expands what is to be expanded.
            return Listed(run, [.. shell, run.Arguments + string.Concat(run.Heredocs.Select(one => $"\n{one.Body}{one.Name}"))]);
        }

        if (!first.Body.StartsWith("#!", StringComparison.Ordinal))
        {
            return Listed(run, [.. shell, first.Content]);
        }

        // A script of its own: memory is the one place that every user can write and no layer keeps. Nothing there can be executed as a file,
        // so its interpreter is called as the kernel would.
        var line = first.Content[2..].Split('\n', 2)[0].Trim();
        var interpreter = line.Split((char[])[' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Listed(run,
        [
            "/bin/sh", "-c", $"f=/dev/shm/$1; shift; printf %s \"$@\" > \"$f\" && exec {string.Join(' ', interpreter.Select(Quoted))} \"$f\"", "sh",
            FileName().IsMatch(first.Name) ? first.Name : "script", .. Parts(first.Content, MostOfArgument),
        ]);
    }

    private static string Copy(DockerInstruction copy, IReadOnlyDictionary<string, string> variables, List<ContextFile> files)
    {
        if (copy.Heredocs.Count == 0)
        {
            return copy.Flag("link") is null ? copy.Text : string.Join(' ', [copy.Keyword, .. copy.Flags.Where(flag => flag != "--link"), copy.Arguments]);
        }

        if (copy.Flag("from") is not null)
        {
            throw new FormatException("a here-document beside --from is not supported without BuildKit");
        }

        // The mode of a file that is made here can be that of the file in the context.
        var all = IsOnlyHeredocs(copy);
        var mode = all && copy.Flag("chmod") is { } chmod ? Mode(DockerVariables.Expand(chmod, variables, quotes: true)) : Readable;
        var flags = copy.Flags.Where(flag => flag != "--link" && !(all && flag.StartsWith("--chmod=", StringComparison.Ordinal)));
        var arguments = copy.Arguments;
        foreach (var heredoc in copy.Heredocs)
        {
            if (!FileName().IsMatch(heredoc.Name))
            {
                throw new FormatException($"a here-document called '{heredoc.Name}' is not supported without BuildKit; give it a name of letters, digits, '.', '-' and '_'");
            }

            var path = $"{Folder}/{(files.Count + 1).ToString(CultureInfo.InvariantCulture)}/{heredoc.Name}";
            files.Add(new ContextFile(path, heredoc.IsQuoted ? heredoc.Content : DockerVariables.Expand(heredoc.Content, variables, quotes: false), mode));
            var at = arguments.IndexOf(heredoc.Word, StringComparison.Ordinal);
            arguments = arguments[..at] + path + arguments[(at + heredoc.Word.Length)..];
        }

        return string.Join(' ', [copy.Keyword, .. flags, arguments]);
    }

    private static bool IsOnlyHeredocs(DockerInstruction copy) => copy.Heredocs.Count > 0 && copy.Words.SkipLast(1).All(word => DockerHeredoc.Announced(word) is not null);

    private static UnixFileMode Mode(string chmod) => Octal().IsMatch(chmod) ? (UnixFileMode)Convert.ToInt32(chmod, 8)
        : throw new FormatException($"--chmod={chmod} is not supported without BuildKit; write the mode in octal digits");

    /// <summary>The instruction with a list of words, over several lines where one is too long.</summary>
    private static string Listed(DockerInstruction run, IReadOnlyList<string> words) =>
        string.Join($"{run.Escape}\n", Parts(string.Join(' ', [run.Keyword, .. run.Flags, JsonSerializer.Serialize(words, Plain)]), MostOfLine));

    /// <summary>Parts a text at places between two letters or digits, where no escape and no comment can begin.</summary>
    private static List<string> Parts(string text, int most)
    {
        List<string> parts = [];
        var start = 0;
        while (text.Length - start > most)
        {
            var end = start + most;
            while (end > start + 1 && !(char.IsAsciiLetterOrDigit(text[end - 1]) && char.IsAsciiLetterOrDigit(text[end])))
            {
                end--;
            }

            end = end > start + 1 ? end : start + most;
            parts.Add(text[start..end]);
            start = end;
        }

        return [.. parts, text[start..]];
    }

    private static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")]
    private static partial Regex FileName();

    [GeneratedRegex("^[0-7]{3,4}$")]
    private static partial Regex Octal();
}
