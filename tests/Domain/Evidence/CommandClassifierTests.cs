using Spark.Temporal.Domain.Evidence;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Domain.Evidence;

public sealed class CommandClassifierTests
{
    [TestCase("ls -la /root", CommandKind.Inspect)]
    [TestCase("cat a.txt | grep x | head -3", CommandKind.Inspect)]
    [TestCase("cat a.txt 2>/dev/null", CommandKind.Inspect)]
    [TestCase("sed -n '1,20p' a.py", CommandKind.Inspect)]
    [TestCase("grep '>' a.fasta", CommandKind.Inspect)]
    [TestCase("apt-get update && apt-get install -y jq", CommandKind.Install)]
    [TestCase("pip3 install --break-system-packages numpy", CommandKind.Install)]
    [TestCase("sudo -E apt-get -qq install jq", CommandKind.Install)]
    [TestCase("cat > solve.py <<'EOF'\nimport os\npip install x\nEOF", CommandKind.Write)]
    [TestCase("sed -i 's/a/b/' a.py", CommandKind.Write)]
    [TestCase("mkdir -p /app && cp a b", CommandKind.Write)]
    [TestCase("echo 42>answer.txt", CommandKind.Other)]
    [TestCase("echo 42 >> answer.txt", CommandKind.Write)]
    [TestCase("python3 solve.py --n 3", CommandKind.Run)]
    [TestCase("python3 - <<'EOF'\nprint(1 > 0)\nEOF", CommandKind.Run)]
    [TestCase("timeout -k 5 60 ./build/main", CommandKind.Run)]
    [TestCase("FOO=1 timeout 60 python3 x.py 2>&1", CommandKind.Run)]
    [TestCase("./run-all", CommandKind.Run)]
    [TestCase("python3 -m pytest -q", CommandKind.Verify)]
    [TestCase("python3 check_output.py", CommandKind.Verify)]
    [TestCase("diff a b", CommandKind.Verify)]
    [TestCase("make test", CommandKind.Verify)]
    [TestCase("cd /app && pwd", CommandKind.Other)]
    [TestCase("", CommandKind.Other)]
    [TestCase("'unclosed", CommandKind.Other)]
    public void Says_what_a_command_is_for(string command, CommandKind kind) =>
        Assert.That(CommandClassifier.Classify(command), Is.EqualTo(kind));

    [TestCase("\"\\")]
    [TestCase("test")]
    [TestCase("pip -a ")]
    [TestCase("a;")]
    [TestCase("<<E\n")]
    [TestCase("((")]
    [TestCase("'")]
    [TestCase("> ")]
    public void A_hostile_command_line_is_read_in_one_go(string piece)
    {
        var growth = Growth.Of(20_000, times => string.Concat(Enumerable.Repeat(piece, times)), command => CommandClassifier.Classify(command));
        Assert.That(growth, Is.LessThan(10), "four times the command");
    }
}
