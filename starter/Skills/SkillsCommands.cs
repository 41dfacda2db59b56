using System.CommandLine;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Skills;

/// <summary>The group <c>spark skills</c>.</summary>
internal static class SkillsCommands
{
    public static Command Create(CliOutput output) => new("skills", "Make and check skills.") { SkillsRunCommand.Create(output), SkillsDistillCommand.Create(output), Check(output) };

    private static Command Check(CliOutput output)
    {
        var paths = new Argument<string[]>("DIR")
        {
            Description = "A skill's folder, a SKILL.md, or a folder of skills.",
            Arity = ArgumentArity.OneOrMore,
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON document instead of lines." };
        var command = new Command(
            "check",
            "Check that SKILL.md files are valid by the Agent Skills specification, as its own validator decides. Prints one line per finding, "
            + "path:line: message; a warning is what the specification advises against or some agents do not read. Exits 0 when all are valid and 1 otherwise. Example: spark skills check skills_gen_result --json")
        {
            paths, json,
        };
        command.SetAction(parsed => Run(output, parsed.GetValue(paths)!, parsed.GetValue(json)));
        return command;
    }

    private static int Run(CliOutput output, string[] paths, bool json)
    {
        var skills = paths.SelectMany(SkillFolder.Find).DistinctBy(skill => skill.File).Select(skill => skill.Check()).ToList();
        var invalid = skills.Count(skill => !skill.Valid);
        if (json)
        {
            output.Json(new { Valid = invalid == 0, Skills = skills });
        }
        else
        {
            foreach (var finding in skills.SelectMany(skill => skill.Findings))
            {
                output.Line(finding.ToString());
            }

            output.Note(invalid == 0
                ? $"{skills.Count} valid."
                : $"{invalid} of {skills.Count} not valid.");
        }

        return invalid == 0 ? ExitCodes.Good : ExitCodes.Failed;
    }
}
