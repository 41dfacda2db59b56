using System.Text;

namespace Spark.Temporal.Domain.Evidence;

/// <summary>What a run proved, in six blocks (docs/architecture.md, "Evidence"): the only thing a skill is distilled from.</summary>
public sealed record SkillEvidence
{
    /// <summary>Where nothing is known of the model's context.</summary>
    public const int DefaultCharacters = 60_000;

    private const int LeastByContext = 24_000;
    private const int MostByContext = 120_000;

    /// <summary>Fewer characters would hold little more than the headings.</summary>
    public const int MinCharacters = 1_000;

    /// <summary>What was asked for, and which files it names.</summary>
    public required EvidenceBlock TaskPattern { get; init; }

    /// <summary>What was done, in order, without commands that taught nothing.</summary>
    public required EvidenceBlock ExecutionChain { get; init; }

    /// <summary>How it was shown to be right.</summary>
    public required EvidenceBlock Verification { get; init; }

    /// <summary>What failed on the way and what was learned. No plans, because a plan proves nothing.</summary>
    public required EvidenceBlock Lessons { get; init; }

    /// <summary>Where it was done.</summary>
    public required EvidenceBlock Environment { get; init; }

    /// <summary>The end of the conversation, unchanged.</summary>
    public required EvidenceBlock RawSupportTail { get; init; }

    /// <summary>How long the evidence may be for a model.</summary>
    /// <param name="contextTokens">Its context; null where it is not known.</param>
    /// <returns>Characters: a third of the context at three characters a token, from 24,000 to 120,000.</returns>
    public static int CharactersFor(long? contextTokens) =>
        contextTokens is { } tokens ? (int)Math.Clamp(tokens, LeastByContext, MostByContext) : DefaultCharacters;

    /// <summary>The blocks as Markdown for the distillation prompt.</summary>
    /// <param name="characters">
    /// At most this many characters. Every block has a share; what a short one leaves over goes to the others.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than <see cref="MinCharacters"/>.</exception>
    public string Render(int characters = DefaultCharacters)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(characters, MinCharacters);
        (EvidenceBlock Block, int Share)[] blocks =
        [
            (TaskPattern, 18), (ExecutionChain, 34), (Verification, 12), (Lessons, 16), (Environment, 8), (RawSupportTail, 12),
        ];
        var headings = blocks.Sum(part => Heading(part.Block).Length + 2);
        var allowances = Shares.Spread([.. blocks.Select(part => (part.Block.Length, part.Share))], characters - headings);
        var text = new StringBuilder();
        for (var i = 0; i < blocks.Length; i++)
        {
            text.Append(Heading(blocks[i].Block)).Append(blocks[i].Block.Render(allowances[i])).Append("\n\n");
        }

        return text.ToString().TrimEnd();
    }

    private static string Heading(EvidenceBlock block) => $"## {block.Title}\n\n";
}
