using System.Text.Json;
using System.Text.Json.Serialization;

namespace Spark.Temporal.Domain.Json;

/// <summary>
/// A record of a public file. Fields that this program does not know are kept and written back behind the known ones, so
/// that nothing of a file of another version or of another program is lost.
/// </summary>
public abstract record OpenRecord
{
    /// <summary>Fields that the record does not name; null where there are none.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; init; }
}
