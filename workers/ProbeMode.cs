using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Workers;

/// <summary><c>spark-worker --probe</c>: asks every model profile once and prints what came, as JSON, instead of working.</summary>
internal static class ProbeMode
{
    public const string Option = "--probe";

    /// <summary>How long a reply may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(IConfiguration configuration, SecretRedactor redactor)
    {
        Console.WriteLine(JsonSerializer.Serialize(await ProfileProbes.AskAsync(configuration, redactor, Patience, CancellationToken.None), SparkJson.Options));
        return 0;
    }
}
