using System.Text.RegularExpressions;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Llm;

/// <summary>A refusal that time alone does not change.</summary>
/// <param name="Type">One of <see cref="FailureTypes"/>.</param>
/// <param name="Meaning">What it means, as a sentence.</param>
/// <param name="Remedy">What to do, as a sentence.</param>
internal sealed record Refusal(string Type, string Meaning, string Remedy);

/// <summary>
/// Tells refusals for good from passing trouble. The status alone does not: a 429 can mean "never", a 403 can be about the words of this one
/// request, a 200 can carry a login page. So status, code and words are read together.
/// </summary>
internal static partial class Refusals
{
    /// <summary>What a reply refuses for good; null where it may pass by itself, or is no refusal.</summary>
    /// <param name="reply">The reply, already without secrets.</param>
    /// <param name="profile">Name of the profile, for the remedy.</param>
    /// <param name="keyVariable">Environment variable of its key.</param>
    /// <param name="hasKey">Whether a key was sent.</param>
    public static Refusal? Of(ChatHttpReply reply, string profile, string keyVariable, bool hasKey)
    {
        var setting = $"{LlmOptions.Section}:Profiles:{profile}";
        return Page(reply, setting) ?? Filter(reply) ?? (IsMoney(reply) ? Money(reply, profile, setting) : ByStatus(reply, setting, keyVariable, hasKey));
    }

    /// <summary>
    /// Web pages and redirects. A balancer whose servers are away answers with a page too: that is trouble of the moment, as its status says.
    /// </summary>
    private static Refusal? Page(ChatHttpReply reply, string setting)
    {
        if (reply.Status is 407)
        {
            return Refused(
                "A proxy between this worker and the endpoint wants to be logged in to.",
                "Give user and password in HTTPS_PROXY, or list the endpoint's host in NO_PROXY, in the worker's environment.");
        }

        if (reply.Status is >= 300 and < 400)
        {
            var target = Uri.TryCreate(reply.Location, UriKind.RelativeOrAbsolute, out var location) && location.IsAbsoluteUri
                ? location.GetLeftPart(UriPartial.Path) : reply.Location?.Split('?')[0];
            return Refused(
                $"It redirects to {(string.IsNullOrEmpty(target) ? "another address" : target)}, and the key is not sent where the settings do not say.",
                $"If that is the endpoint, write its address into {setting}:BaseUrl (OPENAI_BASE_URL for the default profile); if it is a login page, "
                + "log in to the network or the proxy of the worker's host.");
        }

        return reply.IsPage && reply.Status is not (408 or 429) and (< 500 or 511)
            ? Refused(
                "It is a web page and no reply of a model: a login page, a captive portal, a proxy, or a wrong address.",
                $"Check {setting}:BaseUrl (OPENAI_BASE_URL for the default profile; it usually ends in /v1), and HTTPS_PROXY and NO_PROXY in the worker's environment.")
            : null;
    }

    private static Refusal? Filter(ChatHttpReply reply) => reply.Status is 400 or 403 or 422 or 451 && Filtered().IsMatch(reply.Body)
        ? new Refusal(
            FailureTypes.ModelFiltered,
            "The provider refuses what this one request says, not requests as such.",
            "The same conversation will be refused again; another model, or another setting of the provider's filter, may take it.")
        : null;

    private static bool IsMoney(ChatHttpReply reply)
    {
        // Passes as soon as requests that are under way end.
        if (InFlight().IsMatch(reply.Body))
        {
            return false;
        }

        return reply.Status == 402
            || (reply.Status is 400 or 403 or 429 or >= 500 && NoMoney().IsMatch(reply.Body))

            // Gemini answers every limit with the same sentence; only these never pass, or not today.
            || (reply.Status == 429 && QuotaOfTheDay().IsMatch(reply.Body));
    }

