using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Prices;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Contracts;
using Spectre.Console;

namespace Spark.Temporal.Starter.Models;

/// <summary><c>spark models list</c>: the profiles of the worker's settings with price and context, or the table that ships with the product.</summary>
internal static class ModelsListCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(25);

    public static Command Create(CliOutput output)
    {
        var all = new Option<bool>("--all") { Description = "The whole table of models that ships with the product, with source and date of each row." };
        var json = CommonOptions.Json();
        var command = new Command(
            "list",
            """
            Lists the model profiles that a worker started here would have: model, address, API, context, price and where the price is from.
            Prices are US dollars per million tokens. A model without one is 'unpriced': give its price in Llm:Prices.

            Example:
              spark models list
              spark models list --all
            """) { all, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(all))
            {
                Print(ModelTable.Shipped, parsed.GetValue(json), output);
            }
            else
            {
                Print(await ReadAsync(cancellationToken), parsed.GetValue(json), output);
            }

            return ExitCodes.Good;
        });
        return command;
    }

    /// <summary>The worker's program reads its settings: they, and the variables of keys, are its own.</summary>
    private static async Task<IReadOnlyList<ModelListing>> ReadAsync(CancellationToken cancellationToken)
    {
        var (program, arguments) = WorkerProcess.Command(WorkerProcess.Find());
        var start = new ProcessStartInfo(program, [.. arguments, "--models"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var worker = Process.Start(start)!;
        var (printed, error) = (worker.StandardOutput.ReadToEndAsync(cancellationToken), worker.StandardError.ReadToEndAsync(cancellationToken));
        try
        {
            await worker.WaitForExitAsync(cancellationToken).WaitAsync(Limit, cancellationToken);
            return worker.ExitCode == 0
                ? JsonSerializer.Deserialize<IReadOnlyList<ModelListing>>(await printed, SparkJson.Options)!
                : throw new CliException($"the worker's settings cannot be used: {PlainText.OneLine((await error).Trim(), 600)}");
        }
        catch (TimeoutException)
        {
            throw new CliException($"spark-worker --models gave no answer within {Limit.TotalSeconds:0} s");
        }
        catch (JsonException)
        {
            throw new CliException("spark-worker --models printed no JSON: install spark and spark-worker of one version");
        }
        finally
        {
            if (!worker.HasExited)
            {
                worker.Kill(entireProcessTree: true);
            }
        }
    }

    private static void Print(IReadOnlyList<ModelListing> profiles, bool json, CliOutput output)
    {
        if (json)
        {
            output.Json(profiles);
            return;
        }

        var table = new Table().Border(TableBorder.Ascii).AddColumns("profile", "model", "api", "context", "in", "cached", "out", "from", "address");
        foreach (var profile in profiles)
        {
            string[] cells =
            [
                profile.Profile, profile.Model ?? "(by --model)", profile.Api, Tokens(profile.ContextTokens), .. Rates(profile.Price, profile.PriceFrom ?? (profile.Model is null ? "" : null)), profile.PriceFrom ?? "",
                profile.BaseUrl + (profile.KeySet ? "" : $" ({profile.KeyVariable} is not set)"),
            ];
            table.AddRow([.. cells.Select(Markup.Escape)]);
        }

        output.Console.Write(table);
        output.Line("Dollars per million tokens. spark models list --all shows the table that ships; Llm:Prices in the worker's settings stands above it.");
    }

    private static void Print(ModelTable models, bool json, CliOutput output)
    {
        if (json)
        {
            output.Json(models);
            return;
        }

        var table = new Table().Border(TableBorder.Ascii).AddColumns("model", "hosts", "context", "reply", "in", "cached", "write", "out", "source", "date");
        foreach (var row in models.Models)
        {
            table.AddRow([.. Cells(row).Select(Markup.Escape)]);
        }

        output.Console.Write(table);
        output.Line($"Dollars per million tokens, as of {Day(models.AsOf)}. '>272k' is a prompt above so many tokens: its price holds for the whole request.");
        foreach (var (name, source) in models.Sources)
        {
            output.Line($"{name}: {source}");
        }
    }

    private static string[] Cells(ModelRow row) =>
    [
        string.Join(", ", row.Models), string.Join(", ", row.Hosts), Tokens(row.Context), row.MaxOutput is { } most ? Tokens(most) : "",
        Tiered(row, rates => rates.Input), Tiered(row, rates => rates.Cached), Tiered(row, rates => rates.CacheWrite), Tiered(row, rates => rates.Output),
        row.Source + (row.Peak is { } peak ? $"; {peak.Factor:0.##} x at peak hours" : ""), Day(row.Date),
    ];

    private static string Tiered(ModelRow row, Func<TokenRates, double?> rate) => string.Join(
        " ",
        row.Above.Select(tier => (Words: $">{Tokens((int)tier.AbovePromptTokens)}: ", Rate: rate(tier))).Prepend(("", rate(row)))
            .Where(part => part.Item2 is not null).Select(part => $"{part.Item1}{Rate(part.Item2)}"));

    private static string[] Rates(TokenRates? price, string? from) => price is null
        ? [from is null ? Money.Unknown : "", "", ""]
        : [Rate(price.Input), Rate(price.Cached ?? price.Input), Rate(price.Output)];

    private static string Rate(double? rate) => rate is { } dollars ? dollars.ToString("0.00##", CultureInfo.InvariantCulture) : "";

    private static string Tokens(int tokens) => tokens >= 1_000_000 ? $"{(tokens / 1_000_000.0).ToString("0.##", CultureInfo.InvariantCulture)}M" : $"{tokens / 1000}k";

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
