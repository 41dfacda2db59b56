using System.Text;
using Spark.Temporal.Activities.Sandbox;

namespace Spark.Temporal.Tests.Support;

/// <summary>Looks into a container past the code under test.</summary>
internal static class Probe
{
    public static async Task<string> RunAsync(IContainerGateway gateway, string container, string command, string? user = "root")
    {
        using var process = await gateway.ExecAsync(container, new ExecSpec(["sh", "-c", command]) { User = user, WorkingDirectory = "/" }, CancellationToken.None);
        using var output = new MemoryStream();
        var buffer = new byte[65536];
        int read;
        while ((read = await process.ReadAsync(buffer, CancellationToken.None)) > 0)
        {
            output.Write(buffer, 0, read);
        }

        return Encoding.UTF8.GetString(output.ToArray());
    }
}
