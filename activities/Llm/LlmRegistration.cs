using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Registration of the model calls.</summary>
public static class LlmRegistration
{
    private const string OpenAiBaseUrl = "https://api.openai.com/v1";

    /// <summary>
    /// Adds <see cref="ILlmActivities"/> with its settings from the section <c>Llm</c>, checked at start. The profile
    /// <c>default</c> is filled from <c>OPENAI_BASE_URL</c> and <c>OPENAI_MODEL</c> where the section leaves it open. An
    /// artifact store must be registered beside it.
    /// </summary>
    public static IServiceCollection AddLlmActivities(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddLlmSettings(configuration);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IChatGateway, ModelGateway>();
        services.TryAddSingleton<HeldReplies>();
        services.TryAddSingleton<StepSignals>();
        services.TryAddSingleton<ILlmActivities, LlmActivities>();
        return services;
    }

    /// <summary>The settings alone, for the proxy of installed agents. Added once: a second binding would double the lists.</summary>
    public static IServiceCollection AddLlmSettings(this IServiceCollection services, IConfiguration configuration)
    {
        if (services.Any(service => service.ImplementationType == typeof(LlmOptionsValidator)))
        {
            return services;
        }

        services.AddOptions<LlmOptions>()
            .Bind(configuration.GetSection(LlmOptions.Section))
            .PostConfigure(options => FillDefaultProfile(options, configuration))
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LlmOptions>, LlmOptionsValidator>());
        services.TryAddSingleton(provider => RedactorFor(provider.GetRequiredService<IOptions<LlmOptions>>().Value));
        return services;
    }

    /// <summary>A redactor that knows the keys of all profiles, besides the variables whose names mark them as secrets.</summary>
    private static SecretRedactor RedactorFor(LlmOptions options) =>
        SecretRedactor.For(Environment.GetEnvironmentVariables(), options.Profiles.Values.SelectMany(profile => profile.SecretVariables()));

    private static void FillDefaultProfile(LlmOptions options, IConfiguration configuration)
    {
        if (!options.Profiles.TryGetValue(LlmOptions.DefaultProfile, out var profile))
        {
            options.Profiles[LlmOptions.DefaultProfile] = profile = new LlmProfile();
        }

        if (string.IsNullOrWhiteSpace(profile.BaseUrl))
        {
            profile.BaseUrl = Setting(configuration, "OPENAI_BASE_URL") ?? OpenAiBaseUrl;
        }

        profile.Model ??= Setting(configuration, "OPENAI_MODEL");
    }

    private static string? Setting(IConfiguration configuration, string name)
    {
        var value = configuration[name] ?? Environment.GetEnvironmentVariable(name);
        return string.IsNullOrWhiteSpace(value) ? null : value.Trim();
    }
}
