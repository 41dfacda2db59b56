using System.CommandLine;
using System.Globalization;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Preflight;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Models;

/// <summary><c>spark models test</c>: tries a profile's model with what runs ask of it.</summary>
internal static class ModelsTestCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(35);

    public static Command Create(CliOutput output)
    {
        var profile = new Argument<string>("PROFILE") { Description = "Model profile of the workers' settings. Default: default.", DefaultValueFactory = _ => "default" };
        var model = new Option<string?>("--model") { Description = "Model that is named in the place of the profile's." };
        var json = CommonOptions.Json();
        var command = new Command(
            "test",
            """
            Tries a model through a worker, with the calls that runs make: a tool call, a second turn after it, a long reply, a reply by a
            schema. Prints what works, what was learned from refusals, tokens, and what a turn costs. It is paid for, about 5,000 tokens.
            Exit code 3 where something does not work.

            Example:
              spark models test ds
              spark models test default --model gpt-5.4
            """) { profile, model, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var session = await SparkSession.OpenAsync(output, new SessionOptions(), cancellationToken);
            var choice = new ModelChoice(parsed.GetValue(profile)!, parsed.GetValue(model));
            var request = new PreflightRequest { Tests = [choice], WorkerPatienceSec = WorkerQuestion.ProfilePatience.TotalSeconds };
            var report = await new WorkerQuestion(session).AskAsync($"models-test-{choice.Profile}-{Guid.NewGuid():n}", request, "", cancellationToken, Limit);
            var finding = report.Tests?.SingleOrDefault() ?? throw new CliException("the workers are of a version that cannot test models; update them");
            if (finding.Test is not { } test)
            {
                throw new CliException($"model profile {choice.Profile}: {finding.Words}\n    {ModelRemedies.Of(finding.Type ?? "", choice.Profile)}");
            }

            Print(test, parsed.GetValue(json), output);
            return test.Steps.All(step => step.Passed == true) ? ExitCodes.Good : ExitCodes.SomeFailed;
        });
        return command;
    }

    private static void Print(ModelTest test, bool json, CliOutput output)
    {
        if (json)
        {
            output.Json(test);
            return;
        }

        output.Line($"{test.Model}  (profile {test.Profile}) at {test.BaseUrl}{(test.Api is null ? "" : $", API {test.Api}")}");
        foreach (var step in test.Steps)
        {
            var word = step.Passed switch { true => "works", false => "fails", null => "-" };
            output.Line($"  {step.Name,-12} {word,-6} {PlainText.OneLine(step.Words, 400)}");
            if (step.Usage is { } usage)
            {
                var details = string.Concat(
                    Part(usage.CachedTokens, "cached"), Part(usage.CacheWriteTokens, "written to the cache"), Part(usage.ReasoningTokens, "reasoning"));
                output.Line($"  {"",-12} {"",-6} {Number(usage.PromptTokens)} + {Number(usage.CompletionTokens)} tokens{(usage.Estimated ? ", estimated" : "")}{details}, {Money.Of(usage)}, {(step.DurationMs / 1000.0).ToString("0.0", CultureInfo.InvariantCulture)} s");
            }
        }

        foreach (var habit in test.Learned)
        {
            output.Line($"  learned      {habit.Name}: {habit.Effect}");
        }

        var turn = test.Steps.LastOrDefault(step => step is { Name: "second turn", Usage: not null }) ?? test.Steps.FirstOrDefault(step => step.Usage is not null);
        if (turn?.Usage is { } one)
        {
            output.Line($"  a turn like these costs {Money.Of(one)}; the test {Money.Of(test.Usage)} ({Number(test.Usage.TotalTokens)} tokens)");
        }

        if (test.Usage.Unpriced)
        {
            output.Line($"  no price: {Money.Remedy(test.Model)}");
        }
    }

    private static string Part(long tokens, string what) => tokens == 0 ? "" : $", {Number(tokens)} {what}";

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
