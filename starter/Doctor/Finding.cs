namespace Spark.Temporal.Starter.Doctor;

/// <summary>How a check came out.</summary>
public enum Verdict
{
    Ok,

    /// <summary>Something works less well, or only some commands need it.</summary>
    Warning,

    /// <summary>Runs cannot work.</summary>
    Missing,
}

/// <summary>What a check found.</summary>
/// <param name="Check">Its name.</param>
/// <param name="Verdict">How it came out.</param>
/// <param name="Found">What is there, or what is wrong.</param>
/// <param name="Remedy">What to do; null when there is nothing to do.</param>
internal sealed record Finding(string Check, Verdict Verdict, string Found, string? Remedy = null);
