using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Batches;

/// <summary>How a construction ended, as text.</summary>
internal static class ConstructionReport
{
    public static void Print(ConstructionResult task, CliOutput output)
    {
        output.Line($"{PlainText.Words(task.Status),-12} {task.TaskId ?? task.Name}  {task.Rounds} rounds of repair  {Money.Of(task)}");
        foreach (var line in new[] { task.TaskDir, task.Error is { } error ? PlainText.OneLine(error, 600) : null, task.ReportPath }.OfType<string>())
        {
            output.Line($"  {line}");
        }
    }
}
