namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>All kinds, by name.</summary>
internal static class EndpointKinds
{
    public static IReadOnlyDictionary<string, EndpointKind> All { get; } = new[]
    {
        OpenAiKinds.All,
        AzureKinds.All,
        AnthropicKinds.All,
        GeminiKinds.All,
        ReasoningKinds.All,
        QwenKinds.All,
        XaiMistralKinds.All,
        OpenRouterKinds.All,
        GatewayKinds.All,
        HostedKinds.All,
        SelfHostedKinds.All,
        OddKinds.All,
    }.SelectMany(kinds => kinds).ToDictionary(kind => kind.Name);

    public static IEnumerable<string> Names => All.Keys;
}
