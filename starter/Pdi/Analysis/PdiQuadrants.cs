using Spark.Temporal.Domain.Pdi;

namespace Spark.Temporal.Starter.Pdi.Analysis;

/// <summary>Names of the quadrants in texts for people.</summary>
internal static class PdiQuadrants
{
    public static string Name(PdiQuadrant quadrant) => quadrant switch
    {
        PdiQuadrant.Grounded => "grounded (φexec high, φplan low)",
        PdiQuadrant.Mixed => "mixed (both high)",
        PdiQuadrant.Detached => "detached (both low)",
        _ => "plan-bound (φexec low, φplan high)",
    };
}
