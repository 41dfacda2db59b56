using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Tests.Domain.Tasks;

public sealed class DockerfileTests
{
    [TestCase("FROM a\nRUN b\n", "FROM a|RUN b")]
    [TestCase("from a\r\n  run b\r\n", "FROM a|RUN b")]
    [TestCase("\n# c\nFROM a\n\n   # c\nRUN b", "FROM a|RUN b")]
    [TestCase("FROM a\nRUN b \\\n  c\n", "FROM a|RUN b   c")]
    [TestCase("FROM a\nRUN b \\  \n# c\n\n  d\n", "FROM a|RUN b   d")]
    [TestCase("FROM a\nRUN b \\\r\n  c\r\n", "FROM a|RUN b   c")]
    [TestCase("FROM a\nRUN echo \\\\\nRUN b\n", "FROM a|RUN echo \\\\|RUN b")]
    [TestCase("FROM a\nRUN b \\", "FROM a|RUN b")]
    [TestCase("# escape=`\nFROM a\nCOPY b `\n C:\\\n", "FROM a|COPY b  C:\\")]
    [TestCase("# syntax=docker/dockerfile:1\n# Escape = `\nFROM a\nRUN b `\n c\n", "FROM a|RUN b  c")]
    [TestCase("# a comment\n# escape=`\nFROM a\nRUN b `\nRUN c\n", "FROM a|RUN b `|RUN c")]
    [TestCase("\n# escape=`\nFROM a\nRUN b `\nRUN c\n", "FROM a|RUN b `|RUN c")]
    [TestCase("FROM a\nLABEL x=\"1\" \\\n  y=2\nUSER me\nENV A=1 B=2\n", "FROM a|LABEL x=\"1\"   y=2|USER me|ENV A=1 B=2")]
    [TestCase("FROM a\nRUN <<EOF\nRUN no\nEOF\nUSER b\n", "FROM a|RUN <<EOF|USER b")]
    [TestCase("FROM a\nRUN <<-'X' cat && <<Y cat\n\tone\n\tX\ntwo\nY\nUSER b\n", "FROM a|RUN <<-'X' cat && <<Y cat|USER b")]
    [TestCase("FROM a\nRUN echo \"<<EOF\" $((1<<2))\nUSER b\n", "FROM a|RUN echo \"<<EOF\" $((1<<2))|USER b")]
    [TestCase("FROM a\nRUN cat <<EOF\nUSER b\n", "FROM a|RUN cat <<EOF|USER b")]
    [TestCase("FROM a\nENV X=<<EOF\nUSER b\n", "FROM a|ENV X=<<EOF|USER b")]
    [TestCase("", "")]
    [TestCase("# only a comment", "")]
    public void Instructions_are_read_as_the_builder_reads_them(string text, string expected) => Assert.That(
        string.Join('|', Dockerfile.Parse(text).Instructions.Select(one => $"{one.Keyword} {one.Arguments}")), Is.EqualTo(expected));

    [Test]
    public void Here_documents_keep_their_bodies_and_the_lines_behind_them_their_numbers()
    {
        var file = Dockerfile.Parse("FROM a\nRUN <<-ONE cat; <<TWO cat\n\t1\n\tONE\n2\n# 3\nTWO\nCOPY <<F /f\nx\nF\nUSER b\n");

        Assert.That(file.Instructions.Select(one => one.Line), Is.EqualTo((int[])[1, 2, 8, 11]));
        Assert.That(file.Instructions[1].Heredocs.Select(heredoc => heredoc.Body), Is.EqualTo((string[])["\t1\n", "2\n# 3\n"]));
        Assert.That(file.Instructions[2].Text, Is.EqualTo("COPY <<F /f\nx\nF"));
        Assert.That(file.Instructions[2].Mentions("x"), Is.True);
    }

    [Test]
    public void Stages_are_counted_and_flags_told_from_arguments()
    {
        var file = Dockerfile.Parse("ARG V=1\nFROM a:$V AS base\nRUN b\nFROM c\nCOPY --from=base --chown=me:me --link /x /y\n");

        Assert.That(file.Instructions.Select(one => one.Stage), Is.EqualTo((int[])[-1, 0, 0, 1, 1]));
        var copy = file.Instructions[^1];
        Assert.That((copy.Flag("from"), copy.Flag("link"), copy.Flag("chmod"), copy.Arguments), Is.EqualTo(("base", "", (string?)null, "/x /y")));
    }

    [TestCase("COPY a b  /c", "a|b|/c")]
    [TestCase("COPY [\"a b\", \"/c d\"]", "a b|/c d")]
    [TestCase("RUN [ -f a ] && b", "[|-f|a|]|&&|b")]
    [TestCase("COPY [\"a\", null]", "[\"a\",|null]")]
    public void Words_are_those_of_a_list_or_parted_by_blanks(string text, string expected) =>
        Assert.That(string.Join('|', Dockerfile.Parse(text).Instructions.Single().Words), Is.EqualTo(expected));

