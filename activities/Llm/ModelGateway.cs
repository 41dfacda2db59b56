using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.Http.Headers;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;
using Spark.Temporal.Activities.Llm.Apis;

namespace Spark.Temporal.Activities.Llm;

/// <summary>
/// Requests to models. Chat completions and Responses go through the OpenAI package's protocol methods, raw JSON in and out, because the
/// typed replies throw on what they do not know; and none of its retries, because Temporal retries. Messages go by plain HTTP.
/// </summary>
internal sealed class ModelGateway : IChatGateway, IDisposable
{
    private readonly HttpClient _http;
    private readonly HttpClientPipelineTransport _transport;

    public ModelGateway()
    {
        var sockets = new SocketsHttpHandler
        {
            // A redirect would send the key somewhere the settings do not name.
            AllowAutoRedirect = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        _http = new HttpClient(sockets) { Timeout = Timeout.InfiniteTimeSpan };
        _transport = new HttpClientPipelineTransport(_http);
    }

    public async Task<ChatHttpReply> SendAsync(ChatHttpRequest request, CancellationToken cancellationToken)
    {
        using var watch = new ReplyWatch(request, cancellationToken);
        var reader = new ReplyBody(request, watch);
        try
        {
            return request.Api is MessagesApi
                ? await PlainAsync(request, reader, watch)
                : await PackageAsync(request, reader, watch);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException)
        {
            throw new ChatConnectionException(watch.Words, sent: true) { Partial = reader.Partial };
        }
        catch (ChatConnectionException)
        {
            throw;
        }
        catch (Exception failure)
        {
            var broken = ConnectionFailures.From(failure, request);
            throw reader.Partial.Length == 0 ? broken : new ChatConnectionException(broken.Message, broken.Sent, broken.Final) { Partial = reader.Partial };
        }
    }

    public void Dispose()
    {
        _transport.Dispose();
        _http.Dispose();
    }

    private async Task<ChatHttpReply> PackageAsync(ChatHttpRequest request, ReplyBody reader, ReplyWatch watch)
    {
        // The package would wait for the whole body, of a stream too.
        var options = new RequestOptions { ErrorOptions = ClientErrorBehaviors.NoThrow, BufferResponse = false, CancellationToken = watch.Token };
        using var content = BinaryContent.Create(request.Body);
        var result = await (request.Api is ResponsesApi ? ResponsesAsync(request, content, options) : ChatAsync(request, content, options));
        using var response = result.GetRawResponse();
        var headers = response.Headers.GroupBy(header => header.Key, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => string.Join(", ", group.Select(header => header.Value)), StringComparer.OrdinalIgnoreCase);
        return await reader.ReadAsync(response.Status, headers, response.ContentStream ?? Stream.Null);
    }

    private async Task<ChatHttpReply> PlainAsync(ChatHttpRequest request, ReplyBody reader, ReplyWatch watch)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, request.Address) { Content = new ByteArrayContent(request.Body.ToArray()) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        message.Headers.UserAgent.Add(new ProductInfoHeaderValue("spark-temporal", null));
        foreach (var (name, value) in request.Headers)
        {
            message.Headers.Remove(name);
            message.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, watch.Token);
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        await using var body = await response.Content.ReadAsStreamAsync(watch.Token);
        return await reader.ReadAsync((int)response.StatusCode, headers, body);
    }

    // The package says that its way to give another policy for the key may change; so may its Responses.
#pragma warning disable OPENAI001

    // A client is light, and the key may have changed since the last call. The model's name is in the body; the one given here is not used.
    private Task<ClientResult> ChatAsync(ChatHttpRequest request, BinaryContent content, RequestOptions options) =>
        new ChatClient("unused", new AddressPolicy(request), With(new OpenAIClientOptions { Endpoint = request.BaseUrl })).CompleteChatAsync(content, options);

    private Task<ClientResult> ResponsesAsync(ChatHttpRequest request, BinaryContent content, RequestOptions options) =>
        new ResponsesClient(new AddressPolicy(request), With(new ResponsesClientOptions { Endpoint = request.BaseUrl })).CreateResponseAsync(content, options);
#pragma warning restore OPENAI001

    private T With<T>(T options) where T : ClientPipelineOptions
    {
        options.NetworkTimeout = Timeout.InfiniteTimeSpan;
        options.RetryPolicy = new ClientRetryPolicy(maxRetries: 0);
        options.Transport = _transport;
        return options;
    }

    /// <summary>Puts address, headers and key on a request, in the place of the package's own key as a bearer.</summary>
    private sealed class AddressPolicy(ChatHttpRequest request) : AuthenticationPolicy
    {
        public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
        {
            Apply(message);
            ProcessNext(message, pipeline, currentIndex);
        }

        public override ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
        {
            Apply(message);
            return ProcessNextAsync(message, pipeline, currentIndex);
        }

        private void Apply(PipelineMessage message)
        {
            message.Request.Uri = request.Address;
            foreach (var (name, value) in request.Headers)
            {
                message.Request.Headers.Set(name, value);
            }
        }
    }
}
