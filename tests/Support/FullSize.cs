using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Memo;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Tests.Support;

/// <summary>
/// Neighbours that answer with as much as they may: ids as Docker's, commands, test summaries and memos at their limits.
/// For measuring histories, which must stay within their bounds with all of it.
/// </summary>
internal static class FullSize
{
    /// <summary>Makes a world so.</summary>
    /// <param name="world">The world.</param>
    /// <param name="store">Where its artifacts are.</param>
    /// <param name="turns">Turns of each attempt.</param>
    public static async Task ApplyAsync(FakeWorld world, IArtifactStore store, int turns)
    {
        var archive = await store.PutBytesAsync(new byte[1024], MediaTypes.Tar, CancellationToken.None);
        world.Settings = Settings;
        world.Tokens = new TokenUsage(118_432, 3_871, 101_376);
        world.CostPerCall = 0.0731845;
        world.Image = $"sha256:{Hash("image")}";
        world.ContainerId = number => Hash($"container {number}");
        world.Package = package => package with
        {
            QualifiedName = "spark-measured/a-task-with-a-rather-long-name",
            Environment = archive,
            Notes = ["task.toml: [metadata] keys are kept and not used.", "task.toml:14: 'memory' is an older spelling of 'memory_mb'."],
        };
        var turn = 0;
        world.Reply = (purpose, call, _) => purpose switch
        {
            LlmPurposes.Agent => Interlocked.Increment(ref turn) % (turns + 1) == 0 ? "I checked the output and am finished." : $"$ {Command(call)}",
            LlmPurposes.Reflect => Memo(call),
            _ => Memos.Skill,
        };
        var failed = await world.VerdictAsync(0, 3, 160);
        failed = failed with
        {
            Ctrf = await store.PutTextAsync(Ctrf(), CancellationToken.None, MediaTypes.Json),
            AgentLogs = archive,
            VerifierLogs = archive,
            Artifacts = archive,
            Notes = ["/logs was cut: 1,073,741,824 of 1,173,741,824 bytes are kept."],
        };
        world.Verdict = _ => failed;
    }

    /// <summary>A command as agents write them: a script of about 2,000 characters.</summary>
    public static string Command(int number) =>
        $"cat > /app/step_{number}.py <<'EOF'\n"
        + string.Concat(Enumerable.Range(1, 40).Select(line => $"value_{line} = read(\"part {line}\", {number * line})\n"))
        + $"EOF\npython3 /app/step_{number}.py --input /data/records.bin --output /app/out_{number}.json";

    /// <summary>A memo within a few characters of the longest that is allowed, with the facts of those before it.</summary>
    public static string Memo(int number) => Filled(number, string.Join('\n', Enumerable.Range(1, 30).Select(Fact)));

    /// <summary>A memo as long, which the rules refuse: before the first good one for its form, then for every fact it loses.</summary>
    public static string RefusedMemo(int number) => number <= 2
        ? Memo(number).Replace("### Current Error Pattern", "Current error pattern:", StringComparison.Ordinal)
        : Filled(number, "- Nothing is certain.");

    private static string Fact(int number) =>
        $"- The field at offset {number * 8} holds \"counter {number}\", little endian; "
        + "its checksum covers header, body and padding but not the trailer, which older writers leave empty and newer ones fill with zeros.";

    private static string Filled(int number, string facts)
    {
        var rest = MemoRules.MaxCharacters - 10 - Memos.With(facts, "", number).Length;
        var plan = new StringBuilder();
        for (var step = 1; plan.Length < rest; step++)
        {
            plan.Append($"{step}. Read record {step} of try {number} again and compare it with \"the index\".\n");
        }

        return Memos.With(facts, plan.ToString(0, rest).TrimEnd(), number);
    }

    private static readonly TaskSettings Settings = new()
    {
        AgentTimeoutSec = 3600,
        Cpus = 2,
        MemoryMb = 4096,
        StorageMb = 10240,
        AgentUser = "agent",
        Workdir = "/workspace/project",
        Env = new Dictionary<string, string> { ["OPENAI_API_KEY"] = "${OPENAI_API_KEY}", ["MODE"] = "${MODE:-offline}", ["PYTHONUNBUFFERED"] = "1" },
        VerifierEnv = new Dictionary<string, string> { ["EXPECTED_ROOT"] = "/workspace/project/out" },
        Healthcheck = new Healthcheck { Command = "curl -fsS http://localhost:8080/health || exit 1" },
        Artifacts = [new ArtifactPath("/workspace/project/out"), new ArtifactPath("/var/log/service.log")],
    };

    private static string Ctrf() => JsonSerializer.Serialize(new
    {
        results = new
        {
            tests = Enumerable.Range(1, 160).Select(test => new
            {
                name = $"tests/test_outputs.py::TestRecords::test_record_{test}_matches_the_index",
                status = "failed",
                message = $"AssertionError: record {test} is \"none\"",
            }),
        },
    });

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
