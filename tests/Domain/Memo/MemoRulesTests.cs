using System.Text.Json;
using Spark.Temporal.Domain.Memo;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Domain.Memo;

public sealed class MemoRulesTests
{
    private static readonly string[] TenFacts =
    [
        "input scan.stl holds 5120 triangles", "attribute field encodes material ids", "density table lives in materials.md",
        "python3 version 3.11 without numpy", "output path /root/mass.json must exist", "largest component counts 4890 faces",
        "material 42 maps to 7.85 grams", "tests compare within 0.1 percent tolerance", "little endian header spans 80 bytes",
        "volume sums signed tetrahedra correctly",
    ];

    [Test]
    public void Keeps_a_rewrite_that_keeps_every_fact()
    {
        var verdict = MemoRules.Check(Render(1, TenFacts), Render(2, [.. TenFacts, "mass 34648 was refused"]), 2);

        Assert.That(verdict.Refusals, Is.Empty);
        Assert.That(verdict.Memo!.FailedAttempts, Is.EqualTo(2));
        Assert.That(verdict.Memo.VerifiedFacts, Does.Contain("mass 34648 was refused"));
    }

    [Test]
    public void Puts_the_number_in_the_heading_right()
    {
        var verdict = MemoRules.Check(null, Render(7, TenFacts), 3);

        Assert.That(verdict.Memo!.Render(), Does.StartWith("## Exploration Memo (3 failed attempts)\n"));
    }

    [TestCase("")]
    [TestCase("  \n ")]
    [TestCase("<think>I should write a memo")]
    [TestCase("```\n```")]
    public void Refuses_a_reply_without_a_memo(string reply) =>
        Assert.That(MemoRules.Check(null, reply, 1).Refusals, Is.EqualTo((string[])["The reply held no memo. Write the whole memo."]));

    [TestCaseSource(nameof(Malformed))]
    public void Refuses_a_malformed_rewrite_and_says_what_is_wrong(string reply, string reason)
    {
        var verdict = MemoRules.Check(null, reply, 1);

        Assert.That(verdict.Memo, Is.Null);
        Assert.That(verdict.Refusals, Has.Exactly(1).Contains(reason));
    }

    private static IEnumerable<TestCaseData> Malformed()
    {
        var good = Render(1, TenFacts);
        yield return new TestCaseData(good.Replace("## Exploration Memo (1 failed attempts)", "## My Memo"), "The heading is missing").SetArgDisplayNames("other heading");
        yield return new TestCaseData(good.Replace("(1 failed attempts)", ""), "The heading is missing").SetArgDisplayNames("heading without number");
        foreach (var title in ExplorationMemo.Titles)
        {
            yield return new TestCaseData(good.Replace($"### {title}", $"**{title}**"), $"'### {title}' is missing").SetArgDisplayNames(title);
            yield return new TestCaseData(good + $"\n### {title}\nagain", $"'### {title}' appears 2 times").SetArgDisplayNames(title + " twice");
        }

        yield return new TestCaseData(good.Replace("try another way", ""), "'### Next Strategy' is empty").SetArgDisplayNames("no strategy");
        yield return new TestCaseData(good.Replace("try another way", new string('x', 12_000)), "at most 12,000 are allowed").SetArgDisplayNames("too long");
        yield return new TestCaseData("[LLM ERROR] bad gateway", "The heading is missing").SetArgDisplayNames("an error page");
    }

    [Test]
    public void Accepts_exactly_twelve_thousand_characters_and_not_one_more()
    {
        var room = MemoRules.MaxCharacters - Render(1, TenFacts, "x").Length + 1;

        Assert.That(MemoRules.Check(null, Render(1, TenFacts, new string('x', room)), 1).Accepted, Is.True);
        Assert.That(MemoRules.Check(null, Render(1, TenFacts, new string('x', room + 1)), 1).Accepted, Is.False);
    }

    [TestCase(1, true)]
    [TestCase(2, true)]
    [TestCase(3, false)]
    [TestCase(10, false)]
    public void A_fifth_of_the_facts_may_get_lost(int lost, bool accepted)
    {
        var verdict = MemoRules.Check(Render(1, TenFacts), Render(2, TenFacts[lost..]), 2);

        Assert.That(verdict.Accepted, Is.EqualTo(accepted));
        Assert.That(verdict.LostFacts, Is.EqualTo(TenFacts[..lost]));
    }

    [Test]
    public void Lost_and_withdrawn_facts_count_together()
    {
        var verdict = MemoRules.Check(Render(1, TenFacts), Render(2, [.. TenFacts[3..], .. TenFacts[..1].Select(Withdraw)]), 2);

        Assert.That(verdict.Accepted, Is.False);
        Assert.That(verdict.LostFacts, Has.Count.EqualTo(2));
        Assert.That(verdict.WithdrawnFacts, Is.EqualTo(TenFacts[..1]));
        Assert.That(verdict.Refusals.Single(), Does.Contain("2 are missing and 1 are withdrawn").And.Contain(TenFacts[1]).And.Not.Contain(TenFacts[0]));
    }

