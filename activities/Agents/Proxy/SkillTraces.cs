using System.Text;
using Spark.Temporal.Domain.Skills;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>
/// Looks for skills in what an agent sends to its model: what stands there was offered to the model, or opened, whatever the agent's events
/// call it. Offered is the description out of a skill's head, opened a line of its text.
/// </summary>
internal sealed class SkillTraces(IReadOnlyList<SkillTrace> skills)
{
    private readonly HashSet<string> _offered = [];
    private readonly HashSet<string> _opened = [];

    public IReadOnlyList<SkillTrace> Skills => skills;

    public bool Offered(SkillTrace skill) => _offered.Contains(skill.Name);

    public bool Opened(SkillTrace skill) => _opened.Contains(skill.Name);

    public void Look(ReadOnlySpan<byte> request)
    {
        foreach (var skill in skills)
        {
            if (!_offered.Contains(skill.Name) && request.IndexOf(skill.InHead) >= 0)
            {
                _offered.Add(skill.Name);
            }

            if (!_opened.Contains(skill.Name) && skill.InText.Length > 0 && request.IndexOf(skill.InText) >= 0)
            {
                _opened.Add(skill.Name);
            }
        }
    }

    /// <summary>What became of the skills, in words.</summary>
    public IEnumerable<string> Words(string agent) => skills.Select(skill => SkillUses.Words(agent, skill.Name, Offered(skill), Opened(skill)));
}

/// <summary>A skill, and what gives it away.</summary>
/// <param name="Name">Name of its folder.</param>
/// <param name="Description">What its head says of it; empty for nothing.</param>
/// <param name="InHead">Bytes that stand in a list of skills.</param>
/// <param name="InText">Bytes that stand in the text of the skill alone; empty where it has none that could be told.</param>
internal sealed record SkillTrace(string Name, string Description, byte[] InHead, byte[] InText)
{
    private const int Shortest = 12;

    /// <summary>Name of its file.</summary>
    public string File { get; init; } = SkillDocument.FileName;

    /// <summary>Reads a <c>SKILL.md</c>.</summary>
    public static SkillTrace Of(string name, string content)
    {
        var lines = content.ReplaceLineEndings("\n").Split('\n');
        var head = lines.Length > 0 && lines[0].Trim() == "---" ? Array.FindIndex(lines, 1, line => line.Trim() == "---") : -1;
        var description = lines.Take(Math.Max(0, head)).Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith("description:", StringComparison.Ordinal))
            ?["description:".Length..].Trim().Trim('"', '\'') ?? "";
        var said = Longest(description);
        var text = lines.Skip(head + 1).Select(Longest).Where(run => run.Length >= Shortest && !description.Contains(run, StringComparison.Ordinal)).MaxBy(run => Math.Min(run.Length, 60)) ?? "";
        return new SkillTrace(name, description, Encoding.UTF8.GetBytes(said.Length >= Shortest ? said : $"skills/{name}"), Encoding.UTF8.GetBytes(text.Length > 60 ? text[..60] : text));
    }

    /// <summary>The longest run of letters, digits and spaces: nothing in it is written otherwise in JSON, however deep.</summary>
    private static string Longest(string line)
    {
        var best = "";
        var start = 0;
        for (var at = 0; at <= line.Length; at++)
        {
            if (at == line.Length || !(char.IsAsciiLetterOrDigit(line[at]) || line[at] is ' ' or ',' or '.' or '-'))
            {
                best = at - start > best.Length ? line[start..at] : best;
                start = at + 1;
            }
        }

        best = best.Trim();
        return best.Length > 60 ? best[..60] : best;
    }
}
