using Spark.Temporal.Domain.Memo;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Domain;

public sealed class ReplyTextTests
{
    [TestCase("plain", "plain")]
    [TestCase("\uFEFF a\r\nb\r\n", "a\nb")]
    [TestCase("<think>x\ny</think>\n\n# a", "# a")]
    [TestCase("<Thinking>x</Thinking><reasoning>y</reasoning># a", "# a")]
    [TestCase("# a\n<think>done</think>\n", "# a")]
    [TestCase("so I will write it\n</think>\n# a", "# a")]
    [TestCase("<think>never closed", "")]
    [TestCase("```markdown\n# a\n```", "# a")]
    [TestCase("<think>x</think>\n```md\n# a\n```\n", "# a")]
    [TestCase("~~~\n# a\n~~~", "# a")]
    [TestCase("```\n# a\n```bash\nls\n```\nb\n```", "# a\n```bash\nls\n```\nb")]
    [TestCase("````markdown\n# a\n```bash\nls\n```\n````", "# a\n```bash\nls\n```")]
    public void Wrappers_go(string reply, string document) => Assert.That(ReplyText.Strip(reply), Is.EqualTo(document));

    [TestCase("# a\n\nUse `<think>` tags.\n</think>\nb")]
    [TestCase("```bash\nls\n```")]
    [TestCase("```\nls\n```\ntext after")]
    [TestCase("```yaml\n---\nname: a\n---\n```\n# body\n```bash\nls\n```")]
    [TestCase("```markdown\n# broke off")]
    public void What_belongs_to_the_document_stays(string reply) => Assert.That(ReplyText.Strip(reply), Is.EqualTo(reply));

    [Test]
    public void Words_before_the_fence_go_where_the_first_line_is_known() =>
        Assert.That(ReplyText.Strip("Here it is:\n\n```markdown\n---\nname: a\n---\n```", line => line == "---"), Is.EqualTo("---\nname: a\n---"));

    // The memo rules run in workflow code, where two seconds without an answer count as a deadlock.
    [TestCase(" ")]
    [TestCase("\n")]
    [TestCase("<think>")]
    [TestCase("</think>")]
    [TestCase("<think>x</think> ")]
    [TestCase("```\n")]
    [TestCase("- withdrawn: ")]
    [TestCase("- none ")]
    [TestCase("### ")]
    public void No_text_keeps_the_rules_busy(string part)
    {
        string Text(int characters) =>
            "## Exploration Memo (1 failed attempts)\n### Verified Facts\n" + string.Concat(Enumerable.Repeat(part, characters / part.Length)) + "x";

        var growth = Growth.Of(25_000, Text, text =>
        {
            MemoRules.Check(text, text, 1);
            ReplyText.Strip("a" + text);
        });

        Assert.That(growth, Is.LessThan(10), "four times the text");
    }
}
