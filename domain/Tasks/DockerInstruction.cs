using System.Text.Encodings.Web;
using System.Text.Json;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>One instruction of a <see cref="Dockerfile"/>.</summary>
public sealed record DockerInstruction
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>In capitals, such as <c>RUN</c>.</summary>
    public required string Keyword { get; init; }

    /// <summary>What follows the keyword and its flags: continued lines put together, comments left out, trimmed.</summary>
    public required string Arguments { get; init; }

    /// <summary>Flags before the arguments, such as <c>--from=base</c>, in their order.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Its here-documents, in their order.</summary>
    public IReadOnlyList<DockerHeredoc> Heredocs { get; init; } = [];

    /// <summary>The character that continues a line in its file.</summary>
    public char Escape { get; init; } = '\\';

    /// <summary>Number of the stage it belongs to, from 0; −1 before the first FROM.</summary>
    public required int Stage { get; init; }

    /// <summary>Its first line in the file, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>As it is written, over all its lines, without the last line end.</summary>
    public required string Text { get; init; }

    /// <summary>Where it begins in the file, in characters.</summary>
    public required int Start { get; init; }

    /// <summary>End of its last line in the file, in characters, line end included.</summary>
    public required int End { get; init; }

    /// <summary>The arguments one by one: a JSON list of strings where they are one, else split at blanks.</summary>
    public IReadOnlyList<string> Words =>
        Listed() ?? [.. Arguments.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Value of a flag, empty for one without a value; null where it is not given.</summary>
    /// <param name="name">Its name without dashes.</param>
    public string? Flag(string name) => Flags
        .Select(flag => flag[2..].Split('=', 2))
        .Where(parts => parts[0] == name)
        .Select(parts => parts.Length > 1 ? parts[1] : "")
        .FirstOrDefault();

    /// <summary>Whether its flags, its arguments or its here-documents hold a text.</summary>
    public bool Mentions(string text) =>
        Arguments.Contains(text, StringComparison.Ordinal) || Flags.Concat(Heredocs.Select(heredoc => heredoc.Body)).Any(part => part.Contains(text, StringComparison.Ordinal));

    /// <summary>
    /// The instruction on one line with other words, as a JSON list; one with here-documents as it is, since they cannot be
    /// in such a list.
    /// </summary>
    internal string WithWords(IReadOnlyList<string> words) => Heredocs.Count > 0 ? Text
        : string.Join(' ', [Keyword, .. Flags, JsonSerializer.Serialize(words, Plain)]);

    private List<string>? Listed()
    {
        if (!Arguments.StartsWith('['))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<List<string?>>(Arguments) is { } list && list.TrueForAll(word => word is not null) ? [.. list.OfType<string>()] : null;
        }
        catch (JsonException)
        {
            // The builder reads anything but a list as a shell command.
            return null;
        }
    }
}
