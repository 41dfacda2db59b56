using System.CommandLine;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Doctor;

/// <summary><c>spark doctor</c>.</summary>
internal static class DoctorCommand
{
    public static Command Create(CliOutput output)
    {
        var json = CommonOptions.Json();
        var noModels = new Option<bool>("--no-models") { Description = "Do not ask the models." };
        var command = new Command(
            "doctor",
            """
            Lists what is missing on this machine, with the remedy for each, and changes nothing. Every model profile of the
            worker's settings gets one short request, which costs a few tokens; --no-models leaves that out. Exits 0 if runs
            can work, 1 if something that they need is missing.

            Example:
              spark doctor
            """) { noModels, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var findings = await Checks.RunAsync(Environment.CurrentDirectory, !parsed.GetValue(noModels), cancellationToken);
            if (parsed.GetValue(json))
            {
                output.Json(findings);
            }
            else
            {
                foreach (var finding in findings)
                {
                    var mark = finding.Verdict switch { Verdict.Ok => "ok", Verdict.Warning => "note", _ => "MISSING" };
                    output.Line($"{mark,-8} {finding.Check,-11} {finding.Found}");
                    if (finding.Remedy is { } remedy)
                    {
                        output.Line($"{"",-8} {"",-11} -> {remedy}");
                    }
                }
            }

            return findings.Any(finding => finding.Verdict == Verdict.Missing) ? ExitCodes.Failed : ExitCodes.Good;
        });
        return command;
    }
}
