namespace Spark.Temporal.Activities.Llm.Signs;

/// <summary>Money, credit and quotas; and what a request's form lacks.</summary>
internal static partial class SignTable
{
    private static Sign[] Money()
    {
        const string Gone = "There is no money, credit or quota left for it, or a spending limit is reached. Waiting alone does not change that.";
        const string Add = "Add credit or raise the limit at the provider, or let model profile '{profile}' use another key.";
        Sign NoMoney(string name, string statuses, string words) => new(name, statuses, words, SignClass.Permanent, Gone, Add);
        return
        [
            new("credit in flight", "402 429", "in_flight_budget_exhausted", SignClass.Passing,
                "Requests under way hold the credit that is left; fewer at once ({setting}:ConcurrentCalls) would not."),
            new("cannot afford", "402 403", @"can only afford (?<n>\d*)|weight_exceeds_budget", SignClass.Setting,
                "The credit that is left does not pay for a reply of the length that is allowed.",
                "Add credit at the provider, or lower {setting}:MaxTokens."),
            NoMoney("quota of OpenAI", "400-403 429 500-599", "insufficient_quota|credit_balance_exhausted|(organization|project)_(spend|usage)_limit_exceeded|billing_hard_limit|billing hard limit|billing_not_active"),
            new("spend limit of Anthropic", "400-403 429", "enforced_spend_limit_reached", SignClass.Permanent,
                "A spending limit of the account or workspace is reached.", "Raise the limit in the provider's console, or let model profile '{profile}' use another key."),
            NoMoney("credit of Anthropic", "400-403 429", "credit balance is too low|billing_error"),
            new("Qwen, unpaid", "400-403 429", "Arrearage|account[^{}]{0,30}good standing", SignClass.Permanent,
                "The account is in arrears.", "Pay what is owed and add credit at the provider; it takes some minutes until it knows."),
            new("Qwen, free tier", "400-403 429", "FreeTierOnly", SignClass.Permanent,
                "The free quota of this model is used up, and the account takes nothing else.", "Switch paid calls on in the provider's console, or choose another model."),
            new("budget of a proxy", "400-403 429", "budget_?exceeded|exceeded ?budget|max budget limit", SignClass.Permanent,
                "A budget that the proxy keeps for this key, user or team is used up.", "Raise the limit in the proxy, wait until it is reset there, or let model profile '{profile}' use another key."),
            new("GLM, locked", "400-403 429", @"""code"":""?(1112|1121)\b", SignClass.Permanent,
                "The account is locked.", "Ask the provider's support."),
            new("GLM, balance", "400-403 429", @"""code"":""?1113\b", SignClass.Permanent,
                "There is no balance or package left, or the key belongs to another plan or region.",
                "Add credit at the provider, or check that {setting}:BaseUrl is the address of this key's plan and region."),
            NoMoney("suspended", "400-403 429", @"exceeded_current_quota_error|access_terminated|account[^{}]{0,40} (suspended|deactivated|in arrears)"),
            new("billing of Gemini", "400 403", "FAILED_PRECONDITION[^}]*billing|billing[^}]*FAILED_PRECONDITION|FAILED_PRECONDITION[^}]*(location|free tier)", SignClass.Permanent,
                "The project must have billing enabled to be served from here.", "Enable billing for the project of the key in {key}."),
            new("tier of Gemini", "429", @"\blimit: 0\b", SignClass.Permanent,
                "The account's tier has no access to this model.", "Enable billing for the project of the key, or choose another model."),
            new("quota of the day", "429", "PerDay", SignClass.ForNow,
                "The quota of the day is used up; it comes back with its reset{until}.",
                "Wait for the reset, choose another model, or raise the quota (billing) at the provider."),
            new("quota of a gateway", "403", @"out of call volume quota|quota will be replenished|quota exceeded|exceeded[^{}]{0,30}quota", SignClass.ForNow,
                "A quota is used up; it is not about the key{until}.", "Wait for its reset, or raise it where the gateway is configured."),
            new("balance or cycle", "403", @"\b(balance|recharge|billing cycle|usage limit)\b", SignClass.ForNow,
                "The balance or the quota of the plan is used up; it is not about the key{until}.", "Check balance and plan at the provider, or wait for the plan's next cycle."),
            NoMoney("no balance", "400-403 429 500-599", @"insufficient[ _](balance|credits?|funds)"),
            NoMoney("payment required", "402", ".*"),
        ];
    }

