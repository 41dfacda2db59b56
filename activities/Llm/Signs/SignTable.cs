namespace Spark.Temporal.Activities.Llm.Signs;

/// <summary>
/// What error replies mean, one row a sign; the first row that holds counts. Words stand above <c>x-should-retry</c>, and that above a status
/// by itself: a 429 can mean "never", a 403 can be about the words of one request, a 400 can be an unpaid bill.
/// </summary>
internal static partial class SignTable
{
    /// <summary>A conversation that is too long; <see cref="Signs.Overflow"/> reads it with its numbers.</summary>
    public static readonly Sign TooLong = new(
        "overflow", "100-599", null, SignClass.Overflow,
        "The request and the reply that is allowed do not fit the model.",
        "Set {setting}:ContextTokens to what the model takes, or choose a model with a larger context.");

    private static readonly Sign ToldToRetry = new("told to retry", "100-599", null, SignClass.Passing);

    private static readonly Sign ToldNotToRetry = new(
        "told not to retry", "100-599", null, SignClass.Permanent,
        "The endpoint says that asking again does not help (x-should-retry: false).",
        "See what it says; if it is down, wait for it.");

    /// <summary>All rows in their order.</summary>
    public static IReadOnlyList<Sign> Rows { get; } = [.. Pages(), .. Contents(), .. Money(), .. Keys(), .. Forms(), .. Statuses()];

    /// <summary>The row of a reply that is no success.</summary>
    /// <param name="reply">The reply.</param>
    /// <returns>The row, and what its words name as a number or field; a success that is no web page has none.</returns>
    public static (Sign Sign, string Named)? Of(SignInput reply)
    {
        // A proxy in front that limits bodies says so by a page.
        if ((!reply.IsPage || reply.Status == 413) && Overflow.Read(reply.Status, reply.Text) is not null)
        {
            return (TooLong, "");
        }

        foreach (var row in Rows)
        {
            if (row.Match(reply) is { } named)
            {
                var told = row.ByStatus && row.Class != SignClass.Key && reply.ShouldRetry == true ? ToldToRetry
                    : row.Class == SignClass.Passing && row.Shape != ReplyShape.Page && reply.ShouldRetry == false ? ToldNotToRetry
                    : null;
                return told is null ? (row, named) : (told, "");
            }
        }

        return null;
    }

    /// <summary>Redirects and web pages. A balancer whose servers are away answers with a page too: that passes, as its status says.</summary>
    private static Sign[] Pages() =>
    [
        new("proxy", "407", null, SignClass.Setting,
            "A proxy between this worker and the endpoint wants to be logged in to.",
            "Give user and password in HTTPS_PROXY, or list the endpoint's host in NO_PROXY, in the worker's environment.") { Shape = ReplyShape.Any },
        new("redirect", "300-399", null, SignClass.Setting,
            "It redirects to {target}, and the key is not sent where the settings do not say.",
            "If that is the endpoint, write its address into {setting}:BaseUrl (OPENAI_BASE_URL for the default profile); if it is a login page, "
            + "log in to the network or the proxy of the worker's host.") { Shape = ReplyShape.Any },
        new("balancer's page", "408 429 500-510 512-599", null, SignClass.Passing) { Shape = ReplyShape.Page },
        new("web page", "100-599", null, SignClass.Setting,
            "It is a web page and no reply of a model: a login page, a captive portal, a proxy, or a wrong address.",
            "Check {setting}:BaseUrl (OPENAI_BASE_URL for the default profile; it usually ends in /v1), and HTTPS_PROXY and NO_PROXY in the worker's environment.") { Shape = ReplyShape.Page },
    ];

