using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Web;
using Spark.Temporal.Wire;
using Spark.Temporal.Wire.Encryption;
using Temporalio.Api.Common.V1;

namespace Spark.Temporal.Starter.Serve;

/// <summary>
/// Encrypts and decrypts payloads over HTTP for programs without keys: the web UI in a browser (<c>POST /decode</c>,
/// <c>POST /encode</c>) and <c>temporal --codec-endpoint</c>. It answers only pages of the given origins, only under the
/// names that it was started with, and only with the token where there is one.
/// </summary>
internal sealed class CodecServer : IAsyncDisposable
{
    // The server's own limit for one message is 4 MB; base64 and JSON make more of it.
    private const int MaxBodyBytes = 16 * 1024 * 1024;

    // A caller sees why it is refused only after its whole body has been read; a body that never ends is cut off.
    private const int MaxRefusedBytes = 4 * MaxBodyBytes;

    private readonly WebServer _web;
    private readonly CodecServerOptions _options;
    private readonly EncryptionCodec _codec;

    private CodecServer(CodecServerOptions options)
    {
        (_options, _codec) = (options, new EncryptionCodec(options.Keys));

        // The caller chooses the part before /decode, so the end of the path decides; no route can express that.
        _web = WebServer.Start(new WebAddress(options.Address, options.Hosts, options.Port), app => app.Run(AnswerAsync));
    }

    /// <summary>The address for the UI and the CLI, such as <c>http://127.0.0.1:8234</c>.</summary>
    public string Endpoint => $"http://{_options.Address}:{_options.Port}";

    /// <exception cref="CliException">The port is taken, or the server would be open to other machines without a token.</exception>
    public static CodecServer Start(CodecServerOptions options)
    {
        if (!options.IsLocal && options.Token is null)
        {
            throw new CliException(
                $"on {options.Address} other machines can reach it and decrypt; set {CodecServerOptions.TokenVariable} to a token that callers must send, or listen on 127.0.0.1",
                ExitCodes.Usage);
        }

        try
        {
            return new CodecServer(options);
        }
        catch (IOException taken)
        {
            throw new CliException($"the codec server cannot listen on {options.Address}:{options.Port}: {taken.Message}; choose another port with --port, or codec_port in {DevSettings.FileName}");
        }
    }

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var (status, body) = await RespondAsync(context.Request, context.Response);
        await DrainAsync(context.Request);
        await context.Response.SendAsync(status, HttpAnswers.Json, body);
    }

    private async Task<(int Status, byte[] Body)> RespondAsync(HttpRequest request, HttpResponse response)
    {
        var origin = request.Headers.Origin is { Count: > 0 } given ? given.ToString() : null;
        if (origin is not null && !_options.Origins.Contains(origin, StringComparer.OrdinalIgnoreCase))
        {
            return Refuse(403, $"pages of {origin} get no answer; name the origin with --ui-origin");
        }

        if (origin is not null)
        {
            response.Headers.AccessControlAllowOrigin = origin;
            response.Headers.AccessControlAllowCredentials = "true";
            response.Headers.Vary = "Origin";
        }

        if (HttpMethods.IsOptions(request.Method))
        {
            response.Headers.AccessControlAllowMethods = "POST, OPTIONS";
            response.Headers.AccessControlAllowHeaders = "content-type, x-namespace, authorization, authorization-extras";
            response.Headers.AccessControlMaxAge = "600";
            return (204, []);
        }

        if (_options.Token is { } token && !IsToken(request.Headers.Authorization.ToString(), token))
        {
            response.Headers.WWWAuthenticate = "Bearer";
            return Refuse(401, "the token is missing or wrong; send it as: Authorization: Bearer TOKEN");
        }

        // The CLI's codec endpoint may have a prefix, such as /{namespace}.
        var path = request.Path.Value ?? "";
        var decodes = path.EndsWith("/decode", StringComparison.Ordinal);
        if (!HttpMethods.IsPost(request.Method) || (!decodes && !path.EndsWith("/encode", StringComparison.Ordinal)))
        {
            return Refuse(404, "only POST /decode and POST /encode are served");
        }

        // Other content types need no preflight, so a page of any origin could send them.
        return request.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true
            ? Refuse(415, "send application/json")
            : await ConvertAsync(request, decodes);
    }

    private async Task<(int Status, byte[] Body)> ConvertAsync(HttpRequest request, bool decodes)
    {
        if (await ReadAsync(request) is not { } body)
        {
            return Refuse(413, $"at most {MaxBodyBytes} bytes at once");
        }

        try
        {
            var given = JsonParser.Default.Parse<Payloads>(body);
            var made = new Payloads { Payloads_ = { await (decodes ? _codec.DecodeAsync(given.Payloads_) : _codec.EncodeAsync(given.Payloads_)) } };
            return (200, Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(made)));
        }
        catch (Exception mistake) when (mistake is InvalidJsonException or InvalidProtocolBufferException or InvalidOperationException or FormatException)
        {
            return Refuse(400, "the body is not a list of payloads: {\"payloads\": [{\"metadata\": {…}, \"data\": \"…\"}]}");
        }
        catch (EncryptionException closed)
        {
            return Refuse(400, closed.Message);
        }
    }

    /// <summary>The body as text; null when it is too long.</summary>
    private static async Task<string?> ReadAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        var buffer = new byte[81920];
        int read;
        while ((read = await request.Body.ReadAsync(buffer)) > 0)
        {
            if (body.Length + read > MaxBodyBytes)
            {
                return null;
            }

            body.Write(buffer, 0, read);
        }

        return Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length);
    }

    private static async Task DrainAsync(HttpRequest request)
    {
        var buffer = new byte[81920];
        int read, left = MaxRefusedBytes;
        while (left > 0 && (read = await request.Body.ReadAsync(buffer)) > 0)
        {
            left -= read;
        }
    }

    private static bool IsToken(string header, string token) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(header)), SHA256.HashData(Encoding.UTF8.GetBytes($"Bearer {token}")));

    private static (int Status, byte[] Body) Refuse(int status, string message) =>
        (status, JsonSerializer.SerializeToUtf8Bytes(new { Message = message }, SparkJson.Options));
}
