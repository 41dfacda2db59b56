namespace Spark.Temporal.Domain.Conversations;

/// <summary>Ids of tool calls that we make up: nine letters and digits, which every provider takes.</summary>
public static class CallIds
{
    private const string Digits = "abcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Length of an id: Mistral takes exactly this.</summary>
    private const int Length = 9;

    /// <summary>The id of a tool call, the same each time.</summary>
    /// <param name="call">Number of the model call in the run, from 1.</param>
    /// <param name="index">Number of the tool call in the reply, from 1.</param>
    public static string Made(int call, int index)
    {
        Span<char> id = stackalloc char[Length];
        var left = ((long)call * 1_000) + index;
        for (var at = Length - 1; at > 0; at--)
        {
            id[at] = Digits[(int)(left % Digits.Length)];
            left /= Digits.Length;
        }

        id[0] = 'c';
        return new string(id);
    }
}