    /// <summary>What the conversation says, and where the request comes from.</summary>
    private static Sign[] Contents()
    {
        const string Refused = "The provider refuses what this one request says, not requests as such.";
        const string Again = "The same conversation will be refused again; another model, or another setting of the provider's filter, may take it.";
        Sign Moderation(string name, string statuses, string words) => new(name, statuses, words, SignClass.Moderation, Refused, Again);
        return
        [
            new("region", "400 401 403 451", @"^(?!.*billing).*?(unsupported_country|(country|region|territory|location)\b[^{}]{0,40}\b(is )?not supported|not (available|supported) in your (country|region|location))",
                SignClass.Permanent,
                "The provider does not serve the country that this worker, or the proxy in front of it, calls from. It is not about the key.",
                "Let a worker in another region serve profile '{profile}', or set {setting}:BaseUrl to an endpoint that serves this one."),
            Moderation("filter of Azure", "400 403 422 451", @"content_filter|ResponsibleAIPolicyViolation|content management policy"),
            Moderation("filter of OpenAI", "400 403 422", @"content_policy_violation|""invalid_prompt""|""(bio|cyber)_policy""|(input|prompt|content|request|it) (was|is|has been|were) flagged"),
            Moderation("moderation of OpenRouter", "400 403", "requires moderation|flagged_input"),
            Moderation("filter of Kimi", "400 403", "high risk"),
            Moderation("inspection of Qwen", "400 403", "data_?inspection_?failed|inappropriate content"),
            Moderation("filter of Gemini", "400 403", "PROHIBITED_CONTENT|blockReason"),
            Moderation("filter of GLM", "400 403 429", @"""code"":""?1301\b"),
            Moderation("usage policy", "400 403 422 451", @"(violat\w+|contrary to) (our |the )?(usage|content|safety) polic"),
        ];
    }

    /// <summary>Keys, their rights, and the headers that carry them.</summary>
    private static Sign[] Keys() =>
    [
        new("key of Azure", "401", "subscription key", SignClass.Key,
            "An Azure resource takes no key in the form in which this one was sent, or it belongs to another resource.",
            "For Azure's classic address set {setting}:KeyHeader to api-key and {setting}:KeyPrefix to nothing; else check the key in {key} and the resource in {setting}:BaseUrl."),
        new("header of Portkey", "400 401 403", @"x-portkey-[\w-]+( or x-portkey-[\w-]+)?[^{}]*required", SignClass.Setting,
            "Portkey does not know where the request shall go.",
            "Set {setting}:Headers:x-portkey-provider (or x-portkey-config, x-portkey-virtual-key), and x-portkey-api-key with Portkey's own key."),
        new("header of Cloudflare", "400 401 403", "cf-aig-authorization", SignClass.Setting,
            "The gateway wants a key of its own.", "Set {setting}:Headers:cf-aig-authorization."),
        new("header of Anthropic", "400 401", @"(x-api-key|anthropic-version)[^{}]{0,20}(header )?is required|anthropic-version: header", SignClass.Setting,
            "The address speaks Anthropic's Messages.", "Set {setting}:Api to messages; behind a gateway also {setting}:KeyHeader to x-api-key and {setting}:KeyPrefix to nothing."),
        new("key of Gemini", "400", "API_KEY_INVALID|API key (not valid|expired|not found)", SignClass.Key,
            "The key in {key} is wrong or has expired.", "Check the key in {key}, in the worker's environment or .env."),
        new("no key", "401 403", null, SignClass.Key,
            "No key was sent, because {key} is not set in the worker's environment.",
            "Set {key} for the worker (environment or .env), or name the variable that holds the key in {setting}:KeyVariable.") { Key = false },
        new("wrong key", "401", null, SignClass.Key,
            "The key in {key} is wrong, has expired, or belongs to another address, site or plan.",
            "Check the key in {key}, in the worker's environment or .env, and that {setting}:BaseUrl is the address that it is for."),
        new("service of Google", "403", "SERVICE_DISABLED|has not been used in project", SignClass.Setting,
            "The interface is not switched on in the project of the key.", "Switch it on at the provider, then wait some minutes."),
        new("client of a plan", "403", @"only available (for|to|through)|coding agents? only|unauthorized client|not allowed for this client", SignClass.Permanent,
            "The plan of this key serves other programs only.", "Let {key} hold a key of the provider's ordinary interface, and check {setting}:BaseUrl."),
        new("rights of the key", "403", null, SignClass.Key,
            "The key in {key} is not allowed to do that.",
            "Check the rights of the key in {key} to this model, its project, and the balance or quota of its account."),
    ];

    /// <summary>What the status says by itself, where no words did.</summary>
    private static Sign[] Statuses() =>
    [
        new("loading", "500-503", @"\bloading( the)? model|model (\S+ )?is( currently| still)? loading", SignClass.Passing,
            "The server is loading the model, which may take minutes.") { WaitSec = 15 },
        new("no such model", "400 404", @"model_not_found|model\b[^{}]{0,80}(does not|doesn't|not) exist|unknown model|no such model|not found the model|""code"":""?1211\b|try pulling it|is not a valid model",
            SignClass.Permanent, "The endpoint knows no such model.", "Check the model's name (--model, or {setting}:Model); a server of your own may have to load it first."),
        new("no such address", "404 405", null, SignClass.Permanent,
            "There is no such model, or no such address.",
            "Check the model's name (--model, or {setting}:Model) and {setting}:BaseUrl, which usually ends in /v1."),
        new("not implemented", "501", null, SignClass.Permanent, "The endpoint does not know such requests.", "Check {setting}:BaseUrl."),
        new("network log-in", "511", null, SignClass.Setting, "The network wants to be logged in to.", "Log in to the network of the worker's host."),
        new("too many requests", "429", null, SignClass.Passing),
        new("out of service", "408 409 425 500-599", null, SignClass.Passing),
        new("refused", "400-499", null, SignClass.Setting, "The endpoint refuses the request as it is.", "Check the model's name and the settings of {setting}."),
    ];
}
