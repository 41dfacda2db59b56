namespace Spark.Temporal.Workflows.Domain.Construction;

/// <summary>Data files that are part of this assembly.</summary>
internal static class Resources
{
    public static string Read(string name)
    {
        using var stream = typeof(Resources).Assembly.GetManifestResourceStream($"Construction/{name}")
            ?? throw new InvalidOperationException($"Construction/{name} is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