    [Test]
    public void One_wrong_fact_of_few_can_always_be_withdrawn()
    {
        var verdict = MemoRules.Check(Render(1, TenFacts[..2]), Render(2, [TenFacts[0], Withdraw(TenFacts[1])]), 2);

        Assert.That(verdict.Accepted, Is.True);
        Assert.That(verdict.WithdrawnFacts, Is.EqualTo(TenFacts[1..2]));
    }

    [Test]
    public void One_of_few_may_not_get_lost() =>
        Assert.That(MemoRules.Check(Render(1, TenFacts[..4]), Render(2, TenFacts[..3]), 2).Refusals.Single(), Does.Contain("at most 0 may go").And.Contain(TenFacts[3]));

    [Test]
    public void Withdrawing_is_no_way_around_the_rule() =>
        Assert.That(MemoRules.Check(Render(1, TenFacts), Render(2, [.. TenFacts.Select(Withdraw)]), 2).Accepted, Is.False);

    [Test]
    public void A_withdrawal_takes_back_the_fact_it_repeats_and_not_its_neighbour()
    {
        string[] facts = ["WGS84 distance to the boundary is 3551.98 km", "spherical distance to the boundary is 3552.98 km", "one more thing"];
        var verdict = MemoRules.Check(Render(1, facts), Render(2, [facts[0], facts[2], Withdraw(facts[1])]), 2);

        Assert.That(verdict.WithdrawnFacts, Is.EqualTo(facts[1..2]));
        Assert.That(verdict.LostFacts, Is.Empty);
    }

    [Test]
    public void Half_of_the_distinct_tokens_keep_a_fact()
    {
        const string Fact = "alpha beta gamma delta alpha alpha";

        Assert.That(MemoRules.Check(Render(1, [Fact]), Render(2, ["alpha beta"]), 2).LostFacts, Is.Empty);
        Assert.That(MemoRules.Check(Render(1, [Fact]), Render(2, ["alpha"]), 2).LostFacts, Is.EqualTo((string[])[Fact]));
    }

    [Test]
    public void A_remark_that_nothing_is_known_yet_is_no_fact() =>
        Assert.That(MemoRules.Check(Render(1, ["None verified yet."]), Render(2, TenFacts), 2).LostFacts, Is.Empty);

    [Test]
    public void A_heading_within_a_section_does_not_end_it()
    {
        var verdict = MemoRules.Check(null, Render(1, TenFacts, "first\n### a comment in a script\nlast"), 1);

        Assert.That(verdict.Memo!.Commands, Is.EqualTo("first\n#### a comment in a script\nlast"));
    }

    [Test]
    public void Sections_may_come_in_another_order_and_in_other_case()
    {
        var reply = "## Exploration Memo (1 failed attempt)\n### next strategy:\nlook\n### Verified Facts\n- a b\n### **Attempts Log**\n- #1\n### Current Error Pattern\nx\n### Commands From Last Attempt\n";

        Assert.That(MemoRules.Check(null, reply, 1).Memo!.NextStrategy, Is.EqualTo("look"));
    }

    [Test]
    public void What_the_original_kept_in_place_of_a_memo_is_refused_and_most_honest_rewrites_pass()
    {
        var root = Requires.SharedData("spark-trajectories");
        var (rewrites, kept) = (0, 0);
        foreach (var line in Directory.EnumerateFiles(root, "trajectory.jsonl", SearchOption.AllDirectories).SelectMany(File.ReadLines))
        {
            var call = JsonDocument.Parse(line).RootElement;
            if (call.GetProperty("type").GetString() != "reflect_call")
            {
                continue;
            }

            var after = call.GetProperty("memo_after").GetString()!;
            var before = call.GetProperty("memo_before").GetString()!;
            var verdict = MemoRules.Check(before, after, call.GetProperty("attempt").GetInt32() + 1);
            if (after.StartsWith("[LLM ERROR]", StringComparison.Ordinal))
            {
                Assert.That(verdict.Accepted, Is.False);
            }
            else
            {
                rewrites++;
                kept += verdict.Accepted ? 1 : 0;
            }
        }

        Assert.That(rewrites, Is.GreaterThan(50));
        Assert.That((double)kept / rewrites, Is.GreaterThan(0.95));
    }

    private static string Withdraw(string fact) => $"Withdrawn: {fact} (attempt 2 showed otherwise)";

    private static string Render(int failed, IReadOnlyList<string> facts, string commands = "") => new ExplorationMemo
    {
        FailedAttempts = failed,
        AttemptsLog = "- #1: went wrong",
        Commands = commands,
        VerifiedFacts = string.Join('\n', facts.Select(fact => $"- {fact}")),
        ErrorPattern = "unclear",
        NextStrategy = "try another way",
    }.Render();
}
