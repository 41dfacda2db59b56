using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Starter.Demo;

/// <summary>Response bodies of the chat completions API.</summary>
internal static class ChatResponses
{
    private const string Fingerprint = "scripted-demo-no-model";

    /// <summary>Characters that are counted as one token; a usual estimate for English text and code.</summary>
    private const double CharactersPerToken = 4;

    public static byte[] Completion(ChatRequest request, ScriptedReply reply)
    {
        var text = reply.Text;
        object? calls = null;
        if (reply.Command is { } command && request.Tool is { } tool)
        {
            var arguments = JsonSerializer.Serialize(new { command }, SparkJson.Options);
            calls = new[] { new { Id = $"call_{Hash(request)[..12]}", Type = "function", Function = new { Name = tool, Arguments = arguments } } };
        }
        else if (reply.Command is { } fenced)
        {
            text = $"{text}\n\n```bash\n{fenced}\n```";
        }

        var prompt = Tokens(request.Messages.Sum(message => message.Characters));
        var completion = Tokens(reply.Text.Length + (reply.Command?.Length ?? 0));
        return Bytes(new
        {
            Id = $"scripted-{Hash(request)[..16]}",
            Object = "chat.completion",
            Created = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            Model = ScriptedModel.Name,
            SystemFingerprint = Fingerprint,
            Choices = new[]
            {
                new { Index = 0, Message = new { Role = "assistant", Content = text, ToolCalls = calls }, FinishReason = calls is null ? "stop" : "tool_calls" },
            },

            // A script costs nothing, and says so.
            Usage = new { PromptTokens = prompt, CompletionTokens = completion, TotalTokens = prompt + completion, Cost = 0 },
        });
    }

    public static byte[] Models() => Bytes(new
    {
        Object = "list",
        Data = new[] { new { Id = ScriptedModel.Name, Object = "model", Created = 0, OwnedBy = "spark-demo" } },
    });

    public static byte[] Error(string message) =>
        Bytes(new { Error = new { Message = $"scripted model: {message}", Type = "invalid_request_error" } });

    private static int Tokens(int characters) => (int)Math.Ceiling(characters / CharactersPerToken);

    private static byte[] Bytes<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, SparkJson.Options);

    // The conversation determines the names, so that the same request gets exactly the same reply.
    private static string Hash(ChatRequest request) => Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes(string.Join('\0', request.Messages.Select(message => $"{message.Role}\0{message.Text}")))));
}
