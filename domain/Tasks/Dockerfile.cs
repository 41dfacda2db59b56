using System.Text;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>
/// The instructions of a Dockerfile, read as Docker's own builders do: the parser directive <c>escape</c>, comments (also
/// between continued lines), continued lines, here-documents of RUN, COPY and ADD, stages. Nothing is expanded or refused:
/// what the builder would reject is read as well as it can be.
/// </summary>
public sealed class Dockerfile
{
    private readonly string _text;

    private Dockerfile(string text, IReadOnlyList<DockerInstruction> instructions)
    {
        _text = text;
        Instructions = instructions;
    }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<DockerInstruction> Instructions { get; }

    /// <summary>Reads the text of a Dockerfile.</summary>
    public static Dockerfile Parse(string text) => new(text, new DockerfileParser(text).Read());

    /// <summary>The text with a line before an instruction.</summary>
    /// <param name="instruction">One of <see cref="Instructions"/>.</param>
    /// <param name="line">A whole instruction, without a line end.</param>
    public string WithBefore(DockerInstruction instruction, string line) => _text.Insert(instruction.Start, line + "\n");

    /// <summary>The text with some instructions dropped or written anew; all else, comments included, stays as it is.</summary>
    /// <param name="rewrite">
    /// What an instruction becomes: its own <see cref="DockerInstruction.Text"/> to keep it, null to drop it with its lines.
    /// </param>
    public string Rewrite(Func<DockerInstruction, string?> rewrite)
    {
        var result = new StringBuilder(_text.Length);
        var at = 0;
        foreach (var instruction in Instructions)
        {
            var wanted = rewrite(instruction);
            if (wanted == instruction.Text)
            {
                continue;
            }

            result.Append(_text, at, instruction.Start - at);
            at = instruction.End;
            if (wanted is not null)
            {
                result.Append(wanted).Append('\n');
            }
        }

        return result.Append(_text, at, _text.Length - at).ToString();
    }

    /// <summary>
    /// The text without what COPY and ADD take from a folder at the root of the build context. An instruction that takes
    /// nothing else is dropped; of others the sources in that folder are.
    /// </summary>
    /// <param name="folder">Name of the folder.</param>
    public string WithoutCopiesOf(string folder) => Rewrite(instruction =>
    {
        if (instruction.Keyword is not ("COPY" or "ADD") || instruction.Flag("from") is not null)
        {
            return instruction.Text;
        }

        var words = instruction.Words;
        List<string> kept = [.. words.SkipLast(1).Where(source => !IsIn(source, folder))];
        return kept.Count == words.Count - 1 || words.Count < 2 ? instruction.Text
            : kept.Count == 0 ? null
            : instruction.WithWords([.. kept, words[^1]]);
    });

    private static bool IsIn(string source, string folder)
    {
        // The shell form may quote a path.
        source = source.Trim('"', '\'');
        var path = source.StartsWith("./", StringComparison.Ordinal) ? source[2..] : source.TrimStart('/');
        return FolderPath.IsIn(path, folder);
    }
}
