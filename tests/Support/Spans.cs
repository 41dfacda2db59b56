using System.Diagnostics;
using Spark.Temporal.Wire;

namespace Spark.Temporal.Tests.Support;

/// <summary>Somebody who listens to our spans, so that they are made and travel in headers as in production.</summary>
internal static class Spans
{
    /// <summary>Listens until disposed of.</summary>
    public static ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == TracingInterceptor.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
