using System.CommandLine;
using System.Globalization;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Preflight;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Models;

/// <summary><c>spark models show</c>: how a profile's model is asked, and what its refusals have taught.</summary>
internal static class ModelsShowCommand
{
    public static Command Create(CliOutput output)
    {
        var profile = new Argument<string>("PROFILE") { Description = "Model profile of the workers' settings. Default: default.", DefaultValueFactory = _ => "default" };
        var model = new Option<string?>("--model") { Description = "Model that is named in the place of the profile's." };
        var forget = new Option<string?>("--forget") { Description = $"Forget this habit, or '{ModelDescriptionRequest.All}', before it is shown: the next request tries without it." };
        var json = CommonOptions.Json();
        var command = new Command(
            "show",
            """
            Shows how a model is asked: address, API, limits, and the habits that its refusals have taught, with the words that taught them.

            Habits are kept in the workers' store for each endpoint, model and API. A setting of the profile stands above them.

            Example:
              spark models show default --model gpt-5.4
              spark models show default --forget no-tools
            """) { profile, model, forget, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var session = await SparkSession.OpenAsync(output, new SessionOptions(), cancellationToken);
            var choice = new ModelChoice(parsed.GetValue(profile)!, parsed.GetValue(model));
            var request = new PreflightRequest
            {
                Descriptions = [new ModelDescriptionRequest(choice, parsed.GetValue(forget))],
                WorkerPatienceSec = WorkerQuestion.ProfilePatience.TotalSeconds,
            };
            var report = await new WorkerQuestion(session).AskAsync($"models-show-{choice.Profile}-{Guid.NewGuid():n}", request, "", cancellationToken);
            var finding = report.Descriptions?.SingleOrDefault() ?? throw new CliException("the workers are of a version that cannot describe models; update them");
            if (finding.Description is not { } description)
            {
                throw new CliException($"model profile {choice.Profile}: {finding.Words}\n    {ModelRemedies.Of(finding.Type ?? "", choice.Profile)}");
            }

            if (parsed.GetValue(forget) is { } name && description.Forgotten.Count == 0 && name != ModelDescriptionRequest.All)
            {
                throw new CliException($"there is no habit '{name}' of {description.Model}; it has {Names(description)}", ExitCodes.Usage);
            }

            Print(description, parsed.GetValue(json), output);
            return ExitCodes.Good;
        });
        return command;
    }

    private static void Print(ModelDescription model, bool json, CliOutput output)
    {
        if (json)
        {
            output.Json(model);
            return;
        }

        output.Line($"{model.Model}  (profile {model.Profile})");
        output.Line($"  address   {model.BaseUrl}");
        output.Line($"  api       {model.Api}");
        output.Line($"  key       {model.KeyVariable}{(model.KeySet ? "" : " (not set)")}");
        output.Line($"  context   {Number(model.ContextTokens)} tokens");
        output.Line($"  reply     {(model.MaxTokens is { } most ? $"at most {Number(most)} tokens" : "by the budget of its purpose")}");
        output.Line($"  at once   {(model.ConcurrentCalls is { } calls ? $"{Number(calls)} calls from one worker" : "no limit")}");
        foreach (var habit in model.Forgotten)
        {
            output.Line($"  forgotten {habit}");
        }

        if (model.Habits.Count == 0)
        {
            output.Line("  habits    none");
            return;
        }

        output.Line("  habits    learned from refusals; --forget NAME forgets one");
        foreach (var habit in model.Habits)
        {
            output.Line($"    {habit.Name}: {habit.Effect}");
            output.Line($"      {habit.LearnedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC: {PlainText.OneLine(habit.Words, 300)}");
        }
    }

    private static string Names(ModelDescription model) => model.Habits.Count == 0 ? "none" : string.Join(", ", model.Habits.Select(habit => habit.Name));

    private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
