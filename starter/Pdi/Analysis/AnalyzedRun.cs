using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Results;

namespace Spark.Temporal.Starter.Pdi.Analysis;

/// <summary>The numbers of a recorded run, without its texts, so that hundreds of runs fit in memory.</summary>
/// <param name="Model">The folder above the run's, which the published layout names after the model.</param>
/// <param name="Task">The run's task.</param>
/// <param name="File">Its trajectory.</param>
/// <param name="Phi">Null where the run has no passing attempt or no skill.</param>
/// <param name="LeftOut">Why it is left out; null where it is compared.</param>
/// <param name="Reflections">Memos that were written; an intervention needs two.</param>
/// <param name="Snapshots">Its proxy snapshots, as the run recorded them.</param>
/// <param name="Damaged">Lines of the file that could not be read.</param>
internal sealed record AnalyzedRun(
    string Model, string Task, string File, Phi? Phi, string? LeftOut, int Reflections, IReadOnlyList<PdiSnapshot> Snapshots, IReadOnlyList<DamagedLine> Damaged);
