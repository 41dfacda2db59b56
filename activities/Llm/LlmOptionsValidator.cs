using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Checks the section <c>Llm</c> at start; each finding names its field.</summary>
internal sealed class LlmOptionsValidator : IValidateOptions<LlmOptions>
{
    public ValidateOptionsResult Validate(string? name, LlmOptions options)
    {
        var findings = new List<string>();
        foreach (var (profileName, profile) in options.Profiles)
        {
            Check(findings, $"{LlmOptions.Section}:Profiles:{profileName}", profileName, profile);
        }

        for (var i = 0; i < options.AllowedApiBases.Count; i++)
        {
            CheckUrl(findings, $"{LlmOptions.Section}:AllowedApiBases:{i}", options.AllowedApiBases[i]);
        }

        for (var i = 0; i < options.Prices.Count; i++)
        {
            var price = options.Prices[i];
            var field = $"{LlmOptions.Section}:Prices:{i}";
            Require(findings, price.Model.Length > 0, $"{field}:Model", "is empty; give a model name, * for any characters");
            CheckRates(findings, field, price);
            for (var tier = 0; tier < price.Tiers.Count; tier++)
            {
                CheckRates(findings, $"{field}:Tiers:{tier}", price.Tiers[tier]);
                Require(findings, price.Tiers[tier].AboveTokens > 0, $"{field}:Tiers:{tier}:AboveTokens", "must be above 0");
            }
        }

        Require(findings, options.MaxRetryAfterSec > 0, $"{LlmOptions.Section}:MaxRetryAfterSec", "must be above 0");
        Require(findings, options.HeartbeatSec > 0, $"{LlmOptions.Section}:HeartbeatSec", "must be above 0");
        return findings.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(findings);
    }

    private static void Check(List<string> findings, string field, string name, LlmProfile profile)
    {
        Require(
            findings,
            name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.'),
            field,
            "names a profile badly; use a-z, 0-9, '-', '_' and '.', at most 64 characters");
        CheckUrl(findings, $"{field}:BaseUrl", profile.BaseUrl);

        // A key pasted here by mistake would be logged with the settings, so the finding does not repeat it.
        Require(
            findings,
            profile.KeyVariable.Length > 0 && profile.KeyVariable.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'),
            $"{field}:KeyVariable",
            "must be the name of an environment variable (letters, digits, '_'), not a key");
        Require(
            findings,
            profile.RequestTimeoutSec is > 0 and <= 86_400,
            $"{field}:RequestTimeoutSec",
            $"is {profile.RequestTimeoutSec}; give seconds above 0, at most 86400");
        SendingChecks.Check(findings, field, profile);
        Require(findings, profile.ContextTokens is null or >= 1_000, $"{field}:ContextTokens", $"is {profile.ContextTokens}; give at least 1000 or none");
        Require(findings, profile.MaxTokens is null or > 0, $"{field}:MaxTokens", $"is {profile.MaxTokens}; give a number above 0 or none");
        Require(findings, profile.ConcurrentCalls is null or > 0, $"{field}:ConcurrentCalls", $"is {profile.ConcurrentCalls}; give a number above 0 or none");
        Require(
            findings,
            profile.RequestsPerMinute is null or (> 0 and <= 1_000_000),
            $"{field}:RequestsPerMinute",
            $"is {profile.RequestsPerMinute}; give a number above 0, at most 1000000, or none");
        Require(
            findings,
            profile.Temperature is null or (>= 0 and <= 2),
            $"{field}:Temperature",
            $"is {profile.Temperature}; give a number from 0 to 2 or none");
        Require(findings, IsObject(profile.ExtraBody), $"{field}:ExtraBody", "must be the text of one JSON object");
    }

    private static void CheckRates(List<string> findings, string field, PriceRates rates)
    {
        Require(findings, rates.Prompt >= 0, $"{field}:Prompt", "is negative");
        Require(findings, rates.Completion >= 0, $"{field}:Completion", "is negative");
        Require(findings, rates.Cached is null or >= 0, $"{field}:Cached", "is negative");
        Require(findings, rates.CacheWrite is null or >= 0, $"{field}:CacheWrite", "is negative");
    }

    private static void CheckUrl(List<string> findings, string field, string url)
    {
        var isAddress = Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0;
        Require(findings, isAddress, field, "must be an http or https address without user and password, such as https://api.openai.com/v1");
        Require(findings, !isAddress || uri!.Query.Length + uri.Fragment.Length == 0, field, "has a query; give its parameters as Query:NAME of the profile");
        Require(
            findings,
            !isAddress || !SendingChecks.Paths.Any(path => uri!.AbsolutePath.TrimEnd('/').EndsWith(path, StringComparison.OrdinalIgnoreCase)),
            field,
            $"ends in the path of a request; leave {string.Join(", ", SendingChecks.Paths)} out");
    }

    private static bool IsObject(string? json)
    {
        if (string.IsNullOrWhiteSpace(json))
        {
            return true;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void Require(List<string> findings, bool holds, string field, string otherwise)
    {
        if (!holds)
        {
            findings.Add($"{field} {otherwise}.");
        }
    }
}
