using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>Ids of tool calls. Nine letters and digits fit every provider: one demands exactly that, the others take any short word.</summary>
internal static partial class ToolCallIds
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";

    /// <summary>The id of a call that came without one: the same each time that the reply is read.</summary>
    /// <param name="call">Number of the model call in the run.</param>
    /// <param name="index">Number of the tool call in the reply, from 1.</param>
    public static string Make(int call, int index) => $"c{Number(call, 5)}{Number(index, 3)}";

    /// <summary>An id in the place of one that a provider would refuse.</summary>
    public static string Instead(string id, int again = 0)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(again == 0 ? id : $"{id}\n{again}"));
        return string.Concat(hash.Take(9).Select(part => Digits[part % Digits.Length]));
    }

    /// <summary>Whether any provider takes it.</summary>
    public static bool FitsAll(string id) => Usual().IsMatch(id);

    public static bool IsShort(string id) => Short().IsMatch(id);

    private static string Number(int number, int places)
    {
        var digits = new char[places];
        for (var place = places - 1; place >= 0; place--)
        {
            digits[place] = Digits[number % Digits.Length];
            number /= Digits.Length;
        }

        return new string(digits);
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,40}$")]
    private static partial Regex Usual();

    [GeneratedRegex("^[A-Za-z0-9]{9}$")]
    private static partial Regex Short();
}
