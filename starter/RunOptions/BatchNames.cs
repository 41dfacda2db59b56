using System.Security.Cryptography;

namespace Spark.Temporal.Starter.RunOptions;

/// <summary>Names of batches without --batch: the time of the start and a few random characters.</summary>
internal static class BatchNames
{
    public static string New(string kind, DateTimeOffset now) =>
        $"{kind}-{now:yyyyMMdd-HHmmss}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(2))}";
}
