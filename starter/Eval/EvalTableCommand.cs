using System.CommandLine;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Eval.Tables;
using Spark.Temporal.Starter.Pdi.Analysis;

namespace Spark.Temporal.Starter.Eval;

/// <summary><c>spark eval table</c>: tables over any number of evaluations.</summary>
internal sealed class EvalTableCommand(CliOutput output)
{
    private const string DefaultRuns = "skills_gen_result";

    private readonly Argument<string> _kind = new Argument<string>("KIND") { Description = "quadrants, students, interventions or transfer." }
        .AcceptOnlyFromAmong("quadrants", "students", "interventions", "transfer");

    private readonly Argument<string[]> _summaries = new("SUMMARY")
    {
        Description = $"Evaluations: names below {SummaryFiles.Root}/, summary.json files, or folders of them.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string[]> _runs = new("--runs")
    {
        Description = $"Of quadrants: folders of the runs that made the skills, laid out as MODEL/TASK/. Default: {DefaultRuns}, where it exists.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string> _without = new("--without")
    {
        Description = "Of interventions: the evaluation, or the arm, whose skills were made without them.",
        DefaultValueFactory = _ => "without",
    };

    private readonly Option<string> _with = new("--with")
    {
        Description = "Of interventions: the evaluation, or the arm, whose skills were made with them.",
        DefaultValueFactory = _ => "with",
    };

    private readonly Option<string[]> _agents = new("--agent-of")
    {
        Description = "MODEL=AGENT: of this student count only evaluations with this agent. Default: a row for each agent.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string> _root = new("--eval-result-dir")
    {
        Description = "Folder of evaluations in which names are looked for.",
        DefaultValueFactory = _ => SummaryFiles.Root,
    };

    private readonly Option<bool> _csv = new("--csv") { Description = "Comma-separated values on standard output; notes on standard error." };
    private readonly Option<bool> _markdown = new("--markdown") { Description = "A Markdown table on standard output." };
    private readonly Option<bool> _json = CommonOptions.Json();
    private readonly Option<string?> _picture = new("--picture") { Description = "Draw the table into this file (SVG), beside what is printed." };
    private readonly Option<string> _withoutPlan = WithoutPlanOption.Create();

    public static Command Create(CliOutput output) => new EvalTableCommand(output).Create();

    private Command Create()
    {
        var command = new Command(
            "table",
            """
            Tables over any number of evaluations. 'students' has mean rewards without a skill, with a generated one and with
            people's, and the gain; 'transfer' each source of skills with each student; 'interventions' skills made without
            against with interventions; 'quadrants' the gain and the gap to people's skills by quadrant of the offline index.

            Example:
              spark eval table students skills_eval_result --agent-of gpt-5-mini=codex --csv
              spark eval table interventions without with --markdown
              spark eval table quadrants first --runs skills_gen_result --picture quadrants.svg
            """)
        {
            _kind, _summaries, _runs, _without, _with, _agents, _withoutPlan, _root, _csv, _markdown, _json, _picture,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        bool csv = parsed.GetValue(_csv), markdown = parsed.GetValue(_markdown), json = parsed.GetValue(_json);
        if ((csv ? 1 : 0) + (markdown ? 1 : 0) + (json ? 1 : 0) > 1)
        {
            throw new CliException("--csv, --markdown and --json exclude each other; choose one, and run the command again for another", ExitCodes.Usage);
        }

        var table = await TableAsync(parsed, await SummariesAsync(parsed, cancellationToken), cancellationToken);
        if (table.Rows.Count == 0)
        {
            throw new CliException($"these evaluations give no row of the table '{table.Kind}'{(table.Notes.Count > 1 ? $": {table.Notes[^1]}" : "")}");
        }

        if (parsed.GetValue(_picture) is { } picture)
        {
            await TableWriter.PictureAsync(table, picture, output, cancellationToken);
        }

        Action<EvalTable, CliOutput> write = csv ? TableWriter.Csv : markdown ? TableWriter.Markdown : json ? TableWriter.Json : TableWriter.Text;
        write(table, output);
        return ExitCodes.Good;
    }

    private async Task<EvalTable> TableAsync(ParseResult parsed, IReadOnlyList<EvaluationSummary> summaries, CancellationToken cancellationToken)
    {
        var kind = parsed.GetValue(_kind);
        var table = kind == "quadrants" ? QuadrantTable.Of(await RunsAsync(parsed, cancellationToken), summaries)
            : kind == "students" ? EvalTables.Students(TrialPool.Of(summaries))
            : kind == "transfer" ? EvalTables.Transfer(TrialPool.Of(summaries))
            : EvalTables.Interventions(TrialPool.Of(summaries), parsed.GetValue(_with)!, parsed.GetValue(_without)!);
        return table with { Notes = [.. table.Notes, .. Unlike(summaries)] };
    }

    private async Task<IReadOnlyList<AnalyzedRun>> RunsAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var folders = parsed.GetValue(_runs) is { Length: > 0 } given ? given
            : Directory.Exists(DefaultRuns) ? [DefaultRuns]
            : throw new CliException("the table 'quadrants' needs the runs that made the skills: name their folder with --runs", ExitCodes.Usage);
        return await RunAnalyzer.ReadAllAsync(folders, WithoutPlanOption.Of(parsed.GetValue(_withoutPlan)), output, cancellationToken);
    }

    /// <summary>The summaries named, each once, of the agents chosen.</summary>
    private async Task<IReadOnlyList<EvaluationSummary>> SummariesAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        List<EvaluationSummary> summaries = [];
        foreach (var name in parsed.GetValue(_summaries)!)
        {
            summaries.AddRange(await SummaryFiles.NamedAsync(name, cancellationToken, parsed.GetValue(_root)!));
        }

        // A folder and a run below it may both be named; a trial must not count twice.
        summaries = [.. summaries.DistinctBy(summary => (summary.Model, summary.Run, summary.Agent, summary.StartedAt))];
        foreach (var choice in parsed.GetValue(_agents) ?? [])
        {
            if (choice.Split('=', 2) is not [{ Length: > 0 } model, { Length: > 0 } agent])
            {
                throw new CliException($"--agent-of is MODEL=AGENT; it was '{choice}'", ExitCodes.Usage);
            }

            if (!summaries.Any(summary => summary.Model == model && summary.Agent == agent))
            {
                throw new CliException(
                    $"--agent-of {choice}: there is no such evaluation; these have {string.Join(", ", summaries.Select(summary => $"{summary.Model}={summary.Agent}").Distinct())}", ExitCodes.Usage);
            }

            summaries.RemoveAll(summary => summary.Model == model && summary.Agent != agent);
        }

        return summaries;
    }

    /// <summary>What makes evaluations of one table hard to compare.</summary>
    private static IEnumerable<string> Unlike(IReadOnlyList<EvaluationSummary> summaries)
    {
        var incomplete = summaries.Where(summary => !summary.Complete).Select(summary => $"{summary.Model}/{summary.Run}").ToList();
        if (incomplete.Count > 0)
        {
            yield return $"Not complete: {string.Join(", ", incomplete)}.";
        }

        if (summaries.Select(summary => summary.TimeoutMultiplier).Distinct().Count() > 1)
        {
            yield return $"Not alike: time-outs × {string.Join(", ", summaries.Select(summary => summary.TimeoutMultiplier).Distinct().Order())}.";
        }
    }
}
