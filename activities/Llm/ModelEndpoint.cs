using Spark.Temporal.Activities.Llm.Habits;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Domain.Prices;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Where a request goes: a run's choice of model, resolved by the settings.</summary>
/// <param name="Profile">The profile with its limits and habits.</param>
/// <param name="BaseUrl">The endpoint.</param>
/// <param name="Model">The model's name.</param>
internal sealed record ModelEndpoint(LlmProfile Profile, Uri BaseUrl, string Model)
{
    /// <summary>What is known of the model; null where nothing is.</summary>
    public ModelRow? Known { get; } = ModelTable.Shipped.Find(Model, BaseUrl.Host);

    /// <summary>What its habits are kept for.</summary>
    public HabitKey Habits => new(BaseUrl, Model, Profile.Api.ToString().ToLowerInvariant());

    /// <summary>Whether a key is sent along.</summary>
    public bool HasKey => !string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(Profile.KeyVariable));

    /// <summary>Resolves a choice.</summary>
    /// <exception cref="ApplicationFailureException">The settings do not allow it; the message names the remedy.</exception>
    public static ModelEndpoint Resolve(ModelChoice choice, LlmOptions options)
    {
        if (!options.Profiles.TryGetValue(choice.Profile, out var profile))
        {
            var known = string.Join(", ", options.Profiles.Keys.Order(StringComparer.Ordinal));
            throw Invalid(
                $"The worker knows no model profile '{choice.Profile}' (it knows: {known}). "
                + $"Add {LlmOptions.Section}:Profiles:{choice.Profile} to its settings or choose another profile.");
        }

        var model = string.IsNullOrWhiteSpace(choice.Name) ? profile.Model : choice.Name;
        if (string.IsNullOrWhiteSpace(model))
        {
            throw Invalid(
                $"No model is named: give --model, or set {LlmOptions.Section}:Profiles:{choice.Profile}:Model "
                + "(for the default profile also OPENAI_MODEL) in the worker's settings.");
        }

        // A worker of workflows masks every text that equals one of its secrets; it does not know that this one is a model's name.
        return SecretRedactor.IsMasked(model)
            ? throw Invalid(
                "The model's name is also the value of a secret in the environment of a worker, so it was masked on its way here. Give that secret another "
                + $"value, or name the model in the settings of all workers ({LlmOptions.Section}:Profiles:{choice.Profile}:Model, or OPENAI_MODEL), whose names are never masked.")
            : new ModelEndpoint(profile, BaseOf(choice, profile, options), model);
    }

    private static Uri BaseOf(ModelChoice choice, LlmProfile profile, LlmOptions options)
    {
        if (string.IsNullOrWhiteSpace(choice.ApiBase) || Normal(choice.ApiBase) == Normal(profile.BaseUrl))
        {
            return new Uri(Normal(profile.BaseUrl));
        }

        // The profile's key goes with the request, so a run must not choose any address it likes.
        return options.AllowedApiBases.Any(allowed => Normal(allowed) == Normal(choice.ApiBase))
            ? new Uri(Normal(choice.ApiBase))
            : throw Invalid(
                $"The worker's settings do not allow the endpoint '{choice.ApiBase}'. "
                + $"Add it to {LlmOptions.Section}:AllowedApiBases, or make a profile for it.");
    }

    private static string Normal(string url) =>
        Uri.TryCreate(url.Trim(), UriKind.Absolute, out var uri) ? uri.AbsoluteUri.TrimEnd('/') : url.Trim();

    private static ApplicationFailureException Invalid(string message) => new(message, FailureTypes.InvalidInput, nonRetryable: true);
}
