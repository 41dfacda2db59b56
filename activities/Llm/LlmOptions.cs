namespace Spark.Temporal.Activities.Llm;

/// <summary>Settings of model calls, section <c>Llm</c>. Holds names of key variables, never keys.</summary>
public sealed class LlmOptions
{
    public const string Section = "Llm";

    public const string DefaultProfile = "default";

    /// <summary>Profiles by name; <c>default</c> is always there.</summary>
    public Dictionary<string, LlmProfile> Profiles { get; init; } = [];

    /// <summary>Endpoints that a run may name instead of its profile's. The profiles' own endpoints need no entry.</summary>
    public List<string> AllowedApiBases { get; init; } = [];

    /// <summary>Prices; the first entry whose pattern fits the model's name counts. They stand above the table that ships with the product.</summary>
    public List<ModelPrice> Prices { get; init; } = [];

    /// <summary>Longest delay that a provider's Retry-After may ask for, in seconds; a longer one is cut to this.</summary>
    public double MaxRetryAfterSec { get; init; } = 600;

    /// <summary>Seconds between heartbeats while a reply is awaited.</summary>
    public double HeartbeatSec { get; init; } = 5;
}

/// <summary>One endpoint with its model and habits.</summary>
public sealed class LlmProfile
{
    /// <summary>What is taken for a model's context where no setting says it, and no refusal has named it.</summary>
    internal const int DefaultContextTokens = 128_000;

    /// <summary>
    /// Where <c>/chat/completions</c>, <c>/responses</c> or <c>/messages</c> is found, such as <c>https://api.openai.com/v1</c>. One of
    /// Messages may end before its version.
    /// </summary>
    public string BaseUrl { get; set; } = "";

    /// <summary>Model name for requests that give none.</summary>
    public string? Model { get; set; }

    /// <summary>Name of the environment variable with the key; the key itself is never a setting.</summary>
    public string KeyVariable { get; set; } = "OPENAI_API_KEY";

    /// <summary>Header that carries the key.</summary>
    public string KeyHeader { get; set; } = "Authorization";

    /// <summary>What stands before the key in its header; empty for nothing.</summary>
    public string KeyPrefix { get; set; } = "Bearer ";

    /// <summary>Which API the endpoint speaks.</summary>
    public ModelApi Api { get; set; } = ModelApi.Auto;

    /// <summary>Whether replies come as streams.</summary>
    public StreamMode Stream { get; set; } = StreamMode.Auto;

    /// <summary>More headers of each request. <c>{env:NAME}</c> in a value stands for an environment variable, which is treated as a secret.</summary>
    public Dictionary<string, string> Headers { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Query parameters of each request, such as <c>api-version</c>; <c>{env:NAME}</c> as in headers.</summary>
    public Dictionary<string, string> Query { get; init; } = new(StringComparer.Ordinal);

    /// <summary>How hard the model thinks, in the provider's word (<c>none</c>, <c>low</c>, <c>high</c>, …); null leaves it to the endpoint.</summary>
    public string? ReasoningEffort { get; set; }

    /// <summary>How long a reply that is no stream may take, in seconds; a stream that flows may take longer.</summary>
    public double RequestTimeoutSec { get; set; } = 600;

    /// <summary>How long a stream may take until its first byte, in seconds.</summary>
    public double FirstByteSec { get; set; } = 300;

    /// <summary>How long a stream may be silent after that, in seconds.</summary>
    public double SilenceSec { get; set; } = 180;

    /// <summary>What the model can read and write together, in tokens; null for what is known of the model, else 128000.</summary>
    public int? ContextTokens { get; set; }

    /// <summary>Upper limit of a reply in tokens for requests that give none; null for the purpose's budget.</summary>
    public int? MaxTokens { get; set; }

    /// <summary>Most calls at once from one worker; null for no limit until the endpoint throttles.</summary>
    public int? ConcurrentCalls { get; set; }

    /// <summary>
    /// Requests a minute of the whole cluster; the server keeps to it. A limit set by <c>spark limits set</c> overrides
    /// it. Null for no limit.
    /// </summary>
    public double? RequestsPerMinute { get; set; }

    /// <summary>How the shell is offered.</summary>
    public ToolMode Tools { get; set; } = ToolMode.Auto;

    /// <summary>Whether a blueprint or a critique is asked for by its JSON Schema.</summary>
    public StructuredOutput StructuredOutput { get; set; } = StructuredOutput.Auto;

    /// <summary>Name of the body's field that limits a reply.</summary>
    public MaxTokensField MaxTokensField { get; set; } = MaxTokensField.Auto;

    /// <summary>Sampling temperature; null leaves it to the endpoint.</summary>
    public double? Temperature { get; set; }

    /// <summary>More fields of the body, as the text of one JSON object.</summary>
    public string? ExtraBody { get; set; }

    /// <summary>Names of the environment variables that a request takes secrets from: the key's, and those of headers and query.</summary>
    public IEnumerable<string> SecretVariables() => Headers.Values.Concat(Query.Values).SelectMany(VariablesIn).Prepend(KeyVariable);

    /// <summary>Names of the environment variables that stand as <c>{env:NAME}</c> in a text.</summary>
    public static IEnumerable<string> VariablesIn(string text) => EnvironmentText.Variables(text);
}

public enum ModelApi
{
    /// <summary>By the address and the model's name, and by what the endpoint says.</summary>
    Auto,

    /// <summary>Chat completions: <c>{base}/chat/completions</c>.</summary>
    Chat,

    /// <summary>OpenAI's Responses: <c>{base}/responses</c>.</summary>
    Responses,

    /// <summary>Anthropic's Messages: <c>{base}/messages</c>, or <c>{base}/v1/messages</c> where the base names no version.</summary>
    Messages,
}

public enum StreamMode
{
    /// <summary>As a stream, until the endpoint says that it knows none.</summary>
    Auto,

    /// <summary>As a stream, always.</summary>
    On,

    /// <summary>As one body, unless the endpoint says that it answers in streams only.</summary>
    Off,
}

public enum ToolMode
{
    /// <summary>As a tool, until the endpoint says that it knows none.</summary>
    Auto,

    /// <summary>As a tool, always.</summary>
    On,

    /// <summary>As a fenced <c>bash</c> block in the reply's text.</summary>
    Off,
}

public enum StructuredOutput
{
    /// <summary>By <c>response_format</c> with the schema, until the endpoint refuses it.</summary>
    Auto,

    /// <summary>By the schema, always.</summary>
    On,

    /// <summary>Only by the text of the prompt.</summary>
    Off,
}

public enum MaxTokensField
{
    /// <summary><c>max_tokens</c>, until the endpoint asks for the other one.</summary>
    Auto,
    MaxTokens,
    MaxCompletionTokens,
}

