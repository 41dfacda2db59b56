using System.Text.Json;
using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Domain.Prices;

/// <summary>The models that people use, with prices and sizes as of one day (<c>models.json</c>). Settings stand above it.</summary>
public sealed record ModelTable
{
    private static readonly JsonSerializerOptions Reading = new(SparkJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    private static readonly Lazy<ModelTable> Read = new(Load);

    private ILookup<string, ModelRow>? _byName;

    /// <summary>The table that ships with the product.</summary>
    public static ModelTable Shipped => Read.Value;

    /// <summary>The day it was put together.</summary>
    public required DateOnly AsOf { get; init; }

    /// <summary>What the sources are, by the names that the rows give them.</summary>
    public IReadOnlyDictionary<string, string> Sources { get; init; } = new Dictionary<string, string>();

    public required IReadOnlyList<ModelRow> Models { get; init; }

    /// <summary>The row of a model at a host; null where there is none.</summary>
    /// <param name="name">The model, as its endpoint calls it.</param>
    /// <param name="host">Host of the endpoint; null where it is not known, then only rows that hold everywhere fit.</param>
    public ModelRow? Find(string name, string? host)
    {
        _byName ??= Models.SelectMany(row => row.Models.Select(listed => (Name: ModelNames.Bare(listed), Row: row))).ToLookup(pair => pair.Name, pair => pair.Row);
        return ModelNames.Of(name)
            .Select(bare => _byName[bare].OrderByDescending(row => row.Hosts.Count > 0).FirstOrDefault(row => row.HoldsAt(host)))
            .FirstOrDefault(row => row is not null);
    }

    private static ModelTable Load()
    {
        using var stream = typeof(ModelTable).Assembly.GetManifestResourceStream("Prices/models.json")!;
        return JsonSerializer.Deserialize<ModelTable>(stream, Reading)!;
    }
}
