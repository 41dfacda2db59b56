using Spark.Temporal.Tests.Support;

/// <summary>Outside any namespace, so that it spans the whole run.</summary>
[SetUpFixture]
public sealed class TemporalServerSetUp
{
    [OneTimeTearDown]
    public static async Task Stop()
    {
        await Browser.StopAsync();
        await TemporalServer.StopAsync();
    }
}
