namespace Spark.Temporal.Domain.Pdi;

/// <summary>How the proxy compares two texts (docs/architecture.md, "Similarity").</summary>
public enum PdiMethod
{
    /// <summary>Shared tokens: containment for execution, Jaccard for the rest.</summary>
    TokenOverlap,

    /// <summary>One minus the Jensen-Shannon divergence of smoothed token distributions.</summary>
    JsDivergence,
}

/// <summary>The methods' names in options, files and records.</summary>
public static class PdiMethods
{
    public const string TokenOverlap = "token_overlap";
    public const string JsDivergence = "js_divergence";

    public static string Name(this PdiMethod method) => method == PdiMethod.JsDivergence ? JsDivergence : TokenOverlap;

    public static bool TryParse(string? name, out PdiMethod method)
    {
        method = name == JsDivergence ? PdiMethod.JsDivergence : PdiMethod.TokenOverlap;
        return name is TokenOverlap or JsDivergence;
    }
}
