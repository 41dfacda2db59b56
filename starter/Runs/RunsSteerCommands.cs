using System.CommandLine;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Runs;

/// <summary><c>spark runs pause|resume|guide|extend|budget</c>: updates to a run, or to every run of a batch.</summary>
internal static class RunsSteerCommands
{
    public static IEnumerable<Command> Create(CliOutput output) => [Pause(output), Resume(output), Guide(output), Extend(output), Budget(output)];

    private static Command Pause(CliOutput output) => RunsManyCommands.Steer(
        output,
        "pause",
        """
        Pauses runs after the step in flight; a batch starts nothing more and pauses its runs. Containers are removed after
        ten minutes and are rebuilt on resume. Exits 0 if all took it, 3 if some did not.

        Examples:
          spark runs pause batch/night
          spark runs pause skill/night/gpt/a skill/night/gpt/b
        """,
        "Pause",
        _ => null,
        withRuns: false,
        _ => true);

    private static Command Resume(CliOutput output) => RunsManyCommands.Steer(
        output,
        "resume",
        """
        Resumes runs after a pause, or once the cause of their wait is fixed. --batch reaches the batch and its runs that are
        paused or wait. Exits 0 if all took it, 3 if some did not.

        Examples:
          spark runs resume skill/night/gpt/3d-scan-calc
          spark runs resume --batch night
          spark runs resume --waiting --dry-run
        """,
        "Resume",
        _ => null,
        withRuns: true,
        _ => true);

    private static Command Guide(CliOutput output)
    {
        var text = new Argument<string?>("TEXT") { Description = "Text for the agent.", Arity = ArgumentArity.ZeroOrOne };
        var file = new Option<string?>("--file") { Description = "Read it from a file instead; - for standard input." };
        return Steer(
            output,
            "guide",
            """
            Gives guidance to the next attempt of a skill run. It goes into that attempt's instruction only, and is recorded
            with it. In a batch each open skill run gets it; constructions and trials have no next attempt.

            Example:
              spark runs guide skill/night/gpt/3d-scan-calc "The coordinates are in millimetres."
            """,
            "AddGuidance",
            parsed => new GuidanceRequest((parsed.GetValue(text), parsed.GetValue(file)) switch
            {
                ({ } words, null) => words,
                (null, "-") => Console.In.ReadToEnd(),
                (null, { } path) => Read(path),
                _ => throw new CliException("give either TEXT or --file FILE", ExitCodes.Usage),
            }),
            text,
            file);
    }

    private static Command Extend(CliOutput output)
    {
        var attempts = RunSettings.Positive(new Option<int>("--attempts") { Description = "How many more attempts to allow.", Required = true });
        return Steer(
            output,
            "extend",
            """
            Allows an open run more attempts, or a construction more rounds of repair. In a batch each open run
            gets them.

            Example:
              spark runs extend skill/night/gpt/3d-scan-calc --attempts 3
            """,
            "ExtendAttempts",
            parsed => new ExtendRequest(parsed.GetValue(attempts)),
            attempts);
    }

    private static Command Budget(CliOutput output)
    {
        var usd = RunSettings.Positive(new Option<double?>("--usd") { Description = "New limit in dollars of the whole run or batch." });
        var tokens = RunSettings.Positive(new Option<long?>("--tokens") { Description = "New limit in tokens sent and received." });
        return Steer(
            output,
            "budget",
            """
            Raises the budget of a run or a batch. A run that waits for its budget then goes on.

            Example:
              spark runs budget batch/night --usd 40
            """,
            "RaiseBudget",
            parsed => parsed.GetValue(usd) is null && parsed.GetValue(tokens) is null
                ? throw new CliException("give --usd, --tokens or both", ExitCodes.Usage)
                : new BudgetRequest(parsed.GetValue(usd), parsed.GetValue(tokens)),
            usd,
            tokens);
    }

    internal static Command Steer(
        CliOutput output, string name, string description, string update, Func<ParseResult, object?> argument, params Symbol[] symbols) =>
        Steer(output, name, description, update, argument, (_, _) => [], symbols);

    /// <param name="output">Where it prints.</param>
    /// <param name="name">Of the command.</param>
    /// <param name="description">Of the command.</param>
    /// <param name="update">What is sent.</param>
    /// <param name="argument">What is sent with it.</param>
    /// <param name="leftOut">Tells and returns the tasks that the argument names and that cannot run.</param>
    /// <param name="symbols">Options and arguments.</param>
    internal static Command Steer(
        CliOutput output,
        string name,
        string description,
        string update,
        Func<ParseResult, object?> argument,
        Func<ParseResult, object?, IReadOnlyList<LeftOutTasks>> leftOut,
        IReadOnlyList<Symbol> symbols)
    {
        var json = CommonOptions.Json();
        var id = new Argument<string>("ID") { Description = "A run or a batch, as 'spark runs list' shows it." };
        var command = new Command(name, description) { id };
        foreach (var symbol in symbols)
        {
            if (symbol is Argument more)
            {
                command.Add(more);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }

        command.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var value = argument(parsed);
            var without = leftOut(parsed, value);
            await using var session = await SparkSession.OpenAsync(output, new(), cancellationToken);
            var steered = await new Steering(session).SendAsync(parsed.GetValue(id)!, update, value, cancellationToken);
            if (steered is [{ Accepted: false } one])
            {
                throw new CliException($"run '{one.Id}' refuses {update}: {one.Error}");
            }

            if (parsed.GetValue(json))
            {
                output.Json(steered.Select(run => run with { LeftOut = without.Count > 0 ? without : null }));
            }
            else
            {
                foreach (var run in steered)
                {
                    output.Line($"{run.Id}  {(run.Accepted ? $"{update} accepted" : $"{update} refused: {run.Error}")}");
                }
            }

            return without.Count == 0 && steered.All(run => run.Accepted) ? ExitCodes.Good : ExitCodes.SomeFailed;
        });
        return command;
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"--file: {missing.Message}", ExitCodes.Usage);
        }
    }
}
