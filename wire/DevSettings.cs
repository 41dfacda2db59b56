using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Spark.Temporal.Wire;

/// <summary>
/// The development settings, <c>temporal-dev.yaml</c>. Parsing only; the caller reads the file.
/// </summary>
public sealed record DevSettings
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "temporal-dev.yaml";

    public string Namespace { get; init; } = "spark";

    /// <summary>Address the server listens on.</summary>
    public string Ip { get; init; } = "127.0.0.1";

    public int Port { get; init; } = 7233;

    public int UiPort { get; init; } = 8233;

    /// <summary>Port where <c>spark up</c> decodes encrypted payloads for the web UI.</summary>
    public int CodecPort { get; init; } = 8234;

    /// <summary>The server's database, relative to the working folder.</summary>
    public string DatabaseFile { get; init; } = ".spark/temporal.db";

    /// <summary>Days that closed runs stay readable.</summary>
    public int RetentionDays { get; init; } = 30;

    /// <summary>Search attributes with the server's name of their type (<c>Keyword</c>, <c>Int</c>, <c>Double</c>, …).</summary>
    public IReadOnlyDictionary<string, string> SearchAttributes { get; init; } = new Dictionary<string, string>();

    /// <summary>Dynamic configuration; values as the JSON that the server's command line wants.</summary>
    public IReadOnlyDictionary<string, string> DynamicConfig { get; init; } = new Dictionary<string, string>();

    /// <summary>Reads the settings' text.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="path">What to call the file in errors.</param>
    /// <exception cref="FormatException">The text is no YAML, has an unknown key or an impossible value; says where.</exception>
    public static DevSettings Parse(string text, string path = FileName)
    {
        File file;
        try
        {
            file = new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).Build()
                .Deserialize<File?>(text) ?? new File();
        }
        catch (YamlException mistake)
        {
            throw new FormatException($"{path}:{mistake.Start.Line}: {mistake.InnerException?.Message ?? mistake.Message}", mistake);
        }

        CheckPort(path, "port", file.Port);
        CheckPort(path, "ui_port", file.UiPort);
        CheckPort(path, "codec_port", file.CodecPort);
        foreach (var (name, type) in file.SearchAttributes ?? [])
        {
            if (type is not ("Keyword" or "Text" or "Int" or "Double" or "Bool" or "Datetime" or "KeywordList"))
            {
                throw new FormatException(
                    $"{path}: search_attributes.{name} is '{type}'; use Keyword, Text, Int, Double, Bool, Datetime or KeywordList");
            }
        }

        return new DevSettings
        {
            Namespace = file.Namespace,
            Ip = file.Ip,
            Port = file.Port,
            UiPort = file.UiPort,
            CodecPort = file.CodecPort,
            DatabaseFile = file.DatabaseFile,
            RetentionDays = file.RetentionDays is >= 1 and <= 3650
                ? file.RetentionDays
                : throw new FormatException($"{path}: retention_days is {file.RetentionDays}; use 1 to 3650"),
            SearchAttributes = file.SearchAttributes ?? [],
            DynamicConfig = (file.DynamicConfig ?? []).ToDictionary(pair => pair.Key, pair => AsJson(pair.Value)),
        };
    }

    /// <summary>The server's options for the search attributes and the dynamic configuration.</summary>
    /// <returns>Alternating option and value, as <c>temporal server start-dev</c> takes them.</returns>
    public IReadOnlyList<string> ServerArguments() =>
    [
        .. SearchAttributes.SelectMany(pair => new[] { "--search-attribute", $"{pair.Key}={pair.Value}" }),
        .. DynamicConfigArguments(),
    ];

    /// <summary>The options for the dynamic configuration alone.</summary>
    public IReadOnlyList<string> DynamicConfigArguments() =>
        [.. DynamicConfig.SelectMany(pair => new[] { "--dynamic-config-value", $"{pair.Key}={pair.Value}" })];

    private static void CheckPort(string path, string field, int port)
    {
        if (port is < 1 or > 65535)
        {
            throw new FormatException($"{path}: {field} is {port}; use 1 to 65535");
        }
    }

    private static string AsJson(string value) =>
        value is "true" or "false" || double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? value
            : $"\"{value}\"";

    private sealed class File
    {
        public string Namespace { get; set; } = new DevSettings().Namespace;

        public string Ip { get; set; } = new DevSettings().Ip;

        public int Port { get; set; } = new DevSettings().Port;

        public int UiPort { get; set; } = new DevSettings().UiPort;

        public int CodecPort { get; set; } = new DevSettings().CodecPort;

        public string DatabaseFile { get; set; } = new DevSettings().DatabaseFile;

        public int RetentionDays { get; set; } = new DevSettings().RetentionDays;

        public Dictionary<string, string>? SearchAttributes { get; set; }

        public Dictionary<string, string>? DynamicConfig { get; set; }
    }
}
