namespace Spark.Temporal.Domain.Blueprints;

/// <summary>Data files that are part of this assembly.</summary>
public static class Resources
{
    public static string Read(string name)
    {
        using var stream = typeof(Resources).Assembly.GetManifestResourceStream($"Blueprints/{name}")
            ?? throw new InvalidOperationException($"Blueprints/{name} is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
