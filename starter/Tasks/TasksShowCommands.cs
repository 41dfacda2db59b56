using System.CommandLine;
using System.Text.Json;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Tasks;

/// <summary><c>spark tasks list</c> and <c>spark tasks show</c>: what was made here.</summary>
internal static class TasksShowCommands
{
    private const string Generated = "generated_tasks";

    public static Command List(CliOutput output)
    {
        var (from, json) = (Out(), CommonOptions.Json());
        var command = new Command("list", "Tasks made here, with the rejected ones.") { from, json };
        command.SetAction(parsed =>
        {
            var reports = Reports(parsed.GetValue(from)!).ToList();
            if (parsed.GetValue(json))
            {
                output.Json(reports.Select(report => report.Content));
                return ExitCodes.Good;
            }

            if (reports.Count == 0)
            {
                output.Note($"No task was made in {Path.Combine(parsed.GetValue(from)!, Generated)}; spark tasks create makes them, --out names another folder.");
            }

            foreach (var (name, content) in reports)
            {
                output.Line($"{content.Status,-10} {name}  {content.Rounds} rounds of repair");
            }

            return ExitCodes.Good;
        });
        return command;
    }

    public static Command Show(CliOutput output)
    {
        var name = new Argument<string>("TASK") { Description = "Name of a task that was made here, or of its prompt file." };
        var (from, json) = (Out(), CommonOptions.Json());
        var command = new Command("show", "How a task was made: blueprint, findings, rounds and proof.") { name, from, json };
        command.SetAction(parsed =>
        {
            var wanted = parsed.GetValue(name)!;
            var found = Reports(parsed.GetValue(from)!).FirstOrDefault(report => report.Name == wanted);
            if (found.Name is null)
            {
                throw new CliException($"there is no report of '{wanted}' in {Path.Combine(parsed.GetValue(from)!, Generated)}; see spark tasks list", ExitCodes.Usage);
            }

            var folder = Path.Combine(parsed.GetValue(from)!, Generated, "_artifacts", wanted);
            if (parsed.GetValue(json))
            {
                var blueprint = Path.Combine(folder, "blueprint.json");
                output.Json(new
                {
                    Report = found.Content,
                    Blueprint = File.Exists(blueprint) ? JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(blueprint)) : (JsonElement?)null,
                });
            }
            else
            {
                output.Line(File.ReadAllText(Path.Combine(folder, "report.md")).TrimEnd());
                output.Line();
                output.Line(Path.GetFullPath(folder));
            }

            return ExitCodes.Good;
        });
        return command;
    }

    private static Option<string> Out() => new("--out", "--output-dir") { Description = "Folder that holds generated_tasks/.", DefaultValueFactory = _ => "." };

    private static IEnumerable<(string Name, ConstructionReport Content)> Reports(string folder)
    {
        var artifacts = Path.Combine(folder, Generated, "_artifacts");
        return !Directory.Exists(artifacts)
            ? []
            : Directory.EnumerateDirectories(artifacts).Order(StringComparer.Ordinal)
                .Select(task => Path.Combine(task, ConstructionReport.FileName))
                .Where(File.Exists)
                .Select(file => (Path.GetFileName(Path.GetDirectoryName(file)!), Read(file)));
    }

    private static ConstructionReport Read(string file)
    {
        try
        {
            return ConstructionReport.Read(file, File.ReadAllText(file));
        }
        catch (ResultFormatException refused)
        {
            throw new CliException(refused.Message);
        }
    }
}
