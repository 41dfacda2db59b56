using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Tests.Domain.Tasks;

/// <summary>What becomes of here-documents for a builder that does not know them.</summary>
public sealed class ClassicDockerfileTests
{
    private static readonly Dictionary<string, string> NoArguments = [];
    private static readonly Dictionary<string, DockerBase> NoBases = [];

    [TestCase("FROM a\nRUN <<E\nx \"y\"\nE\nUSER u\n", "FROM a\nRUN [\"/bin/sh\",\"-c\",\"x \\\"y\\\"\\n\"]\nUSER u\n")]
    [TestCase("FROM a\nSHELL [\"s\", \"-e\"]\nFROM b\nRUN <<E\nE\n", "FROM a\nSHELL [\"s\", \"-e\"]\nFROM b\nRUN [\"/bin/sh\",\"-c\",\"\"]\n")]
    [TestCase("FROM a AS x\nSHELL [\"s\", \"-e\"]\nFROM x\nRUN <<E\nE\n", "FROM a AS x\nSHELL [\"s\", \"-e\"]\nFROM x\nRUN [\"s\",\"-e\",\"\"]\n")]
    [TestCase("FROM a\nRUN cat <<'E' | wc\n$A\nE\n", "FROM a\nRUN [\"/bin/sh\",\"-c\",\"cat <<'E' | wc\\n$A\\nE\"]\n")]
    [TestCase("FROM a\nRUN <<-E\n\t#!/bin/x\n\tE\n", "FROM a\nRUN [\"/bin/sh\",\"-c\",\"#!/bin/x\\n\"]\n")]
    [TestCase("FROM a\nCOPY --link b /c\n", "FROM a\nCOPY b /c\n")]
    [TestCase("FROM a\nRUN x\nCOPY b /c\n", "FROM a\nRUN x\nCOPY b /c\n")]
    public void What_the_classic_builder_gets(string text, string expected) =>
        Assert.That(ClassicDockerfile.Of(Dockerfile.Parse(text), NoArguments, NoBases).Text, Is.EqualTo(expected));

    [TestCase("$A-${A}-$B$$-\\$A-\\\\", "1-1--$A-\\")]
    [TestCase("'$A' \"$A\" ${B:-x${A}y} ${B-z} ${A:+s} ${A+}", "'1' \"1\" x1y z s ")]
    [TestCase("100% $ 5$. ${E:-empty} ${E-unset}|", "100% $ 5$. empty |")]
    public void Variables_of_a_file_are_expanded_as_BuildKit_does(string text, string expected)
    {
        var file = Dockerfile.Parse($"FROM a\nARG A=0\nENV A=1 E=\"\"\nCOPY <<F /f\n{text}\nF\n");
        var made = ClassicDockerfile.Of(file, NoArguments, NoBases).Files.Single();
        Assert.That((made.Path, made.Content), Is.EqualTo((".spark-heredocs/1/F", expected + "\n")));
    }

    [TestCase("ARG V=1\nFROM a\nCOPY <<F /\n[$V]\nF\n", "[]")]
    [TestCase("ARG V=1\nFROM a\nARG V\nCOPY <<F /\n[$V]\nF\n", "[given]")]
    [TestCase("FROM a\nARG V=$W\nARG W=2\nCOPY <<F /\n[$V$W]\nF\n", "[given2]")]
    [TestCase("FROM base:given\nCOPY <<F /\n[$OF]\nF\n", "[image]")]
    [TestCase("ARG V\nFROM base:$V\nENV OF=\"${OF}s $OF\"\nCOPY <<F /\n[$OF]\nF\n", "[images image]")]
    [TestCase("FROM a\nENV OLD form  \"x\"\nCOPY <<F /\n[$OLD]\nF\n", "[form  x]")]
    [TestCase("FROM a\nENV OF='$OF'\nCOPY <<'F' /\n[$OF]\nF\n", "[$OF]")]
    public void Variables_come_from_arguments_stages_and_base_images(string text, string expected)
    {
        var arguments = new Dictionary<string, string> { ["V"] = "given" };
        var bases = new Dictionary<string, DockerBase> { ["base:given"] = new(["OF=image"], []) };
        Assert.That(ClassicDockerfile.Of(Dockerfile.Parse(text), arguments, bases).Files.Single().Content, Is.EqualTo(expected + "\n"));
    }

    [TestCase("FROM a\nCOPY <<F /f\n${A%x}\nF\n", "line 2: COPY: ${A%…} is not supported without BuildKit")]
    [TestCase("FROM a\nCOPY <<F /f\n${A\nF\n", "line 2: COPY: ${A\n…} is not supported without BuildKit")]
    [TestCase("FROM a\nRUN x\nCOPY --from=b <<F /f\nF\n", "line 3: COPY: a here-document beside --from is not supported without BuildKit")]
    [TestCase("FROM a\nCOPY --chmod=u+x <<F /f\nF\n", "line 2: COPY: --chmod=u+x is not supported without BuildKit; write the mode in octal digits")]
    [TestCase("FROM a\nCOPY <<a/b /f\na/b\n", "line 2: COPY: a here-document called 'a/b' is not supported without BuildKit; give it a name of letters, digits, '.', '-' and '_'")]
    public void What_cannot_be_rewritten_is_named_with_its_line(string text, string message) =>
        Assert.That(() => ClassicDockerfile.Of(Dockerfile.Parse(text), NoArguments, NoBases), Throws.TypeOf<FormatException>().With.Message.EqualTo(message));
}
