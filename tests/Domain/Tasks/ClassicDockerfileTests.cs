using System.Text.Json;
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

    [TestCase("$1a ${2}b $@ $* ${#}|", "a b   |")]
    [TestCase("${A:+s} ${E:+s} ${E+s} ${N:+s}|", "s  s |")]
    [TestCase("${A?no} ${A:?no} ${E?no} ${A-x} ${B:-'$A'}", "1 1  1 '1'")]
    [TestCase("a\\", "a\n")]
    public void Forms_of_variables_in_a_file(string text, string expected)
    {
        var file = Dockerfile.Parse($"FROM a\nENV A=1 E=\nCOPY <<F /f\n{text}\nF\n");
        Assert.That(ClassicDockerfile.Of(file, NoArguments, NoBases).Files.Single().Content, Is.EqualTo(expected.EndsWith('\n') ? expected : expected + "\n"));
    }

    [TestCase("A=\"1 2\" B=3\\ 4 C='5 \"6\"' D=\"7 \\\"8\\\" \\9 '\"", "1 2|3 4|5 \"6\"|7 \"8\" \\9 '")]
    [TestCase("A=  B=\"$X\"'$X'$X C=a\"b\"c D=\\$X", "|x$Xx|abc|$X")]
    [TestCase("A B=2 C", "B=2 C|||")]
    [TestCase("A=1 B C=3", "1||3|")]
    [TestCase("A\t1 2", "1 2|||")]
    public void Words_of_ENV(string pairs, string expected)
    {
        var file = Dockerfile.Parse($"FROM a\nENV X=x\nENV {pairs}\nCOPY <<F /f\n$A|$B|$C|$D\nF\n");
        Assert.That(ClassicDockerfile.Of(file, NoArguments, NoBases).Files.Single().Content, Is.EqualTo(expected + "\n"));
    }

    [TestCase("#!/bin/x", "exec '/bin/x' \\\"$f\\\"\",\"sh\",\"E\"", "E")]
    [TestCase("#! /usr/bin/env  python3 -u", "exec '/usr/bin/env' 'python3 -u' \\\"$f\\\"\",\"sh\",\"E\"", "E")]
    [TestCase("#!/o'x", "exec '/o'\\\\''x' \\\"$f\\\"\",\"sh\",\"script\"", "E/1")]
    public void A_script_of_its_own_is_called_as_the_kernel_would(string line, string expected, string name)
    {
        var file = Dockerfile.Parse($"FROM a\nRUN --network=none <<{name}\n{line}\nx\n{name}\n");
        var made = ClassicDockerfile.Of(file, NoArguments, NoBases).Text;
        Assert.That(made, Does.StartWith("FROM a\nRUN --network=none [\"/bin/sh\",\"-c\",").And.Contain(expected).And.Contain($",\"{line}\\nx\\n\"]"));
    }

    [Test]
    public void A_long_script_is_parted_where_no_escape_can_begin()
    {
        var body = string.Concat(Enumerable.Range(0, 6000).Select(line => $"echo \"{line}\" # {new string('=', line % 5)}\n"));
        var file = Dockerfile.Parse($"# escape=`\nFROM a\nRUN <<E\n#!/bin/sh\n{body}E\nRUN <<E\n{new string('.', 20_000)}\nE\n");
        var made = ClassicDockerfile.Of(file, NoArguments, NoBases).Text;
        Assert.That(made.Split('\n').Max(line => line.Length), Is.LessThanOrEqualTo(12_001));
        var words = JsonSerializer.Deserialize<string[]>(made.Split("RUN ")[1].Replace("`\n", "", StringComparison.Ordinal))!;
        Assert.That(string.Concat(words[5..]), Is.EqualTo($"#!/bin/sh\n{body}"));
        Assert.That(words[5..].Max(word => word.Length), Is.LessThanOrEqualTo(30_000));
    }

    [TestCase("COPY --chmod=755 <<A <<'B' /d/\n$X\nA\n$X\nB\n", "COPY .spark-heredocs/1/A .spark-heredocs/2/B /d/", "x\n|$X\n", 0x1ED)]
    [TestCase("COPY --chmod=$M <<A /d/\nA\n", "COPY .spark-heredocs/1/A /d/", "", 0x180)]
    [TestCase("ADD --link --chown=u --chmod=0600 <<A b /d/\nA\n", "ADD --chown=u --chmod=0600 .spark-heredocs/1/A b /d/", "", 0x1A4)]
    public void Files_of_COPY_keep_the_mode_they_are_given(string copy, string expected, string contents, int mode)
    {
        var made = ClassicDockerfile.Of(Dockerfile.Parse($"FROM a\nENV X=x M=600\n{copy}"), NoArguments, NoBases);
        Assert.That(made.Text, Is.EqualTo($"FROM a\nENV X=x M=600\n{expected}\n"));
        Assert.That(string.Join('|', made.Files.Select(file => file.Content)), Is.EqualTo(contents));
        Assert.That(made.Files.Select(file => (int)file.Mode).Distinct(), Is.EqualTo(new[] { mode }));
    }

    [TestCase("FROM a\nRUN x\n", false)]
    [TestCase("FROM a\nRUN <<E\nE\n", true)]
    [TestCase("FROM a\nCOPY --link a b\n", true)]
    [TestCase("FROM a\nRUN --link x\n", false)]
    public void Is_needed_for_here_documents_and_links(string text, bool needed) => Assert.That(ClassicDockerfile.IsNeeded(Dockerfile.Parse(text)), Is.EqualTo(needed));

    [TestCase("ARG T=1\nARG U\nFROM a:$T AS x\nFROM x\nFROM scratch\nFROM b:${U:-2}\nFROM a:1\nFROM ${N}\n", "a:1 b:2")]
    [TestCase("ARG T=1\nFROM a:$T\nARG T\nFROM a:$T\n", "a:1")]
    public void Images_that_stages_are_based_on(string text, string expected) =>
        Assert.That(string.Join(' ', ClassicDockerfile.Bases(Dockerfile.Parse(text), NoArguments)), Is.EqualTo(expected));

    [TestCase("RUN x\n", true, false, "")]
    [TestCase("RUN --mount=type=cache,target=/c x\n", false, true, "line 2: RUN --mount")]
    [TestCase("COPY --link --parents a b\n", false, true, "line 2: COPY --parents")]
    [TestCase("COPY --chmod=1 <<E b\nE\nCOPY --chmod=1 a b\n", false, true, "line 4: COPY --chmod")]
    [TestCase("ADD --checksum=x a b\nUSER u\n", false, true, "line 2: ADD --checksum")]
    public void What_only_BuildKit_can_do(string text, bool limitedOnly, bool takes, string missing)
    {
        var file = Dockerfile.Parse("FROM a\n" + text);
        Assert.That(string.Join(", ", BuildKitFeatures.Missing(file)), Is.EqualTo(missing));
        Assert.That(BuildKitFeatures.Takes(ImageBuilder.Auto, ready: true, limited: false, file), Is.EqualTo(takes));
        Assert.That(BuildKitFeatures.Takes(ImageBuilder.Auto, ready: true, limited: true, file), Is.True, limitedOnly ? "BuildKit where nothing speaks against it" : "");
        Assert.That(BuildKitFeatures.Takes(ImageBuilder.Auto, ready: false, limited: true, file), Is.False);
        Assert.That(BuildKitFeatures.Takes(ImageBuilder.BuildKit, ready: false, limited: false, file), Is.True);
        Assert.That(BuildKitFeatures.Takes(ImageBuilder.Classic, ready: true, limited: true, file), Is.False);
    }

    [TestCase("FROM a:${T\n", "line 1: FROM: '}' is missing")]
    [TestCase("FROM a\nENV A='x\n", "line 2: ENV: a single quote has no end")]
    [TestCase("FROM a\nENV A=\"x\n", "line 2: ENV: a double quote has no end")]
    [TestCase("FROM a\nENV A=${B:\n", "line 2: ENV: '}' is missing")]
    [TestCase("FROM a\nENV A=${B:-x\n", "line 2: ENV: '}' is missing")]
    [TestCase("FROM a\nENV A=${}\n", "line 2: ENV: ${}…} is not supported without BuildKit")]
    [TestCase("FROM a\nENV A=${B:#x}\n", "line 2: ENV: ${B:#…} is not supported without BuildKit")]
    [TestCase("FROM a\nENV A=${B?}\n", "line 2: ENV: B: is not set")]
    [TestCase("FROM a\nENV B=\nENV A=${B:?given-nothing}\n", "line 3: ENV: B: given-nothing")]
    [TestCase("FROM a\nCOPY <<F /f\n${A%x}\nF\n", "line 2: COPY: ${A%…} is not supported without BuildKit")]
    [TestCase("FROM a\nCOPY <<F /f\n${A\nF\n", "line 2: COPY: ${A\n…} is not supported without BuildKit")]
    [TestCase("FROM a\nRUN x\nCOPY --from=b <<F /f\nF\n", "line 3: COPY: a here-document beside --from is not supported without BuildKit")]
    [TestCase("FROM a\nCOPY --chmod=u+x <<F /f\nF\n", "line 2: COPY: --chmod=u+x is not supported without BuildKit; write the mode in octal digits")]
    [TestCase("FROM a\nCOPY <<a/b /f\na/b\n", "line 2: COPY: a here-document called 'a/b' is not supported without BuildKit; give it a name of letters, digits, '.', '-' and '_'")]
    public void What_cannot_be_rewritten_is_named_with_its_line(string text, string message) =>
        Assert.That(() => ClassicDockerfile.Of(Dockerfile.Parse(text), NoArguments, NoBases), Throws.TypeOf<FormatException>().With.Message.EqualTo(message));
}
