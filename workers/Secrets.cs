using System.Collections;
using Microsoft.Extensions.Configuration;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Activities.Llm;

namespace Spark.Temporal.Workers;

/// <summary>The secrets of this process.</summary>
internal static class Secrets
{
    /// <summary>A redactor of the secrets in the environment (with <c>.env</c>, once it is loaded) and in the settings.</summary>
    public static SecretRedactor RedactorFor(IConfiguration configuration)
    {
        var options = configuration.GetSection(WorkerOptions.Section).Get<WorkerOptions>() ?? new WorkerOptions();
        var profiles = configuration.GetSection($"{LlmOptions.Section}:{nameof(LlmOptions.Profiles)}").GetChildren().ToList();
        var keys = profiles.SelectMany(profile => VariablesOf(profile).Append(profile[nameof(LlmProfile.KeyVariable)])).OfType<string>().Append(new LlmProfile().KeyVariable);

        // These names are in paths, ids and lists of every run: a key that equals one of them cannot be kept secret.
        var models = profiles.Select(profile => profile[nameof(LlmProfile.Model)]).Append(Environment.GetEnvironmentVariable("OPENAI_MODEL")).OfType<string>();
        return SecretRedactor.For(
            Environment.GetEnvironmentVariables(), [.. keys, .. options.SecretVariableNames()], configuration, [.. profiles.Select(profile => profile.Key), .. models]);
    }

    private static IEnumerable<string> VariablesOf(IConfigurationSection profile) => new[] { nameof(LlmProfile.Headers), nameof(LlmProfile.Query) }
        .SelectMany(name => profile.GetSection(name).GetChildren()).SelectMany(setting => LlmProfile.VariablesIn(setting.Value ?? ""));

    /// <summary>Settings that protect a secret less than they seem to; each text names the variable and the remedy.</summary>
    public static IEnumerable<string> Doubts(WorkerOptions worker, LlmOptions llm, IDictionary environment)
    {
        string? Value(string name) => (environment[name] as string)?.Trim() is { Length: > 0 } value ? value : null;
        var known = llm.Profiles.Values.Select(profile => profile.Model).Concat(llm.Profiles.Keys).OfType<string>().ToHashSet(StringComparer.Ordinal);
        foreach (var name in worker.SecretVariableNames().Where(name => Value(name) is null))
        {
            yield return $"{name} is named as a secret variable but is not set, so nothing is masked for it; set it or remove the name";
        }

        foreach (var name in llm.Profiles.Values.SelectMany(profile => profile.SecretVariables()).Concat(worker.SecretVariableNames()).Distinct())
        {
            if (Value(name) is { } value && (value.Length < SecretRedactor.ShortestNamed || known.Contains(value)))
            {
                yield return value.Length < SecretRedactor.ShortestNamed
                    ? $"{name} has {value.Length} characters and is not masked, because that would change ordinary text; give a secret {SecretRedactor.ShortestNamed} or more"
                    : $"{name} is not masked: its value is also the name of a model or a profile, which appears in every path; give it another value";
            }
        }

        foreach (var (name, profile) in llm.Profiles)
        {
            foreach (var variable in profile.SecretVariables().Skip(1).Distinct().Where(variable => Value(variable) is null))
            {
                yield return $"{LlmOptions.Section}:Profiles:{name} names {variable}, which is not set, so the header or query parameter with it is left out; set it";
            }

            if (Value(profile.KeyVariable) is not null && Uri.TryCreate(profile.BaseUrl, UriKind.Absolute, out var url) && url is { Scheme: "http", IsLoopback: false })
            {
                yield return $"{LlmOptions.Section}:Profiles:{name}:BaseUrl is {url}: the key in {profile.KeyVariable} goes there unencrypted; use https";
            }
        }
    }
}
