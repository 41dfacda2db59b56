using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;
using OpenAI.Chat;
using Spark.Temporal.Activities.Llm.Signs;

namespace Spark.Temporal.Activities.Llm;

/// <summary>
/// Chat completions through the OpenAI package. It uses the package's protocol method, raw JSON in and out, because the
/// typed replies throw on a finish reason they do not know; and none of its retries, because Temporal retries.
/// </summary>
internal sealed class OpenAiChatGateway : IChatGateway, IDisposable
{
    private readonly HttpClient _http;
    private readonly HttpClientPipelineTransport _transport;

    public OpenAiChatGateway()
    {
        var sockets = new SocketsHttpHandler
        {
            // A redirect would send the key somewhere the settings do not name.
            AllowAutoRedirect = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        _http = new HttpClient(new KeylessHandler(sockets)) { Timeout = Timeout.InfiniteTimeSpan };
        _transport = new HttpClientPipelineTransport(_http);
    }

    public async Task<ChatHttpReply> SendAsync(ChatHttpRequest request, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(request.Timeout);
        var options = new RequestOptions
        {
            ErrorOptions = ClientErrorBehaviors.NoThrow,
            BufferResponse = true,
            CancellationToken = limit.Token,
        };
        foreach (var (name, value) in request.Headers)
        {
            options.SetHeader(name, value);
        }

        try
        {
            using var content = BinaryContent.Create(request.Body);
            var result = await ClientFor(request).CompleteChatAsync(content, options);
            using var response = result.GetRawResponse();
            response.Headers.TryGetValue("Retry-After", out var retryAfter);
            response.Headers.TryGetValue("retry-after-ms", out var retryAfterMs);
            response.Headers.TryGetValue("Content-Type", out var contentType);
            response.Headers.TryGetValue("Location", out var location);
            return new ChatHttpReply(response.Status, response.Content.ToString(), retryAfter, retryAfterMs, contentType, location)
            {
                Headers = response.Headers.Where(header => RetryHints.IsRead(header.Key)).ToDictionary(StringComparer.OrdinalIgnoreCase),
            };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException)
        {
            throw new ChatConnectionException(
                $"No whole reply from {request.BaseUrl} within {request.Timeout.TotalSeconds:0.###} s.", sent: true);
        }
        catch (Exception failure)
        {
            throw ConnectionFailures.From(failure, request);
        }
    }

    public void Dispose()
    {
        _transport.Dispose();
        _http.Dispose();
    }

    // A client is light, and the key may have changed since the last call.
    private ChatClient ClientFor(ChatHttpRequest request)
    {
        var options = new OpenAIClientOptions
        {
            Endpoint = request.BaseUrl,
            NetworkTimeout = request.Timeout,
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            Transport = _transport,
        };
        var key = Environment.GetEnvironmentVariable(request.KeyVariable)?.Trim();

        // The model's name is in the body; the name given here is only used by the client's typed calls.
        return new ChatClient("unused", new ApiKeyCredential(string.IsNullOrEmpty(key) ? KeylessHandler.StandIn : key), options);
    }

    /// <summary>The package requires a key. A request to an endpoint that needs none is sent without the placeholder that satisfies the package.</summary>
    private sealed class KeylessHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        public const string StandIn = "spark-no-key";

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Headers.Authorization?.Parameter == StandIn)
            {
                request.Headers.Authorization = null;
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
