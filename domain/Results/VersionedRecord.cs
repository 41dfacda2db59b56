using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Domain.Results;

/// <summary>A file of ours, or a line of one, with the version of its schema.</summary>
public abstract record VersionedRecord : OpenRecord
{
    /// <summary>Version of the schema; files from before it was written have version 1.</summary>
    [JsonPropertyOrder(1_000)]
    public int SchemaVersion { get; init; } = 1;
}
