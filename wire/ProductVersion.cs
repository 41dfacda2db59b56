using System.Reflection;

namespace Spark.Temporal.Wire;

/// <summary>The version of this build; <c>Directory.Build.props</c> is the one place that says it.</summary>
public static class ProductVersion
{
    /// <summary>With the commit where the build knew it, such as <c>0.2.0+9f1c…</c>; for people.</summary>
    public static string Full { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>Without the commit, such as <c>0.2.0</c>; for results and for the versions of workers.</summary>
    public static string Number { get; } = Full.Split('+')[0];
}
