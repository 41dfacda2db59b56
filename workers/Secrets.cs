using Microsoft.Extensions.Configuration;
using Spark.Temporal.Activities;
using Spark.Temporal.Activities.Llm;

namespace Spark.Temporal.Workers;

/// <summary>What this process must not tell anybody.</summary>
internal static class Secrets
{
    /// <summary>A redactor of the secrets in the environment (with <c>.env</c>, once it is loaded) and in the settings.</summary>
    public static SecretRedactor RedactorFor(IConfiguration configuration)
    {
        var options = configuration.GetSection(WorkerOptions.Section).Get<WorkerOptions>() ?? new WorkerOptions();
        var profiles = configuration.GetSection($"{LlmOptions.Section}:{nameof(LlmOptions.Profiles)}").GetChildren()
            .Select(profile => profile[nameof(LlmProfile.KeyVariable)]).OfType<string>();
        return SecretRedactor.For(Environment.GetEnvironmentVariables(), [.. profiles, .. options.SecretVariableNames()], configuration, Known(configuration));
    }

    /// <summary>What stands in paths, ids and lists of every run: a key that equals one of these cannot be kept secret.</summary>
    private static IEnumerable<string> Known(IConfiguration configuration)
    {
        var profiles = configuration.GetSection($"{LlmOptions.Section}:{nameof(LlmOptions.Profiles)}").GetChildren().ToList();
        return [.. profiles.Select(profile => profile.Key), .. profiles.Select(profile => profile[nameof(LlmProfile.Model)]).Append(Environment.GetEnvironmentVariable("OPENAI_MODEL")).OfType<string>()];
    }
}
