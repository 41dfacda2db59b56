using System.CommandLine;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Wire.TaskFiles;

namespace Spark.Temporal.Starter.Eval;

/// <summary>Options that say which arms an evaluation has and where their skills are.</summary>
internal sealed class ArmSettings
{
    private const string DefaultSkills = "skills_gen_result";

    private readonly Option<string[]> _phases = new("--phases")
    {
        Description = "Which of baseline, generated and human to run. Default: baseline, and each arm for which there are skills.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _arms = new("--arm")
    {
        Description = "One more arm, NAME=DIR: DIR is one skill for all tasks, or has one folder per task.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _skills = new("--skills-result-dir")
    {
        Description = $"Generated skills, laid out as MODEL/TASK/SKILL.md, or the folder of one model. Default: {DefaultSkills}, where it exists.",
    };

    private readonly Option<string[]> _source = new("--skill-source-model")
    {
        Description = "Model whose skills the students get, or the name of its folder. Default: each student's own. Several models give one arm generated-MODEL each.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _human = new("--human-skills-dir")
    {
        Description = "Skills written by people, TASK/SKILL.md or TASK/NAME/SKILL.md. Default: the tasks' own environment/skills.",
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _phases, _arms, _skills, _source, _human })
        {
            command.Add(option);
        }
    }

    /// <summary>Folder of generated skills; null where there is none.</summary>
    public string? SkillsDir(ParseResult parsed) =>
        parsed.GetValue(_skills) is { } given ? Existing("--skills-result-dir", given) : Directory.Exists(DefaultSkills) ? Path.GetFullPath(DefaultSkills) : null;

    /// <summary>The arms, the baseline first.</summary>
    /// <exception cref="CliException">A name or a folder cannot be used; the message says which.</exception>
    public IReadOnlyList<EvaluationArm> Arms(ParseResult parsed, IReadOnlyList<ScannedTask> tasks)
    {
        var skills = SkillsDir(parsed);
        var human = parsed.GetValue(_human) is { } given ? Existing("--human-skills-dir", given) : null;
        string[] asked = [.. (parsed.GetValue(_phases) ?? []).SelectMany(phase => phase.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        string[] known = [EvaluationArm.Baseline, EvaluationArm.Generated, EvaluationArm.Human];
        if (asked.Except(known).FirstOrDefault() is { } unknown)
        {
            throw new CliException($"--phases: '{unknown}' is none of {string.Join(", ", known)}; a further arm is --arm {unknown}=DIR", ExitCodes.Usage);
        }

        bool Wants(string phase, bool byDefault) => asked.Length == 0 ? byDefault : asked.Contains(phase);
        List<EvaluationArm> arms = [];
        if (Wants(EvaluationArm.Baseline, true))
        {
            arms.Add(new EvaluationArm { Name = EvaluationArm.Baseline });
        }

        if (Wants(EvaluationArm.Generated, skills is not null))
        {
            arms.AddRange(Generated(
                skills ?? throw new CliException($"--phases generated needs skills: make some with 'spark skills run', or name their folder with --skills-result-dir", ExitCodes.Usage),
                parsed.GetValue(_source) ?? []));
        }

        if (Wants(EvaluationArm.Human, human is not null || tasks.Any(task => Directory.Exists(Path.Combine(task.Directory, "environment", "skills")))))
        {
            arms.Add(new EvaluationArm { Name = EvaluationArm.Human, Source = SkillSource.Human, Root = human });
        }

        arms.AddRange((parsed.GetValue(_arms) ?? []).Select(Further));
        return arms.GroupBy(arm => arm.Name).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? throw new CliException($"two arms are called '{twice.Key}'; give --arm another name", ExitCodes.Usage)
            : arms;
    }

    private static IEnumerable<EvaluationArm> Generated(string skills, string[] sources)
    {
        if (IsOfOneModel(skills))
        {
            var model = Path.GetFileName(skills);
            return sources.FirstOrDefault(source => PlainText.Slug(source) != PlainText.Slug(model)) is { } other
                ? throw new CliException($"--skill-source-model {other}: {skills} has the skills of one model, {model}; name the folder above it with --skills-result-dir", ExitCodes.Usage)
                : [new EvaluationArm { Name = EvaluationArm.Generated, Source = SkillSource.Generated, Root = Path.GetDirectoryName(skills), SkillSourceModel = model }];
        }

        foreach (var source in sources.Where(source => !Directory.Exists(ResultFolders.Below(skills, source))))
        {
            throw new CliException(
                $"--skill-source-model {source}: there is no folder {ResultFolders.Below(skills, source)}; {skills} has {string.Join(", ", Directory.EnumerateDirectories(skills).Select(Path.GetFileName).Order(StringComparer.Ordinal))}",
                ExitCodes.Usage);
        }

        return sources.Length == 0
            ? [new EvaluationArm { Name = EvaluationArm.Generated, Source = SkillSource.Generated, Root = skills }]
            : sources.Select(source => new EvaluationArm
            {
                Name = sources.Length == 1 ? EvaluationArm.Generated : $"{EvaluationArm.Generated}-{PlainText.Slug(source)}",
                Source = SkillSource.Generated,
                Root = skills,
                SkillSourceModel = Path.GetRelativePath(skills, ResultFolders.Below(skills, source)),
            });
    }

    /// <summary>Whether a folder has the tasks themselves, not models with tasks.</summary>
    private static bool IsOfOneModel(string skills) => Directory.EnumerateDirectories(skills).Any(task => File.Exists(Path.Combine(task, SkillDocument.FileName)));

    private static EvaluationArm Further(string text)
    {
        var parts = text.Split('=', 2);
        return parts is [{ Length: > 0 } name, { Length: > 0 } folder]
            ? new EvaluationArm { Name = PlainText.Slug(name), Source = SkillSource.Folder, Root = Existing($"--arm {name}", folder) }
            : throw new CliException($"--arm is NAME=DIR; it was '{text}'", ExitCodes.Usage);
    }

    private static string Existing(string option, string folder) =>
        Directory.Exists(folder) ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) : throw new CliException($"{option}: there is no folder '{folder}'", ExitCodes.Usage);
}
