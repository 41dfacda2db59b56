using System.CommandLine;
using System.Globalization;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Wire;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Limits;

/// <summary><c>spark limits</c>: how many requests a minute the models of a cluster get.</summary>
internal static class LimitsCommands
{
    private const string None = "none";

    public static Command Create(CliOutput output) =>
        new("limits", "Shows and sets how many requests a minute a model profile gets from the whole cluster.") { Show(output), Set(output) };

    private static Command Show(CliOutput output)
    {
        var profiles = new Argument<string[]>("PROFILE") { Description = "Model profiles. Default: default.", Arity = ArgumentArity.ZeroOrMore };
        var json = CommonOptions.Json();
        var command = new Command(
            "show",
            """
            Shows the limit of each profile, who set it, and how many calls wait for their turn.

            Example:
              spark limits show default cheap
            """) { profiles, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var session = await SparkSession.OpenAsync(output, new() { NeedsWorker = false }, cancellationToken);
            var names = parsed.GetValue(profiles) is { Length: > 0 } named ? named : ["default"];
            await PrintAsync(session, names, parsed.GetValue(json), output, cancellationToken);
            return ExitCodes.Good;
        });
        return command;
    }

    private static Command Set(CliOutput output)
    {
        var profile = new Argument<string>("PROFILE") { Description = "Model profile of the workers' settings." };
        var rpm = new Option<string>("--rpm") { Description = "Requests a minute of the whole cluster, or none.", Required = true };
        rpm.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not None } token] && Rate(token.Value) is null)
            {
                result.AddError($"--rpm is a number above 0, at most 1000000, or '{None}'; it was '{token.Value}'.");
            }
        });
        var reason = new Option<string?>("--reason") { Description = "Reason for the change; shown with the limit." };
        var json = CommonOptions.Json();
        var command = new Command(
            "set",
            """
            Sets a limit at once, also for runs under way. The server enforces it, however many workers there are. It overrides
            the profile's setting RequestsPerMinute until it is set again.

            Example:
              spark limits set default --rpm 120
            """) { profile, rpm, reason, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var session = await SparkSession.OpenAsync(output, new() { NeedsWorker = false }, cancellationToken);
            var name = parsed.GetValue(profile)!;
            var why = string.IsNullOrWhiteSpace(parsed.GetValue(reason)) ? "spark limits set" : PlainText.OneLine(parsed.GetValue(reason)!, 200);
            await QueueRates.SetAsync(session.Client, Queue(name), Rate(parsed.GetValue(rpm)!), why, cancellationToken);
            await PrintAsync(session, [name], parsed.GetValue(json), output, cancellationToken);
            return ExitCodes.Good;
        });
        return command;
    }

    private static string Queue(string profile) => SparkSession.QueueOf(TaskQueues.Llm(profile));

    private static double? Rate(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) && rate is > 0 and <= 1_000_000 ? rate : null;

    private static async Task PrintAsync(SparkSession session, string[] profiles, bool json, CliOutput output, CancellationToken cancellationToken)
    {
        var limits = new List<object>();
        foreach (var profile in profiles)
        {
            var queue = Queue(profile);
            var rate = await QueueRates.ReadAsync(session.Client, queue, cancellationToken);
            limits.Add(new { Profile = profile, Queue = queue, RequestsPerMinute = rate.PerMinute, rate.Reason, SetBy = rate.By, SetAt = rate.At, Waiting = rate.Backlog, Workers = rate.Pollers });
            if (!json)
            {
                var limit = rate.PerMinute is { } perMinute ? $"{perMinute.ToString("0.###", CultureInfo.InvariantCulture)} requests a minute" : "no limit";
                var origin = string.IsNullOrEmpty(rate.Reason) ? "" : $"  ({rate.Reason}; {rate.By}, {rate.At:yyyy-MM-dd HH:mm}Z)";
                output.Line($"{profile}  {limit}  {rate.Backlog} waiting  {rate.Pollers} pollers{origin}");
            }

            if (rate.Pollers == 0 && session.Source != ServerSource.Embedded)
            {
                output.Note($"No worker serves the profile '{profile}' now (task queue {queue}); is it in the workers' settings (Llm:Profiles)?");
            }
        }

        if (json)
        {
            output.Json(limits);
        }
    }
}
