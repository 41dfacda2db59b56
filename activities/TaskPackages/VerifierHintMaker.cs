using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.TaskPackages;

/// <summary>
/// Makes the verifier hint: gathers tests, instruction, environment and what the oracle wrote, and lets Python take the
/// answers out of the tests.
/// </summary>
internal sealed class VerifierHintMaker(IArtifactStore store, IPythonRunner python, ILogger logger)
{
    /// <summary>Longest hint, in characters.</summary>
    public const int MostCharacters = 6_000;
    private const string TestScript = "test.sh";
    private const string UsualTests = "test_outputs.py";

    private static readonly string[] Modules = ["answers.py", "structure.py", "redact_python.py", "finish_python.py", "redact_shell.py"];

    /// <summary>Redacting takes well under a second; a file made to be slow must not hold a worker.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public async Task<VerifierHint> MakeAsync(VerifierHintRequest request, CancellationToken cancellationToken)
    {
        var tests = await TextFiles.ReadAsync(store, request.Package.Tests, binary: false, cancellationToken);
        var asked = new
        {
            Limit = MostCharacters,
            Instruction = await store.ReadTextAsync(request.Package.Instruction, cancellationToken),
            Environment = (await TextFiles.ReadAsync(store, request.Package.Environment, binary: false, cancellationToken)).Select(file => file.Text),
            Oracle = (await TextFiles.ReadAsync(store, request.OracleOutput, binary: true, cancellationToken)).Select(file => file.Text),
            Tests = PythonTests(tests),
            Script = tests.FirstOrDefault(file => file.Name == TestScript)?.Text,
        };
        var files = Modules.ToDictionary(name => name, name => Encoding.UTF8.GetBytes(Source(name)));
        files["request.json"] = JsonSerializer.SerializeToUtf8Bytes(asked, SparkJson.Options);
        var text = await RedactAsync(files, cancellationToken);
        return new VerifierHint(
            text is null ? null : await store.PutTextAsync(text, cancellationToken), SyntaxOnly: request.OracleOutput is null);
    }

    /// <summary>Runs the script. Tests that it cannot handle give no hint: no hint is better than one with answers.</summary>
    private async Task<string?> RedactAsync(Dictionary<string, byte[]> files, CancellationToken cancellationToken)
    {
        try
        {
            var result = await python.RunAsync(Source("hint.py"), files, Limit, cancellationToken);
            if (result.ExitCode == 0)
            {
                return JsonSerializer.Deserialize<HintAnswer>(result.Output, SparkJson.Options)?.Text;
            }

            logger.LogWarning("No verifier hint, the script ended with {ExitCode}: {Error}", result.ExitCode, Tail(result.Error));
        }
        catch (TimeoutException late)
        {
            logger.LogWarning("No verifier hint: {Reason}", late.Message);
        }

        return null;
    }

    /// <summary>The usual file when there is one, else all files that pytest would collect.</summary>
    private static List<TextFile> PythonTests(List<TextFile> tests)
    {
        var usual = tests.Where(file => file.Name == UsualTests).ToList();
        return usual.Count > 0
            ? usual
            : [.. tests.Where(file => Path.GetFileName(file.Name) is var name && name.EndsWith(".py", StringComparison.Ordinal)
                && (name.StartsWith("test_", StringComparison.Ordinal) || name.EndsWith("_test.py", StringComparison.Ordinal)))];
    }

    private static string Source(string name)
    {
        using var stream = typeof(VerifierHintMaker).Assembly.GetManifestResourceStream($"Hint/{name}")
            ?? throw new InvalidOperationException($"Hint/{name} is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static string Tail(string text) => text.Length <= 1_000 ? text : text[^1_000..];

    private sealed record HintAnswer(string? Text);
}
