using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Domain.Prices;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Lists the model profiles of the settings with what is known of their models; asks nobody.</summary>
public static class ProfileListings
{
    /// <param name="configuration">The worker's settings.</param>
    /// <param name="redactor">Knows the secrets of this process.</param>
    /// <exception cref="OptionsValidationException">A setting cannot work; names the field.</exception>
    public static IReadOnlyList<ModelListing> Of(IConfiguration configuration, SecretRedactor redactor)
    {
        using var services = new ServiceCollection().AddSingleton(redactor).AddLlmSettings(configuration).BuildServiceProvider();
        var options = services.GetRequiredService<IOptions<LlmOptions>>().Value;
        return [.. options.Profiles.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => Of(pair.Key, pair.Value, options))];
    }

    private static ModelListing Of(string name, LlmProfile profile, LlmOptions options)
    {
        var endpoint = new ModelEndpoint(profile, new Uri(profile.BaseUrl), profile.Model ?? "");
        var settings = profile.Model is null ? null : PriceTable.ByPattern(options.Prices, profile.Model);
        var known = endpoint.Known;
        return new ModelListing
        {
            Profile = name,
            Model = profile.Model,
            BaseUrl = profile.BaseUrl,
            Api = profile.Api.ToString().ToLowerInvariant(),
            KeyVariable = profile.KeyVariable,
            KeySet = endpoint.HasKey,
            ContextTokens = Fitting.ContextOf(endpoint, EndpointHabits.Habit.Unknown),
            Price = settings?.Rates ?? (known is null ? null : new TokenRates { Input = known.Input, Cached = known.Cached, CacheWrite = known.CacheWrite, Output = known.Output }),
            Above = settings is null ? known is { Above.Count: > 0 } ? known.Above : null
                : settings.Tiers.Count == 0 ? null
                : [.. settings.Tiers.Select(tier => new RateTier { AbovePromptTokens = tier.AboveTokens, Input = tier.Prompt, Cached = tier.Cached, CacheWrite = tier.CacheWrite, Output = tier.Completion })],
            PriceFrom = settings is not null ? PriceTable.Settings
                : known is not null ? $"{known.Source}, {known.Date:yyyy-MM-dd}"
                : PriceTable.StatesCosts(endpoint.BaseUrl) ? "replies" : null,
        };
    }
}
