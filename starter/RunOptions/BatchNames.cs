using System.Security.Cryptography;

namespace Spark.Temporal.Starter.RunOptions;

/// <summary>Names of batches that nobody named: when they started, and a little chance.</summary>
internal static class BatchNames
{
    public static string New(string kind, DateTimeOffset now) =>
        $"{kind}-{now:yyyyMMdd-HHmmss}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(2))}";
}
