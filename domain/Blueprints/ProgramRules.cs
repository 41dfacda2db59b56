using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>
/// Checks data builder and oracle: the Python parses, the data is always the same, and the oracle sees only what the agent
/// sees.
/// </summary>
public static class ProgramRules
{
    public const string DoesNotParse = "python-does-not-parse";
    public const string NotDeterministic = "data-not-deterministic";
    public const string NeedsNetwork = "data-needs-network";
    public const string OracleReadsHidden = "oracle-reads-hidden";
    public const string OracleNeedsNetwork = "oracle-needs-network";
    public const string OracleReadsNothing = "oracle-knows-the-answer";

    /// <summary>Modules that use the network.</summary>
    public static readonly string[] NetworkModules =
        ["requests", "urllib.request", "urllib3", "http.client", "socket", "ftplib", "smtplib", "httpx", "aiohttp", "websocket", "paramiko"];

    private static readonly string[] Clocks =
    [
        "time.time", "time.time_ns", "time.monotonic", "time.perf_counter", "time.ctime", "time.localtime", "time.gmtime", "time.strftime",
        "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
        "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
    ];

    private static readonly string[] Entropy =
        ["os.urandom", "os.getpid", "uuid.uuid1", "uuid.uuid4", "random.SystemRandom", "hash", "id", "tempfile.mkdtemp", "tempfile.mkstemp"];

    private static readonly string[] Reads = ["open", "read", "read_text", "read_bytes", "load", "loads", "read_csv", "connect", "run", "check_output", "imread", "loadtxt", "genfromtxt", "reader", "DictReader", "Popen", "glob", "iterdir", "listdir"];

    public static IEnumerable<CritiqueFinding> Check(TaskBlueprint blueprint, PythonFacts facts)
    {
        (string Where, PythonSource Source)[] sources =
            [("data_builder_python", facts.DataBuilder), ("oracle_python", facts.Oracle), ("verifier.test_code", facts.Tests)];
        foreach (var (where, source) in sources.Where(source => !source.Source.Parses))
        {
            yield return CritiqueFinding.Blocking(DoesNotParse, where, $"Python does not parse it: {source.Error}");
        }

        foreach (var finding in Builder(facts.DataBuilder).Concat(Oracle(blueprint, facts.Oracle)))
        {
            yield return finding;
        }
    }

    /// <summary>Why a call gives something else each time; null when it does not.</summary>
    public static string? Chance(PythonSource source, PythonCall call)
    {
        if (Clocks.Contains(call.Name))
        {
            return $"{call.Name} at line {call.Line} reads the clock; write a fixed time";
        }

        if (Entropy.Contains(call.Name) || call.Name.StartsWith("secrets.", StringComparison.Ordinal))
        {
            return $"{call.Name} at line {call.Line} differs from run to run";
        }

        return IsUnseeded(source, call)
            ? $"{call.Name} at line {call.Line} draws without a seed; draw from random.Random(<number>)"
            : null;
    }

    private static bool IsUnseeded(PythonSource source, PythonCall call)
    {
        if (call.Name is "random.Random" or "numpy.random.default_rng" or "numpy.random.RandomState" or "random.seed" or "numpy.random.seed" or "random.default_rng")
        {
            return call.Arguments == 0;
        }

        return (call.Name.StartsWith("random.", StringComparison.Ordinal) && !IsSeeded("random.seed"))
            || (call.Name.StartsWith("numpy.random.", StringComparison.Ordinal) && !IsSeeded("numpy.random.seed"));

        bool IsSeeded(string seed) => source.Calls.Any(other => other.Name == seed && other.Arguments > 0 && other.Line <= call.Line);
    }

    private static IEnumerable<CritiqueFinding> Builder(PythonSource builder)
    {
        foreach (var reason in builder.Calls.Select(call => Chance(builder, call)).OfType<string>())
        {
            yield return CritiqueFinding.Blocking(NotDeterministic, "data_builder_python", reason);
        }

        foreach (var line in builder.UnorderedLines)
        {
            yield return CritiqueFinding.Blocking(NotDeterministic, "data_builder_python", $"line {line} depends on the order of a set or of a folder; sort it");
        }

        if (Network(builder) is { } module)
        {
            yield return CritiqueFinding.Blocking(NeedsNetwork, "data_builder_python", $"it uses {module}; data must be made without a network");
        }
    }

    /// <summary>The module or call through which a source reaches the network; null when it does not.</summary>
    public static string? Network(PythonSource source) =>
        source.Imports.FirstOrDefault(import => NetworkModules.Any(module => import == module || import.StartsWith(module + ".", StringComparison.Ordinal)))
        ?? source.Calls.FirstOrDefault(call => call.Name.StartsWith("urllib.request.", StringComparison.Ordinal) || (IsShell(call) && call.Strings.Any(IsDownload)))?.Name;

    public static bool IsShell(PythonCall call) =>
        call.Name.StartsWith("subprocess.", StringComparison.Ordinal) || call.Name is "os.system" or "os.popen" || call.Name.StartsWith("os.exec", StringComparison.Ordinal) || call.Name.StartsWith("os.spawn", StringComparison.Ordinal);

    private static bool IsDownload(string text) =>
        text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Any(word => word is "curl" or "wget" or "pip" or "pip3" or "git" or "apt-get" or "apt" or "npm" || word.StartsWith("http://", StringComparison.Ordinal) || word.StartsWith("https://", StringComparison.Ordinal));

    private static IEnumerable<CritiqueFinding> Oracle(TaskBlueprint blueprint, PythonSource oracle)
    {
        foreach (var text in oracle.Strings.Where(VerifierRules.IsHidden))
        {
            yield return CritiqueFinding.Blocking(OracleReadsHidden, "oracle_python", $"'{PlainText.OneLine(text)}' is a place that the agent cannot look at");
        }

        if (Network(oracle) is { } module)
        {
            yield return new CritiqueFinding(
                OracleNeedsNetwork, blueprint.Environment.AllowInternet ? CritiqueSeverity.Warning : CritiqueSeverity.Blocking,
                "oracle_python", $"it uses {module}");
        }

        var hasInput = TaskRenderer.HasBuilder(blueprint) || blueprint.SupportFiles.Count > 0;
        if (oracle.Parses && hasInput && !oracle.Calls.Any(call => IsRead(blueprint, call)))
        {
            yield return new CritiqueFinding(OracleReadsNothing, CritiqueSeverity.Warning, "oracle_python", "it reads none of the task's files; a solution computes the result from them");
        }
    }

    private static bool IsRead(TaskBlueprint blueprint, PythonCall call) =>
        Reads.Contains(call.Name.Split('.')[^1]) && !(call.Name == "open" && call.Strings.Contains(blueprint.OutputPath));
}