    [TestCase("COPY skills /root/.claude/skills\nRUN x\n", "RUN x\n")]
    [TestCase("  copy --chown=a:b skills/ /s\nRUN x", "RUN x")]
    [TestCase("COPY [\"skills\", \"/s\"]\nRUN x\n", "RUN x\n")]
    [TestCase("ADD ./skills/one \\\n  # why\n  /s\nRUN x\n", "RUN x\n")]
    [TestCase("COPY /skills/one skills/two /s/\n# stays\nRUN x\n", "# stays\nRUN x\n")]
    [TestCase("COPY data skills/one \\\n  /s/\nRUN x\n", "COPY [\"data\",\"/s/\"]\nRUN x\n")]
    [TestCase("COPY --chown=a skills data /s/\nRUN x\n", "COPY --chown=a [\"data\",\"/s/\"]\nRUN x\n")]
    [TestCase("COPY \"skills/pdf\" /s\nRUN x\n", "RUN x\n")]
    [TestCase("COPY skillset /s\nCOPY --from=base skills /s\nRUN cp skills /x\n", "COPY skillset /s\nCOPY --from=base skills /s\nRUN cp skills /x\n")]
    [TestCase("RUN <<EOF\nCOPY skills /s\nEOF\n", "RUN <<EOF\nCOPY skills /s\nEOF\n")]
    public void Only_what_is_copied_from_a_folder_of_the_context_is_dropped(string text, string expected) =>
        Assert.That(Dockerfile.Parse(text).WithoutCopiesOf("skills"), Is.EqualTo(expected));

    [TestCase("FROM a\nRUN apt-get \\\n  update\nCOPY scripts/ /s\n", "FROM a\nRUN apt-get \\\n  update\nLABEL spark.data-build=\"2\"\nCOPY scripts/ /s\n")]
    [TestCase("FROM a\nRUN b \\\n  && python3 build_data.py\n", "FROM a\nLABEL spark.data-build=\"2\"\nRUN b \\\n  && python3 build_data.py\n")]
    [TestCase("FROM a\nRUN --mount=type=bind,source=scripts/build_data.py,target=/b.py python3 /b.py\n", "FROM a\nLABEL spark.data-build=\"2\"\nRUN --mount=type=bind,source=scripts/build_data.py,target=/b.py python3 /b.py\n")]
    [TestCase("ARG D=scripts/\nFROM a\nCOPY $D /s\n", null)]
    [TestCase("FROM a\n# scripts/build_data.py\nRUN b\n", null)]
    public void Data_is_built_again_from_the_first_instruction_that_touches_its_program(string text, string? expected) =>
        Assert.That(DataBuild.Again(text), Is.EqualTo(expected));

    [Test]
    public void Any_text_is_read_and_kept_as_it_is()
    {
        string[] parts = ["FROM", " ", "\n", "\r\n", "\\", "\\\n", "`", "#", "# escape=`\n", "<<EOF", "<<-", "EOF\n", "--from=a", "--", "[\"a\"]", "[", "COPY skills /s", "RUN", "\t", "\"", "'", "ü", "\0"];
        var random = new Random(20_261);
        for (var round = 0; round < 20_000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)]));
            var file = Dockerfile.Parse(text);
            Assert.That(file.Rewrite(one => one.Text), Is.EqualTo(text));
            Assert.That(file.Instructions.Zip(file.Instructions.Skip(1)).All(pair => pair.First.End <= pair.Second.Start), Is.True, text);
            _ = (file.WithoutCopiesOf("skills"), DataBuild.Again(text), file.Instructions.Select(one => one.Words.Count).Sum());
        }
    }

    [Test]
    public void Every_published_task_keeps_its_text_and_has_a_base()
    {
        var folder = Support.Requires.SharedData("skillsbench/tasks");
        var files = Directory.GetFiles(folder, "Dockerfile", SearchOption.AllDirectories);
        Assert.That(files, Is.Not.Empty);
        foreach (var path in files)
        {
            var text = File.ReadAllText(path);
            var file = Dockerfile.Parse(text);
            Assert.That(file.Instructions.Select(one => one.Keyword), Has.Some.EqualTo("FROM"), path);
            Assert.That(
                file.Instructions.Select(one => one.Keyword).Distinct(),
                Is.SubsetOf(new[] { "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "RUN", "SHELL", "USER", "VOLUME", "WORKDIR" }),
                path);
            Assert.That(file.Rewrite(one => one.Text), Is.EqualTo(text));
        }
    }
}
