using System.CommandLine;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Configuration;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Wire;
using Spark.Temporal.Wire.Encryption;

namespace Spark.Temporal.Starter.Serve;

/// <summary><c>spark codec-server</c>.</summary>
internal static class CodecServerCommand
{
    public static Command Create(CliOutput output)
    {
        var json = CommonOptions.Json();
        var port = RunSettings.Between(1, 65_535, new Option<int?>("--port") { Description = $"Port. Default: codec_port of {DevSettings.FileName}." });
        var listen = new Option<string>("--listen") { Description = "Address to listen on.", DefaultValueFactory = _ => "127.0.0.1" };
        var origins = new Option<string[]>("--ui-origin")
        {
            Description = $"Origin of a web UI that may call it, such as https://temporal.example; may be repeated. Default: the UI of {DevSettings.FileName}.",
        };
        var command = new Command(
            "codec-server",
            $"""
            Decrypts payloads for the web UI and for temporal --codec-endpoint, with the keys that {EncryptionKeys.Variable}
            names, until Ctrl-C. spark up starts its own. On any address but this machine's own, callers must
            send the token in {CodecServerOptions.TokenVariable} (Authorization: Bearer …), and a proxy in front should speak
            TLS.

            Example:
              {EncryptionKeys.Variable}=spark-keys.json spark codec-server --ui-origin https://temporal.example
            """) { port, listen, origins, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = DevSettingsFile.Read(Environment.CurrentDirectory);
            await using var server = CodecServer.Start(new CodecServerOptions
            {
                Keys = KeyFiles.FromEnvironment()
                    ?? throw new CliException($"{EncryptionKeys.Variable} is not set; make a key file with spark keys new FILE and name it there", ExitCodes.Usage),
                Address = parsed.GetValue(listen)!,
                Port = parsed.GetValue(port) ?? settings.CodecPort,
                Origins = parsed.GetValue(origins) is { Length: > 0 } given ? given : CodecServerOptions.LocalUi(settings.Ip, settings.UiPort),
                Token = Environment.GetEnvironmentVariable(CodecServerOptions.TokenVariable) is { Length: > 0 } token ? token : null,
            });
            if (parsed.GetValue(json))
            {
                output.Json(new { server.Endpoint });
            }
            else
            {
                output.Line($"{server.Endpoint}/decode");
            }

            await output.Out.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return ExitCodes.Good;
        });
        return command;
    }
}
