using System.Collections;
using Microsoft.Extensions.Configuration;

namespace Spark.Temporal.Workers;

/// <summary>
/// Where settings come from; what comes later wins: <c>appsettings.json</c> beside the program, the file of
/// <c>--settings</c>, variables that start with <c>SPARK_</c>, options.
/// </summary>
internal static class WorkerSettings
{
    public const string Help =
        """
        spark-worker: runs the workflows, model calls and containers of Spark.Temporal.

        Usage: spark-worker [--settings FILE] [--OPTION VALUE ...]

          --settings FILE            JSON with the sections Worker, Llm, Sandbox, Disk, Logging
          --roles LIST               any of workflows,llm,sandbox (default: all)
          --host-name NAME           name of this host in task queues (default: kept in the state folder)
          --state-folder DIR         what must survive a restart (default: .spark/worker)
          --artifact-folder DIR      the artifact store (default: .spark/artifacts)
          --encryption-keys FILE     key file that payloads are encrypted with (default: none)
          --secret-variables LIST    variables whose values are masked everywhere, beside those named KEY, TOKEN, SECRET, PASSWORD
          --deployment-version NAME  version of this worker's code (default: the build's)
          --worker-versioning BOOL   runs stay on the version they began on; see CONTRIBUTING.md (default: false)
          --workflow-slots, --file-slots, --llm-slots, --sandbox-slots, --build-slots N
                                     how much of each at once
          --model-shutdown-sec S     how long model calls in flight may go on after a stop (default: 120)
          --graceful-shutdown-sec S  how long other activities may (default: 20); a second signal ends all at once
          --health-port PORT         answers GET /health (default: none)
          --models                   prints the model profiles with price and context as JSON, and ends
          --probe                    asks every model profile for a short reply, prints what came as JSON, and ends
          --version                  prints the version of this build
          --SECTION:FIELD VALUE      any other setting, such as --Llm:Profiles:default:Model NAME

        A setting is also read from the environment: SPARK_HEALTH_PORT, SPARK_LLM__PROFILES__default__BASE_URL.
        The server is named by TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY and the TLS variables of the
        Temporal SDKs; without them it is the development server of temporal-dev.yaml. Model keys come from the
        environment or a .env file, never from settings or options.

        Example: OPENAI_API_KEY=… spark-worker --roles llm,sandbox --health-port 8080
        """;

    /// <summary>Puts the sources together.</summary>
    /// <exception cref="FormatException">An option is unknown or has no value, or the settings file is missing or no JSON.</exception>
    public static IConfigurationRoot Load(IReadOnlyList<string> arguments, IDictionary environment)
    {
        var options = Options(arguments);
        var builder = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true);
        options.Remove("settings", out var file);
        file ??= environment["SPARK_SETTINGS"] as string;
        if (!string.IsNullOrEmpty(file))
        {
            builder.AddJsonFile(Path.GetFullPath(file), optional: false);
        }

        builder.AddInMemoryCollection(Variables(environment)).AddInMemoryCollection(options!);
        try
        {
            return builder.Build();
        }
        catch (Exception mistake) when (mistake is FileNotFoundException or InvalidDataException)
        {
            throw new FormatException($"settings file {file}: {mistake.InnerException?.Message ?? mistake.Message}", mistake);
        }
    }

    private static Dictionary<string, string?> Variables(IDictionary environment)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry variable in environment)
        {
            const string prefix = "SPARK_";
            if (variable.Key is not string name || !name.StartsWith(prefix, StringComparison.Ordinal))
            {
                continue;
            }

            var parts = name[prefix.Length..].Split("__");
            var key = parts.Length == 1
                ? $"{WorkerOptions.Section}:{Pascal(parts[0])}"
                : string.Join(':', parts.Select((part, place) => NameOf(parts, place) ?? Pascal(part)));
            settings[key] = (string?)variable.Value;
        }

        return settings;
    }

    // The part below Llm:Profiles is a profile's own name and stays as it is written. Names of headers and query parameters have hyphens,
    // which names of variables cannot have.
    private static string? NameOf(string[] parts, int place) => place switch
    {
        2 when parts[1].Equals("profiles", StringComparison.OrdinalIgnoreCase) => parts[place],
        4 when parts[1].Equals("profiles", StringComparison.OrdinalIgnoreCase) && parts[3].ToUpperInvariant() is "HEADERS" or "QUERY" => parts[place].Replace('_', '-'),
        _ => null,
    };

    private static Dictionary<string, string> Options(IReadOnlyList<string> arguments)
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var fields = typeof(WorkerOptions).GetProperties().Select(field => field.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < arguments.Count; i++)
        {
            var option = arguments[i];
            if (!option.StartsWith("--", StringComparison.Ordinal))
            {
                throw new FormatException($"'{option}' is not an option; see --help");
            }

            var equals = option.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? option[2..] : option[2..equals];
            var value = equals >= 0 ? option[(equals + 1)..]
                : ++i < arguments.Count ? arguments[i]
                : throw new FormatException($"--{name} needs a value");
            var field = Pascal(name);
            settings[name switch
            {
                "settings" => name,
                _ when name.Contains(':', StringComparison.Ordinal) => name,
                _ when fields.Contains(field) => $"{WorkerOptions.Section}:{field}",
                _ => throw new FormatException($"--{name} is not an option; see --help"),
            }] = value;
        }

        return settings;
    }

    private static string Pascal(string name) =>
        name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
}
