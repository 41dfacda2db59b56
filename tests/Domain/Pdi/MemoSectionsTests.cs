using Spark.Temporal.Domain.Memo;

namespace Spark.Temporal.Tests.Domain.Pdi;

public sealed class MemoSectionsTests
{
    [TestCase("### Verified Facts\n- a\n- b\n\n### Next Strategy\nx", "- a\n- b")]
    [TestCase("## Memo\r\n### Verified Facts\r\n- a\r\n### Next Strategy\r\n", "- a")]
    [TestCase("### Verified Facts  \n- a", "- a")]
    [TestCase("### Verified Facts", "")]
    [TestCase("### Verified Facts\n### Next Strategy\nx", "")]
    [TestCase("### Verified Facts\na ### b\n ### c\n#### d\n###e\n### \n f", "a ### b\n ### c\n#### d\n###e")]
    [TestCase("### Verified Facts And More\n- a", "")]
    [TestCase("#### Verified Facts\n- a", "")]
    [TestCase("see ### Verified Facts\n- a", "")]
    [TestCase("### Verified Facts\n- a\n### Verified Facts\n- b", "- a")]
    [TestCase("", "")]
    public void Stand_between_their_line_and_the_next_heading(string memo, string section) =>
        Assert.That(MemoSections.Find(memo, MemoSections.VerifiedFacts), Is.EqualTo(section));
}
