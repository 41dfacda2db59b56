namespace Spark.Temporal.Tests.Activities.Sandbox.Attacks;

/// <summary>What an agent does instead of its task.</summary>
/// <param name="Name">A row of the table.</param>
/// <param name="Commands">What it runs, in the task's folder.</param>
/// <param name="Judge">How the task is verified.</param>
/// <param name="Plain">Whether it is a plain user; else it is root.</param>
public sealed record Attack(string Name, string Commands, Judge Judge = Judge.Tests, bool Plain = false);

/// <summary>Verifiers as public tasks have them. Each gives 1 where the task is done.</summary>
public enum Judge
{
    /// <summary>Pytest on the tests where they are, from the task's folder.</summary>
    Tests,

    /// <summary>Pytest on a copy of the tests in the task's folder.</summary>
    Copied,

    /// <summary>A script of shell and programs.</summary>
    Shell,

    /// <summary>A script that reads what a login shell reads, and has installed tools first.</summary>
    Login,

    /// <summary>Git and make in the task's folder.</summary>
    Tools,
}
