using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Texts;

/// <summary>Takes off what models wrap around a document they were asked for. Nothing inside the document changes.</summary>
public static partial class ReplyText
{
    /// <summary>
    /// The document in a reply: line ends become LF, a byte-order mark goes, reasoning tags before and after go, and so
    /// does a code fence around the whole reply.
    /// </summary>
    /// <param name="reply">The reply as the model wrote it.</param>
    /// <param name="isFirstLine">
    /// Recognises the document's first line. Where it is given and that line directly follows an opening fence, words
    /// before the fence go too.
    /// </param>
    public static string Strip(string? reply, Func<string, bool>? isFirstLine = null)
    {
        var text = (reply ?? "").TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        text = WithoutReasoning(text).Trim();
        var lines = text.Split('\n');
        var open = OpeningFence(lines, isFirstLine);
        if (open < 0)
        {
            return text;
        }

        return Closes(lines, open) ? string.Join('\n', lines[(open + 1)..^1]).Trim() : text;
    }

    /// <summary>
    /// Whether the fence opened on a line ends with the text. Fences inside must come in pairs whose second has no language:
    /// where only a part of the document was fenced, or the reply broke off, removing lines would cut the document.
    /// </summary>
    private static bool Closes(string[] lines, int open)
    {
        var mark = new string(lines[open].TrimStart()[0], 3);
        var fences = lines.Skip(open + 1).Select(line => line.Trim()).Where(line => line.StartsWith(mark, StringComparison.Ordinal)).ToList();
        return fences.Count % 2 == 1
            && lines[^1].Trim() == fences[^1]
            && fences.Where((_, index) => index % 2 == 1).Append(fences[^1]).All(fence => fence.Trim(mark[0]).Length == 0);
    }

    private static int OpeningFence(string[] lines, Func<string, bool>? isFirstLine)
    {
        if (OuterFence().IsMatch(lines[0]))
        {
            return 0;
        }

        var first = isFirstLine is null ? -1 : Array.FindIndex(lines, line => isFirstLine(line.TrimEnd()));
        return first > 0 && OuterFence().IsMatch(lines[first - 1]) ? first - 1 : -1;
    }

    private static string WithoutReasoning(string text)
    {
        while (LeadingReasoning().Match(text) is { Success: true } leading)
        {
            text = text[leading.Length..];
        }

        while (TrailingReasoning().Match(text) is { Success: true } trailing)
        {
            text = text[..trailing.Index];
        }

        // Some endpoints swallow the opening tag. A text that begins like a document has lost none.
        var start = text.TrimStart();
        if (!start.StartsWith("---", StringComparison.Ordinal) && !start.StartsWith('#')
            && OrphanedReasoning().Match(text) is { Success: true } orphaned)
        {
            text = text[orphaned.Length..];
        }

        return text;
    }

    // An opening tag that is never closed: the reply broke off before the document began.
    [GeneratedRegex(@"\A\s*<(think|thinking|reasoning|thought|analysis)>(?:.*?</\1>|.*\z)\s*", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex LeadingReasoning();

    [GeneratedRegex(@"<(think|thinking|reasoning|thought|analysis)>(?:(?!<\1>).)*</\1>\s*\z", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex TrailingReasoning();

    [GeneratedRegex(@"\A(?:(?!<(?:think|thinking|reasoning|thought|analysis)>).)*?</(?:think|thinking|reasoning|thought|analysis)>[ \t]*(?:\n\s*|\z)", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex OrphanedReasoning();

    [GeneratedRegex(@"^\s{0,3}(`{3,}|~{3,})\s*(markdown|md|text|txt|yaml|yml|skill|skill\.md)?\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex OuterFence();
}
