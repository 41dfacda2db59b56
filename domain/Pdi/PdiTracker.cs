using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Domain.Pdi;

/// <summary>
/// Computes the proxy of the posterior distillation index of one run, reflection by reflection (docs/architecture.md,
/// "The PDI proxy", after arXiv 2605.09192). Called in workflow code: plain double arithmetic, summed left to right, so that a
/// replay decides the same. A change of the computation goes behind <c>Workflow.Patched</c>.
/// </summary>
public sealed class PdiTracker
{
    /// <summary>A weighted index below this triggers an intervention.</summary>
    public const double Threshold = -0.5;

    private readonly PdiMethod _method;
    private readonly List<double> _exec = [];
    private readonly List<double> _plan = [];
    private readonly List<double> _oss = [];
    private bool _previousTriggered;

    /// <param name="method">How texts are compared.</param>
    /// <param name="earlier">Unrounded snapshots to go on from, oldest first: those of a run that is continued or forked.</param>
    public PdiTracker(PdiMethod method, IEnumerable<PdiSnapshot>? earlier = null)
    {
        _method = method;
        foreach (var snapshot in earlier ?? [])
        {
            Remember(snapshot.ProxyExec, snapshot.ProxyPlan, snapshot.ProxyOss, snapshot.Triggered);
        }
    }

    /// <summary>How many reflections were observed, the earlier ones included.</summary>
    public int Count => _exec.Count;

    /// <summary>Adds a reflection and decides what follows from it.</summary>
    public PdiSnapshot Observe(PdiObservation observation)
    {
        var proxies = PdiProxies.Of(_method, observation);
        var step = observation.Step ?? Count;
        var previousTriggered = _previousTriggered;
        Remember(proxies.Exec, proxies.Plan, proxies.Oss, triggered: false);
        // With two values z is ±1, and a raw −1 at step 1 is exactly the threshold.
        var raw = Count < 2
            ? proxies.Exec - proxies.Plan - proxies.Oss
            : Descriptive.LastStandardScore(_exec) - Descriptive.LastStandardScore(_plan) - Descriptive.LastStandardScore(_oss);
        var weight = Math.Min(1.0, step / 2.0);
        var weighted = weight * raw;
        _previousTriggered = weighted < Threshold && step >= 1;
        return new PdiSnapshot
        {
            Attempt = observation.Attempt,
            Step = step,
            ProxyExec = proxies.Exec,
            ProxyPlan = proxies.Plan,
            ProxyOss = proxies.Oss,
            RawPdi = raw,
            Weight = weight,
            WeightedPdi = weighted,
            Triggered = _previousTriggered,
            Level = !_previousTriggered ? InterventionLevel.None : previousTriggered ? InterventionLevel.Strong : InterventionLevel.Soft,
        };
    }

    private void Remember(double exec, double plan, double oss, bool triggered)
    {
        _exec.Add(exec);
        _plan.Add(plan);
        _oss.Add(oss);
        _previousTriggered = triggered;
    }
}
