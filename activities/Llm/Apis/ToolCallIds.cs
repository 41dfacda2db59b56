using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>Which ids of tool calls a provider takes, and what stands for one that it would refuse.</summary>
internal static partial class ToolCallIds
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";

    /// <summary>An id in the place of one that a provider would refuse.</summary>
    public static string Instead(string id, int again = 0)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(again == 0 ? id : $"{id}\n{again}"));
        return string.Concat(hash.Take(9).Select(part => Digits[part % Digits.Length]));
    }

    /// <summary>Whether any provider takes it.</summary>
    public static bool FitsAll(string id) => Usual().IsMatch(id);

    public static bool IsShort(string id) => Short().IsMatch(id);

    [GeneratedRegex("^[A-Za-z0-9_-]{1,40}$")]
    private static partial Regex Usual();

    [GeneratedRegex("^[A-Za-z0-9]{9}$")]
    private static partial Regex Short();
}
