using System.Diagnostics;
using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Preflight;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Doctor;

/// <summary>
/// Whether the model of every profile answers. The worker's program asks, since it has the settings and the keys; each profile gets one
/// short request, which costs a few tokens.
/// </summary>
internal static class ModelChecks
{
    /// <summary>Each reply may take 10 s, all at once; the rest is the program's start.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(25);

    public static async Task<IReadOnlyList<Finding>> RunAsync(string workingFolder, CancellationToken cancellationToken)
    {
        string program;
        IReadOnlyList<string> arguments;
        try
        {
            (program, arguments) = WorkerProcess.Command(WorkerProcess.Find());
        }
        catch (CliException)
        {
            // A check of its own says so.
            return [];
        }

        var start = new ProcessStartInfo(program, [.. arguments, "--probe"]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = workingFolder };
        using var worker = Process.Start(start)!;
        var (output, error) = (worker.StandardOutput.ReadToEndAsync(cancellationToken), worker.StandardError.ReadToEndAsync(cancellationToken));
        try
        {
            await worker.WaitForExitAsync(cancellationToken).WaitAsync(Limit, cancellationToken);
            return worker.ExitCode == 0
                ? [.. JsonSerializer.Deserialize<IReadOnlyList<ProfileProbe>>(await output, SparkJson.Options)!.Select(Of)]
                : [new("models", Verdict.Missing, PlainText.OneLine((await error).Trim(), 400), "correct the worker's settings")];
        }
        catch (TimeoutException)
        {
            return [new("models", Verdict.Warning, $"spark-worker --probe gave no answer within {Limit.TotalSeconds:0} s", "try again, or leave the models out with --no-models")];
        }
        catch (JsonException)
        {
            return [new("models", Verdict.Warning, "spark-worker --probe printed no JSON; it is of another version, perhaps", "install spark and spark-worker of one version")];
        }
        finally
        {
            if (!worker.HasExited)
            {
                worker.Kill(entireProcessTree: true);
            }
        }
    }

    internal static Finding Of(ProfileProbe asked)
    {
        var check = $"model {asked.Profile}";
        if (asked.Probe is { } probe)
        {
            return new(check, Verdict.Ok, probe.Throttled ?? $"{probe.Model} at {probe.BaseUrl} answered in {probe.DurationMs / 1000.0:0.0} s");
        }

        // Without a model's name or a key nobody has set the profile up yet; some commands need none.
        if (asked.Model is null || (!asked.KeySet && Uri.TryCreate(asked.BaseUrl, UriKind.Absolute, out var url) && url.Host == "api.openai.com"))
        {
            return new(check, Verdict.Warning, PlainText.OneLine(asked.Words, 400), $"set OPENAI_MODEL and {asked.KeyVariable}, or write them to .env; spark demo and --agent oracle need none");
        }

        return new(check, Verdict.Missing, PlainText.OneLine(asked.Words, 600), ModelRemedies.Of(asked.Type ?? FailureTypes.ModelUnavailable, asked.Profile));
    }
}
