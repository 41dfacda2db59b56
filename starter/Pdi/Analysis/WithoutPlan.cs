using System.CommandLine;

namespace Spark.Temporal.Starter.Pdi.Analysis;

/// <summary>What becomes of runs that never planned (docs/architecture.md, "The offline index").</summary>
internal enum WithoutPlan
{
    /// <summary>They are listed and not compared.</summary>
    Leave,

    /// <summary>Their φplan counts as 0.</summary>
    Zero,
}

/// <summary>The option <c>--without-plan</c>.</summary>
internal static class WithoutPlanOption
{
    private const string Leave = "leave";
    private const string Zero = "zero";

    public static Option<string> Create()
    {
        var option = new Option<string>("--without-plan")
        {
            Description = "What becomes of runs that never planned, such as those that passed at the first attempt: 'leave' lists them with φexec and leaves them out of the comparison, 'zero' counts their φplan as 0.",
            DefaultValueFactory = _ => Leave,
        };
        option.AcceptOnlyFromAmong(Leave, Zero);
        return option;
    }

    public static WithoutPlan Of(string? value) => value == Zero ? WithoutPlan.Zero : WithoutPlan.Leave;
}
