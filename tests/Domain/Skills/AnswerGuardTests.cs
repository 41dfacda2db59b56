using Spark.Temporal.Domain.Skills;

namespace Spark.Temporal.Tests.Domain.Skills;

/// <summary>What of a skill gives the answer away.</summary>
public sealed class AnswerGuardTests
{
    private const string Instruction = "Find the hotel with the largest total in /app/sales.csv and write it to /app/out.json. Read 1024 bytes.";
    private const string Environment = "hotel,city\nGrand,Lisbon\n";

    private static readonly AnswerGuard Guard = AnswerGuard.Of(
        ["""{ "hotel": "Astoria", "total": 73182.5, "code": "QX-9921-Z", "city": "Lisbon", "rate": 0.4375, "status": "done", "rows": 12, "limit": 1024 }""", "Winner: Astoria by 41 percent\n", "north\n"],
        [Instruction, Environment]);

    [TestCase("Write Astoria to the file.", "Astoria")]
    [TestCase("Write \"Astoria\".", "Astoria")]
    [TestCase("The total is 73,182.5 then.", "73,182.5")]
    [TestCase("total = -73182.50", "73182.50")]
    [TestCase("| QX-9921-Z | x |", "QX-9921-Z")]
    [TestCase("`QX-9921-Z`; 0.4375", "QX-9921-Z 0.4375")]
    [TestCase("go north now", "north")]
    [TestCase("echo 'Winner: Astoria by 41 percent'", "Astoria Winner: Astoria by 41 percent")]
    public void What_only_the_oracle_wrote_is_found_and_cut(string text, string found)
    {
        Assert.That(string.Join(' ', Guard.Find(text)), Is.EqualTo(found));
        Assert.That(Guard.Find(Guard.Cut(text)), Is.Empty);
        Assert.That(Guard.Cut(text), Does.Contain(AnswerGuard.Hidden));
    }

    [TestCase("Read /app/sales.csv, then write the hotel and its city, such as Lisbon.")]
    [TestCase("head -c 1024 /app/sales.csv | wc -l # 12 rows, 41 of them")]
    [TestCase("Its status is done once the limit is reached; the rate lies between 0 and 1.")]
    [TestCase("northern, Astorian, 7318 and 0.43")]
    [TestCase("")]
    public void What_everybody_may_know_stays(string text)
    {
        Assert.That(Guard.Find(text), Is.Empty);
        Assert.That(Guard.Cut(text), Is.EqualTo(text));
    }

    [Test]
    public void Of_a_long_table_only_long_numbers_count()
    {
        var guard = AnswerGuard.Of([string.Join('\n', Enumerable.Range(100, 900).Select(number => $"{number},{number * 1001}"))], []);
        Assert.That(guard.Find("timeout 300 sh -c 'head -n 500'"), Is.Empty);
        Assert.That(guard.Find("300300"), Is.EqualTo(new[] { "300300" }));
    }

    [TestCase("")]
    [TestCase("[broken json")]
    public void Without_an_oracle_nothing_is_secret(string oracle)
    {
        Assert.That(AnswerGuard.Of([oracle], [oracle]).Find("Astoria 73182.5"), Is.Empty);
        Assert.That(AnswerGuard.Of([], ["x"]).IsEmpty, Is.True);
    }
}
