using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Workers;

/// <summary><c>spark-worker --models</c>: prints the model profiles of the settings as JSON, instead of working.</summary>
internal static class ModelsMode
{
    public const string Option = "--models";

    public static int Run(IConfiguration configuration, SecretRedactor redactor)
    {
        Console.WriteLine(JsonSerializer.Serialize(ProfileListings.Of(configuration, redactor), SparkJson.Options));
        return 0;
    }
}
