using System.Text;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>
/// Makes the Harbor folder of a blueprint. The same blueprint and options give the same bytes. What an operator may want to
/// change is where Harbor's users look for it: limits in <c>task.toml</c>, the image in its Dockerfile, data in
/// <c>environment/</c>.
/// </summary>
public static class TaskRenderer
{
    public const string TaskToml = "task.toml";
    public const string BuilderPath = $"environment/{DataBuild.Path}";
    public const string OraclePath = "solution/oracle.py";
    public const string TestsPath = "tests/test_outputs.py";
    private const string FilesRoot = "environment/files/";

    /// <exception cref="FormatException">A field cannot be written safely; the message names it by its JSON path.</exception>
    public static IReadOnlyList<RenderedFile> Render(TaskBlueprint blueprint, RenderOptions options)
    {
        Refuse(blueprint, options);
        var files = new List<RenderedFile>
        {
            Source(TaskPackageReader.Instruction, blueprint.InstructionMd),
            Source(TaskToml, TaskTomlWriter.Write(blueprint, options)),
            Source(TaskPackageReader.Dockerfile, DockerfileWriter.Write(blueprint, options)),
            Source(TaskPackageReader.SolutionScript, Solve(blueprint), executable: true),
            Source(OraclePath, blueprint.OraclePython),
            Source(TaskPackageReader.TestScript, TestScript, executable: true),
            Source(TestsPath, blueprint.Verifier.TestCode),
        };
        if (HasBuilder(blueprint))
        {
            files.Add(Source(BuilderPath, blueprint.DataBuilderPython));
        }

        files.AddRange(blueprint.SupportFiles.Select(file =>
            new RenderedFile(FilesRoot + file.Path, Encoding.UTF8.GetBytes(file.Content), file.Executable)));
        return [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    /// <summary>The same folder with the numbers of its proof under <c>[metadata.proof]</c>.</summary>
    public static IReadOnlyList<RenderedFile> WithProof(IReadOnlyList<RenderedFile> files, ProofNumbers proof) =>
        [.. files.Select(file => file.Path == TaskToml ? Source(TaskToml, TaskTomlWriter.WithProof(file.Text, proof)) : file)];

    public static bool HasBuilder(TaskBlueprint blueprint) => !string.IsNullOrWhiteSpace(blueprint.DataBuilderPython);

    /// <summary>
    /// Safety does not depend on the critique: a field that would leave the folder or break out of the Dockerfile is refused
    /// here too.
    /// </summary>
    private static void Refuse(TaskBlueprint blueprint, RenderOptions options)
    {
        var unsafeFields = SafetyRules.Check(blueprint)
            .Concat(options.Tools.Apt.Where(name => !SafeNames.IsAptPackage(name)).Select(name => CritiqueFinding.Blocking(SafetyRules.PackageName, "tools", $"'{name}' is not a package's name")))
            .ToList();
        if (unsafeFields.Count > 0)
        {
            throw new FormatException($"The blueprint cannot be rendered: {string.Join("; ", unsafeFields.Select(finding => $"$.{finding.Where}: {finding.Message}"))}");
        }
    }

    private static string Solve(TaskBlueprint blueprint)
    {
        var slash = blueprint.OutputPath.LastIndexOf('/');
        return $"""
            #!/bin/bash
            # Solves the task; only the oracle sees this folder.
            set -eu
            here=$(cd "$(dirname "$0")" && pwd)
            mkdir -p "{(slash <= 0 ? "/" : blueprint.OutputPath[..slash])}"
            cd "{blueprint.Environment.Workdir}"
            python3 "$here/oracle.py"
            """;
    }

    /// <summary>
    /// Debian's own Python runs the tests, so a base image with another one changes nothing. Files in the agent's folder (a
    /// conftest.py, a json.py) are neither read nor imported. A run without a verdict leaves no reward: it is an error, not
    /// a zero.
    /// </summary>
    private const string TestScript = """
        #!/bin/bash
        # Runs the tests and writes the reward: 1 when all pass, else 0.
        mkdir -p /logs/verifier
        rm -f /logs/verifier/reward.txt
        here=$(cd "$(dirname "$0")" && pwd)
        unset PYTEST_ADDOPTS PYTEST_PLUGINS PYTHONSTARTUP
        export PYTHONPATH=/opt/verifier PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1
        report=()
        if /usr/bin/python3 -c 'import pytest_json_ctrf' 2>/dev/null; then
            report=(--ctrf /logs/verifier/ctrf.json)
        fi
        /usr/bin/python3 -m pytest -c /dev/null --rootdir="$here" --confcutdir="$here" -p no:cacheprovider -rA "${report[@]}" "$here/test_outputs.py"
        case $? in
            0) echo 1 > /logs/verifier/reward.txt ;;
            1|2) echo 0 > /logs/verifier/reward.txt ;;
            *) echo "pytest gave no verdict" >&2 ;;
        esac
        exit 0
        """;

    /// <summary>A text file with LF line ends and one at its end.</summary>
    private static RenderedFile Source(string path, string text, bool executable = false)
    {
        var unix = text.TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').TrimEnd('\n');
        return new RenderedFile(path, Encoding.UTF8.GetBytes(unix + "\n"), executable);
    }
}
