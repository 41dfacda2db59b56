namespace Spark.Temporal.Tests.Support;

/// <summary>The checkout that the tests run in.</summary>
internal static class Checkout
{
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Spark.Temporal.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The tests run outside the checkout.");
        }

        return folder.FullName;
    }
}
