namespace Spark.Temporal.Activities.Sandbox;

/// <summary>A lock among the processes of this host. The operating system frees it when its holder dies.</summary>
internal static class HostLock
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(200);

    public static async Task<IAsyncDisposable> TakeAsync(string name, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "spark-locks")).FullName;
        var path = Path.Combine(folder, name.Replace(':', '-').Replace('/', '-'));
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(Retry, cancellationToken);
            }
        }
    }
}
