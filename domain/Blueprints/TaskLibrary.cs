using System.Text;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>
/// Finds the tasks most like a prompt. Ranking is Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance
/// Framework: BM25 and Beyond", 2009): it needs no training, no service and no model, weighs rare words over common ones,
/// does not favour long instructions, is the baseline that retrieval work compares itself with, and gives the same order on
/// every machine for the same library. k1 = 1.2 and b = 0.75 are that paper's middle values. The inverse document
/// frequency is the form that stays positive, ln(1 + (N − n + ½) / (n + ½)), so a word in most tasks never counts against one.
/// </summary>
public static class TaskLibrary
{
    private const double K1 = 1.2;
    private const double B = 0.75;

    /// <summary>Tags and tools are few, well-chosen words: each counts as three words of the instruction.</summary>
    private const int FieldWeight = 3;

    /// <summary>Ranks by instruction, tags, tools and name; tasks that share no word with the prompt are left out.</summary>
    /// <param name="library">The tasks; of those with one digest only the first by name counts.</param>
    /// <param name="spec">The prompt.</param>
    /// <param name="topK">Most tasks to find.</param>
    /// <param name="exclude">Names that must not be found.</param>
    public static IReadOnlyList<RankedTask> Rank(
        IReadOnlyList<ReferenceTask> library, PromptSpec spec, int topK, IReadOnlySet<string> exclude)
    {
        var tasks = library
            .Where(task => !exclude.Contains(task.Name))
            .OrderBy(task => task.Name, StringComparer.Ordinal)
            .DistinctBy(task => task.Digest)
            .Select(task => (Task: task, Words: Count(task)))
            .ToList();
        if (tasks.Count == 0 || topK <= 0)
        {
            return [];
        }

        var meanLength = tasks.Average(task => (double)task.Words.Values.Sum());
        var asked = Query(spec);
        var holders = asked.ToDictionary(word => word, word => tasks.Count(task => task.Words.ContainsKey(word)), StringComparer.Ordinal);
        return [.. tasks
            .Select(task => new RankedTask(task.Task, Score(task.Words)))
            .Where(ranked => ranked.Score > 0)
            .OrderByDescending(ranked => ranked.Score)
            .ThenBy(ranked => ranked.Task.Name, StringComparer.Ordinal)
            .Take(topK)];

        double Score(Dictionary<string, int> words)
        {
            var length = words.Values.Sum() / meanLength;
            var score = 0.0;
            foreach (var word in asked)
            {
                if (words.TryGetValue(word, out var count))
                {
                    var rarity = Math.Log(1 + ((tasks.Count - holders[word] + 0.5) / (holders[word] + 0.5)));
                    score += rarity * count * (K1 + 1) / (count + (K1 * (1 - B + (B * length))));
                }
            }

            // The last bits of a logarithm differ between machines; the order must not depend on them.
            return Math.Round(score, 9);
        }
    }

    private static List<string> Query(PromptSpec spec) =>
        [.. Words(string.Join(' ', [spec.Prompt, spec.TaskNameHint ?? "", .. spec.AvailableTools, .. spec.Constraints])).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static Dictionary<string, int> Count(ReferenceTask task)
    {
        var words = new Dictionary<string, int>(StringComparer.Ordinal);
        Add(task.Instruction, 1);
        Add(task.Name, FieldWeight);
        Add(string.Join(' ', task.Tags), FieldWeight);
        Add(string.Join(' ', task.Tools), FieldWeight);
        return words;

        void Add(string text, int weight)
        {
            foreach (var word in Words(text))
            {
                words[word] = words.GetValueOrDefault(word) + weight;
            }
        }
    }

    /// <summary>
    /// Runs of letters and digits in lower case, of two and more; in scripts without spaces each pair of neighbours is a word.
    /// </summary>
    public static IEnumerable<string> Words(string text)
    {
        var word = new StringBuilder();
        foreach (var rune in text.EnumerateRunes().Append(new Rune(' ')))
        {
            if (Rune.IsLetterOrDigit(rune))
            {
                word.Append(Rune.ToLowerInvariant(rune));
                continue;
            }

            var found = word.ToString();
            word.Clear();
            if (found.Length > 1 && found.Any(IsIdeographic))
            {
                for (var i = 0; i + 1 < found.Length; i++)
                {
                    yield return found.Substring(i, 2);
                }
            }
            else if (found.Length > 1)
            {
                yield return found;
            }
        }
    }

    private static bool IsIdeographic(char c) => c is >= '\u3040' and <= '\u30ff' or >= '\u3400' and <= '\u9fff';
}