    private static Refusal Money(ChatHttpReply reply, string profile, string setting) => Affordable().IsMatch(reply.Body)
        ? Refused(
            "The credit that is left does not pay for a reply of the length that is allowed.",
            $"Add credit at the provider, or lower {setting}:MaxTokens.")
        : Refused(
            "There is no money, credit or quota left for it, or a spending limit is reached. Waiting alone does not change that.",
            $"Add credit, raise the limit or wait for its reset at the provider, or let model profile '{profile}' use another key.");

    private static Refusal? ByStatus(ChatHttpReply reply, string setting, string keyVariable, bool hasKey) => reply.Status switch
    {
        401 when !hasKey => Unauthorized(
            $"No key was sent, because {keyVariable} is not set in the worker's environment.",
            $"Set {keyVariable} for the worker (environment or .env), or name the variable that holds the key in {setting}:KeyVariable."),
        401 => Unauthorized(
            $"The key in {keyVariable} is wrong, has expired, or belongs to another address or plan.",
            $"Check the key in {keyVariable}, in the worker's environment or .env, and that {setting}:BaseUrl is the address that it is for."),
        403 => Unauthorized(
            hasKey ? $"The key in {keyVariable} is not allowed to do that." : $"No key was sent, because {keyVariable} is not set in the worker's environment.",
            $"Check the key in {keyVariable}, in the worker's environment or .env, its rights to this model, and the balance or quota of its account."),
        404 => Refused(
            "There is no such model, or no such address.",
            $"Check the model's name (--model, or {setting}:Model) and {setting}:BaseUrl, which usually ends in /v1."),
        500 when ForThisRequest().IsMatch(reply.Body) => Refused(
            "The server cannot handle a conversation of this form, however often it is asked.", "Check the server's chat template and its context size."),
        501 => Refused("The endpoint does not know such requests.", $"Check {setting}:BaseUrl."),
        408 or 409 or 425 or 429 or >= 500 => null,
        < 300 => null,
        402 => null,
        _ => Refused("The endpoint refuses the request as it is.", $"Check the model's name and the settings of {setting}."),
    };

    private static Refusal Refused(string meaning, string remedy) => new(FailureTypes.ModelRefused, meaning, remedy);

    private static Refusal Unauthorized(string meaning, string remedy) => new(FailureTypes.ModelUnauthorized, meaning, remedy);

    [GeneratedRegex(
        @"content_filter|ResponsibleAIPolicyViolation|content_policy_violation|content management policy|""invalid_prompt""|flagged_input|requires moderation"
        + @"|(input|prompt|content|request|it) (was|is|has been|were) flagged|data_?inspection_?failed|inappropriate content|considered high risk"
        + @"|PROHIBITED_CONTENT|""code""\s*:\s*""?1301\b|(violat\w+|contrary to) (our |the )?(usage|content|safety) polic",
        RegexOptions.IgnoreCase)]
    private static partial Regex Filtered();

    [GeneratedRegex(
        @"insufficient_quota|credit_balance_exhausted|(organization|project)_(spend|usage)_limit_exceeded|billing_hard_limit|billing hard limit|billing_not_active"
        + @"|enforced_spend_limit_reached|credit balance is too low|budget_?exceeded|max budget limit|exceeded budget|Arrearage|FreeTierOnly"
        + @"|insufficient[ _](balance|credits?|funds)|billing_error|exceeded_current_quota_error|access_terminated|account (is|has been) (suspended|deactivated|in arrears)"
        + @"|FAILED_PRECONDITION[^}]*billing|billing[^}]*FAILED_PRECONDITION|""code""\s*:\s*""?(1112|1113|1121)\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex NoMoney();

    [GeneratedRegex(@"\blimit: 0\b|PerDay", RegexOptions.IgnoreCase)]
    private static partial Regex QuotaOfTheDay();

    [GeneratedRegex("in_flight_budget_exhausted", RegexOptions.IgnoreCase)]
    private static partial Regex InFlight();

    [GeneratedRegex(@"can only afford", RegexOptions.IgnoreCase)]
    private static partial Regex Affordable();

    [GeneratedRegex(@"Jinja|chat template|no user query found|requires --jinja", RegexOptions.IgnoreCase)]
    private static partial Regex ForThisRequest();
}
