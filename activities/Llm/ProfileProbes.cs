using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Asks the model of every profile of the settings for a short reply, without a server.</summary>
public static class ProfileProbes
{
    /// <summary>Longer than a reply may take: the time to connect again after a refusal.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    /// <param name="configuration">The worker's settings.</param>
    /// <param name="redactor">Knows the secrets of this process.</param>
    /// <param name="patience">How long each reply may take; all are asked at once.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="OptionsValidationException">A setting cannot work; names the field.</exception>
    public static async Task<IReadOnlyList<ProfileProbe>> AskAsync(
        IConfiguration configuration, SecretRedactor redactor, TimeSpan patience, CancellationToken cancellationToken)
    {
        await using var services = new ServiceCollection().AddSingleton(redactor).AddLlmSettings(configuration).BuildServiceProvider();
        var options = services.GetRequiredService<IOptions<LlmOptions>>().Value;
        using var gateway = new ModelGateway();
        var probe = new EndpointProbe(gateway, options, redactor, TimeProvider.System);
        return await Task.WhenAll(options.Profiles.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => AskAsync(probe, pair.Key, pair.Value, patience, cancellationToken)));
    }

    private static async Task<ProfileProbe> AskAsync(EndpointProbe probe, string name, LlmProfile profile, TimeSpan patience, CancellationToken cancellationToken)
    {
        var asked = new ProfileProbe
        {
            Profile = name,
            Model = profile.Model,
            BaseUrl = profile.BaseUrl,
            KeyVariable = profile.KeyVariable,
            KeySet = !string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(profile.KeyVariable)),
        };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience + Slack);
        try
        {
            return asked with { Probe = await probe.AskAsync(new ModelChoice(name), "doctor", patience, limit.Token) };
        }
        catch (ApplicationFailureException refused)
        {
            return asked with { Type = refused.ErrorType, Words = refused.Message };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return asked with { Type = FailureTypes.ModelUnavailable, Words = $"No whole reply from {profile.BaseUrl} within {patience.TotalSeconds:0} s." };
        }
    }
}
