namespace Spark.Temporal.Tests.Support;

/// <summary>Memos that keep the rules, for tests of what happens with them.</summary>
internal static class Memos
{
    public static string With(string facts, string strategy, int failed = 1) =>
        $"""
        ## Exploration Memo ({failed} failed attempts)

        ### Attempts Log
        - #{failed}: wrote the wrong number

        ### Commands From Last Attempt
        echo 41 > /answer

        ### Verified Facts
        {facts}

        ### Current Error Pattern
        The number is off by one.

        ### Next Strategy
        {strategy}
        """;

    public const string Skill =
        """
        ---
        name: answer
        description: Writes the number that was asked for. Use when a task asks for a number in a file.
        ---

        # Answer

        Write the number, read it back.
        """;
}
