using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.EndToEnd.Faults;

/// <summary>
/// A task whose verifier sees whether a command ran once, and a model for it: it gives up in the first attempt, appends a
/// line and takes its time in the second, and then writes the answer.
/// </summary>
internal static class FaultTask
{
    /// <summary>Stands on every image made of it, so that they can be removed.</summary>
    public const string Label = "spark.test=faults";

    public const string SlowCommand = "echo ran >> /log; sleep 5; echo end";

    public const string Memo =
        """
        ## Exploration Memo (1 failed attempts)

        ### Attempts Log
        - #1: nothing was written

        ### Commands From Last Attempt

        ### Verified Facts
        - the answer belongs into /answer

        ### Current Error Pattern
        /answer is missing.

        ### Next Strategy
        Append one line to /log, then write 42 to /answer.
        """;

    public const string Skill =
        """
        ---
        name: once
        description: Leaves one line in a log and a number in a file. Use when both are asked for.
        ---

        # Once

        Append the line, then write the number, then read both back.
        """;

    /// <summary>Writes the task's folder.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="build">A line of the Dockerfile that makes its image another one.</param>
    public static string Write(TemporaryFolder folder, string build = "RUN true")
    {
        folder.Write("tasks/once/task.toml", "version = \"1.0\"\n[agent]\ntimeout_sec = 120\n[verifier]\ntimeout_sec = 60\n[environment]\nmemory_mb = 256\nnetwork_mode = \"no-network\"\n");
        folder.Write("tasks/once/instruction.md", "Append one line to /log and write the number 42 to /answer.\n");
        folder.Write("tasks/once/environment/Dockerfile", $"FROM debian:bookworm-slim\nLABEL {Label}\n{build}\n");
        folder.Write("tasks/once/solution/solve.sh", "#!/bin/bash\necho ran >> /log\necho 42 > /answer\n");
        folder.Write(
            "tasks/once/tests/test.sh",
            """
            #!/bin/bash
            if [ -f /log ]; then sleep 3; fi
            once=FAILED answer=FAILED reward=0
            if [ "$(cat /log 2>/dev/null)" = ran ]; then once=PASSED; fi
            if [ "$(cat /answer 2>/dev/null)" = 42 ]; then answer=PASSED; fi
            if [ $once$answer = PASSEDPASSED ]; then reward=1; fi
            echo "$once tests.sh::test_once"
            echo "$answer tests.sh::test_answer"
            echo $reward > /logs/verifier/reward.txt

            """);
        return folder["tasks/once"];
    }

    /// <summary>The model; a hook may replace a reply.</summary>
    public static Func<FakeModelRequest, FakeReply> Model(Func<FakeModelRequest, FakeReply?>? instead = null) => request =>
        instead?.Invoke(request) ?? request.Purpose switch
        {
            LlmPurposes.Reflect => FakeReply.Text(Memo),
            LlmPurposes.Distill => FakeReply.Text(Skill),
            _ when request.Run.EndsWith("/attempt-1", StringComparison.Ordinal) => FakeReply.Text("I would not know how."),
            _ => request.Turn switch
            {
                0 => FakeReply.Shell(SlowCommand),
                1 => FakeReply.Shell("echo 42 > /answer"),
                _ => FakeReply.Text("Both are there."),
            },
        };
}
