using Spark.Temporal.Domain.Memo;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Prompts;

namespace Spark.Temporal.Tests.Domain.Prompts;

public sealed class AttemptInstructionTests
{
    private static readonly string Memo = new ExplorationMemo
    {
        FailedAttempts = 2,
        AttemptsLog = "- #1 guessed",
        VerifiedFacts = "- header is 80 bytes",
        ErrorPattern = "wrong unit",
        NextStrategy = "read the table again",
    }.Render();

    [Test]
    public void The_first_attempt_gets_task_and_hint_and_nothing_else()
    {
        var text = AttemptInstruction.Compose(new AttemptBriefing { Task = "Do it.\n", Attempt = 1, MaxAttempts = 3, VerifierHint = "assert x", Memo = Memo, Intervention = InterventionLevel.Strong });

        Assert.That(text, Does.StartWith("Do it.\n\n# How the result will be checked").And.Contain("assert x"));
        Assert.That(text, Does.Not.Contain("Exploration Memo").And.Not.Contain("attempt"));
    }

    [Test]
    public void The_parts_come_in_their_order()
    {
        var text = AttemptInstruction.Compose(new AttemptBriefing
        {
            Task = "Do it.", Attempt = 3, MaxAttempts = 5, VerifierHint = "assert x", Guidance = ["Mind the unit.", " "], Memo = Memo, Intervention = InterventionLevel.Soft,
        });
        string[] parts =
        [
            "Do it.", "assert x", "Mind the unit.", "# What earlier attempts found out", "## Exploration Memo (2 failed attempts)", "header is 80 bytes",
            "read the table again", "**2 more attempts are left after this one.**", "## Evidence first", "Start from what is verified above",
        ];

        Assert.That(parts.Select(part => text.IndexOf(part, StringComparison.Ordinal)), Is.Ordered.And.None.EqualTo(-1));
    }

    [Test]
    public void A_strong_intervention_leaves_the_plan_out()
    {
        var text = Second(InterventionLevel.Strong);

        Assert.That(text, Does.Contain("## Put the plan aside").And.Contain("header is 80 bytes"));
        Assert.That(text, Does.Not.Contain("read the table again").And.Not.Contain("Next Strategy"));
    }

    [Test]
    public void Without_intervention_nothing_is_said() =>
        Assert.That(Second(InterventionLevel.None), Does.Not.Contain("## Evidence first").And.Not.Contain("## Put the plan aside").And.Contain("read the table again"));

    [Test]
    public void The_index_is_never_shown([Values] InterventionLevel level) =>
        Assert.That(Second(level), Does.Not.Contain("PDI").IgnoreCase.And.Not.Contain("index").IgnoreCase);

    [TestCase(3, 3, "This is the last attempt")]
    [TestCase(2, 3, "One more attempt is left")]
    public void The_urgency_line_counts(int attempt, int max, string line) => Assert.That(
        AttemptInstruction.Compose(new AttemptBriefing { Task = "t", Attempt = attempt, MaxAttempts = max, Memo = Memo }), Does.Contain(line));

    [Test]
    public void A_hint_cannot_close_its_own_fence() => Assert.That(
        AttemptInstruction.Compose(new AttemptBriefing { Task = "t", Attempt = 1, MaxAttempts = 1, VerifierHint = "a\n```\nb" }), Does.Contain("````\na\n```\nb\n````"));

    private static string Second(InterventionLevel level) =>
        AttemptInstruction.Compose(new AttemptBriefing { Task = "t", Attempt = 2, MaxAttempts = 3, Memo = Memo, Intervention = level });
}