    /// <summary>Requests that a setting, a server's switch or this client must write in another form.</summary>
    private static Sign[] Forms() =>
    [
        new("Responses only", "400 404", @"(only )?supported in v1/responses|use (the )?/?v1/responses|not a chat model|unsupported_api_for_model|OperationNotSupported", SignClass.Setting,
            "The model is not served by chat completions.", "Set {setting}:Api to responses."),
        new("tools with an effort", "400", @"tools?\b[^{}]{0,40}reasoning_effort", SignClass.Setting,
            "With chat completions this model takes no tools while it reasons.", "Set {setting}:Api to responses, or {setting}:ReasoningEffort to none."),
        new("Azure, version", "400 404", @"api[- ]version", SignClass.Setting,
            "The address wants the version of its interface.", "Set {setting}:Query:api-version."),
        new("Azure, address", "404", @"resource not found|DeploymentNotFound", SignClass.Setting,
            "There is no such resource or deployment.",
            "For Azure's classic address name the deployment in {setting}:BaseUrl and set {setting}:Query:api-version; else check the address, which usually ends in /v1."),
        new("route without tools", "404", "no endpoints[^{}]*(tool use|tool_choice)", SignClass.Setting,
            "No provider of this route takes tools.", "Set {setting}:Tools to off, or change the routing ({setting}:ExtraBody)."),
        new("route by policy", "404", "no endpoints[^{}]*(data policy|guardrail)", SignClass.Setting,
            "No provider of this model meets the account's privacy settings.", "Change them at the gateway, or choose another model."),
        new("tools refused", "400 422 500", @"does not support tools|enable-auto-tool-choice|--jinja", SignClass.Setting,
            "The server takes no tools.", "Start it with its switch for tools (vLLM: --enable-auto-tool-choice and --tool-call-parser; llama.cpp: --jinja), or set {setting}:Tools to off."),
        new("streams only", "400", "must be set to false for non-streaming|only supports? stream", SignClass.Setting,
            "The model answers in streams only.", "Set {setting}:Stream to on."),
        new("no streams", "400 422", @"(stream(ing)?|stream_options)\b[^{}]{0,40}(not|n't|un)[ -]?(supported|allowed|available)|not support stream", SignClass.Setting,
            "The endpoint knows no streams.", "Set {setting}:Stream to off."),
        new("limit of the reply", "400 422", @"range of `?max_\w*tokens|max_\w*tokens[^{}]{0,60}(too large|maximum allowed|less than or equal|is the maximum)", SignClass.Setting,
            "The model writes no reply of the length that is allowed.", "Lower {setting}:MaxTokens."),
        new("reasoning missing", "400", @"thought_signature|reasoning_content[^{}]*(passed back|missing)|missing [`'""]?reasoning_content|without its required|items are not persisted"
            + @"|(thinking|redacted_thinking)[`'"" ]*blocks?[^{}]*(cannot be modified|must|expected)|expected [`'""]?(thinking|redacted_thinking)|no tool output found", SignClass.Client,
            "What the model thought before did not come back in the form that the provider demands.",
            "Turn thinking off for the profile ({setting}:ReasoningEffort or {setting}:ExtraBody), or let the attempt begin anew; please report it."),
        new("ids of tool calls", "400 422 500", @"with a length of 9|""code"":""?3280\b", SignClass.Client,
            "The endpoint wants other ids of tool calls.", "Let the attempt begin anew with this profile; please report it."),
        new("order of roles", "400 422", @"""code"":""?3230\b|unexpected role|roles must alternate|messages? with role 'tool' must|tool_use[`'""]? ids were found without", SignClass.Client,
            "The endpoint wants another order of messages.", "Choose another model, or a template of the server that takes tool calls; please report it."),
        new("template", "500", "Jinja|chat template|no user query found", SignClass.Setting,
            "The server cannot handle a conversation of this form, however often it is asked.", "Check the server's chat template and its context size."),
        new("unknown field", "400 422", @"unsupported_parameter|unsupported_value|unknown_parameter|extra_forbidden|extra inputs are not permitted"
            + @"|(unsupported|unknown|unrecognized)( request)? (parameter|argument|field|value|property)|cannot find field", SignClass.Setting,
            "The endpoint does not take a field or a value of the request.", "Change or leave out what it names: {setting}:ExtraBody, Temperature, ReasoningEffort, MaxTokensField."),
    ];
}
