using System.Text.RegularExpressions;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>Halves of a character outside the first plane, which cut streams and sloppy servers send as <c>\ud83d</c> alone.</summary>
internal static partial class LoneSurrogates
{
    /// <summary>Stands in a model's words for such a half, since no string of ours may hold one.</summary>
    public const string Mark = "@@half@@";

    /// <summary>Whether JSON text holds one.</summary>
    public static bool In(string json) => Half().IsMatch(json);

    /// <summary>The JSON text with the halves in the place of their marks.</summary>
    public static string Put(string json) => json.Replace(Mark, "\\ud83d", StringComparison.Ordinal);

    [GeneratedRegex(@"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}")]
    private static partial Regex Half();
}
