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
        var profiles = configuration.GetSection($"{LlmOptions.Section}:{nameof(LlmOptions.Profiles)}").GetChildren().ToList();
        var keys = profiles.Select(profile => profile[nameof(LlmProfile.KeyVariable)]).OfType<string>();

        // What stands in paths, ids and lists of every run: a key that equals one of these cannot be kept secret.
        var models = profiles.Select(profile => profile[nameof(LlmProfile.Model)]).Append(Environment.GetEnvironmentVariable("OPENAI_MODEL")).OfType<string>();
        return SecretRedactor.For(
            Environment.GetEnvironmentVariables(), [.. keys, .. options.SecretVariableNames()], configuration, [.. profiles.Select(profile => profile.Key), .. models]);
    }
}
