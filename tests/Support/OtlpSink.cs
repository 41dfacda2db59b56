using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Spark.Temporal.Tests.Support;

/// <summary>Keeps what is sent by OTLP (<c>http/protobuf</c>) as files of a folder, to look for what must not be in it.</summary>
internal sealed class OtlpSink : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _folder;
    private int _count;

    private OtlpSink(WebApplication app, string folder) => (_app, _folder) = (app, Directory.CreateDirectory(folder).FullName);

    /// <summary>Variables that send a process's telemetry here.</summary>
    public IReadOnlyDictionary<string, string?> Variables => new Dictionary<string, string?>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "200",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
    };

    public static async Task<OtlpSink> StartAsync(string folder)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var sink = new OtlpSink(app, folder);
        app.MapPost("/v1/{kind}", sink.KeepAsync);
        await app.StartAsync();
        return sink;
    }

    /// <summary>Whether something of a kind has come: <c>traces</c>, <c>logs</c>, <c>metrics</c>.</summary>
    public bool Has(string kind) => Directory.EnumerateFiles(_folder, $"{kind}-*").Any();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task KeepAsync(HttpContext context, string kind)
    {
        await using var file = File.Create(Path.Combine(_folder, $"{kind}-{Interlocked.Increment(ref _count)}"));
        await context.Request.Body.CopyToAsync(file);
        context.Response.ContentType = "application/x-protobuf";
    }
}
