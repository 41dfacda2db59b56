using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Spark.Temporal.Starter.Demo;

/// <summary>What the scripted model says about one task, from a file <c>&lt;task&gt;.yaml</c>.</summary>
internal sealed record ScriptedStory
{
    private static readonly IDeserializer Yaml = new DeserializerBuilder()
        .WithNamingConvention(UnderscoredNamingConvention.Instance)
        .WithAttemptingUnquotedStringTypeDeserialization()
        .Build();

    /// <summary>Slug of the task; the file's name.</summary>
    [YamlIgnore]
    public string Task { get; set; } = "";

    /// <summary>The attempts in order; when more are asked for, the last one is played again.</summary>
    public List<ScriptedAttempt> Attempts { get; set; } = [];

    /// <summary>How the task itself is made; null for a task that comes with the demo.</summary>
    public ScriptedConstruction? Construction { get; set; }

    /// <summary>Replies to the request for the skill: the first one, then those to repeated requests. The last one repeats.</summary>
    public List<string> Skill { get; set; } = [];

    /// <summary>What the agent does when it is offered a skill: the first whose file is named in the instruction.</summary>
    public List<ScriptedSkilled> WithSkill { get; set; } = [];

    /// <summary>Reads one script.</summary>
    /// <exception cref="InvalidDataException">The file holds something else; the message names file and field.</exception>
    public static ScriptedStory Load(string path)
    {
        ScriptedStory? story;
        try
        {
            story = Yaml.Deserialize<ScriptedStory?>(File.ReadAllText(path));
        }
        catch (YamlException broken)
        {
            throw new InvalidDataException($"{path}, line {broken.Start.Line}: {broken.Message}", broken);
        }

        if (story is null || story.Attempts.Count == 0)
        {
            throw new InvalidDataException($"{path}: 'attempts' is missing or empty");
        }

        for (var index = 0; index < story.Attempts.Count; index++)
        {
            if (story.OwnLines(index).Count == 0)
            {
                throw new InvalidDataException(
                    $"{path}: attempts[{index}] has no command of its own, so a reflection on it could not be recognised; start one of its commands differently from those of the other attempts");
            }
        }

        story.Construction?.Prepare(path);
        if (story.WithSkill.FirstOrDefault(skilled => skilled.When.Length == 0 || skilled.Then > story.Attempts.Count) is { } wrong)
        {
            throw new InvalidDataException($"{path}: with_skill needs 'when', and 'then' names one of {story.Attempts.Count} attempts; it was '{wrong.When}' and {wrong.Then}");
        }

        return story with { Task = Path.GetFileNameWithoutExtension(path) };
    }

    /// <summary>Reads every script of a folder, by task.</summary>
    public static IReadOnlyDictionary<string, ScriptedStory> LoadAll(string folder) =>
        Directory.EnumerateFiles(folder, "*.yaml").Select(Load).ToDictionary(story => story.Task, StringComparer.Ordinal);

    /// <summary>First lines of the commands that only this attempt runs; a text about the attempt is recognised by them.</summary>
    public IReadOnlyList<string> OwnLines(int attempt)
    {
        var others = Attempts.Where((_, index) => index != attempt).SelectMany(other => other.FirstLines()).ToHashSet();
        return [.. Attempts[attempt].FirstLines().Where(line => !others.Contains(line))];
    }
}

/// <summary>One attempt of a <see cref="ScriptedStory"/> and the reflection on it.</summary>
internal sealed record ScriptedAttempt
{
    /// <summary>
    /// Text that must not be in the instruction; where it is, the attempt before is played again. So a story can depend on an
    /// intervention that leaves the old plan out.
    /// </summary>
    public string? Unless { get; set; }

    /// <summary>The agent's turns, one command each.</summary>
    public List<ScriptedTurn> Turns { get; set; } = [];

    /// <summary>The agent's last words.</summary>
    public string Done { get; set; } = "";

    /// <summary>Replies to the request for a memo: the first one, then those to repeated requests. The last one repeats.</summary>
    public List<string> Memo { get; set; } = [];

    /// <summary>First line of each command.</summary>
    public IEnumerable<string> FirstLines() => Turns.Select(turn => turn.Run.Trim().Split('\n', 2)[0].Trim());
}

/// <summary>An attempt of an agent that is offered a skill.</summary>
internal sealed record ScriptedSkilled
{
    /// <summary>Path of the skill's file, as it appears in the instruction.</summary>
    public string When { get; set; } = "";

    /// <summary>Its first turns.</summary>
    public List<ScriptedTurn> Turns { get; set; } = [];

    /// <summary>Number of the attempt whose turns it goes on with, from 1; 0 for none.</summary>
    public int Then { get; set; }

    /// <summary>Its last words; where there are none, those of the attempt it goes on with.</summary>
    public string Done { get; set; } = "";

    /// <summary>The whole attempt: its own turns, then those of the attempt it goes on with.</summary>
    public ScriptedAttempt In(ScriptedStory story)
    {
        var rest = Then > 0 ? story.Attempts[Then - 1] : null;
        return new ScriptedAttempt { Turns = [.. Turns, .. rest?.Turns ?? []], Done = Done.Length > 0 ? Done : rest?.Done ?? "" };
    }
}

/// <summary>One turn: what the agent says and the shell command it runs.</summary>
internal sealed record ScriptedTurn
{
    public string Say { get; set; } = "";

    public string Run { get; set; } = "";
}
