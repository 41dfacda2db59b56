using System.Globalization;
using System.Text;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>
/// Checks that numbers and sizes stay within what a shared host gives one task, that packages have versions, and that the
/// base image is known.
/// </summary>
public static class LimitRules
{
    public const string OutOfRange = "limit-out-of-range";
    public const string TooLong = "field-too-long";
    public const string Unpinned = "package-unpinned";
    public const string OutOfSight = "library-out-of-sight";

    /// <summary>Bytes of one field, and of all support files together.</summary>
    private const int MostField = 128 * 1024;
    private const int MostFiles = 512 * 1024;

    public static IEnumerable<CritiqueFinding> Check(TaskBlueprint blueprint)
    {
        var environment = blueprint.Environment;
        (string Where, double Value, double Least, double Most)[] limits =
        [
            ("environment.build_timeout_sec", environment.BuildTimeoutSec, 10, 1_800),
            ("environment.cpus", environment.Cpus, 0.1, 8),
            ("environment.memory_mb", environment.MemoryMb, 64, 16_384),
            ("environment.storage_mb", environment.StorageMb, 64, 20_480),
            ("verifier.timeout_sec", blueprint.Verifier.TimeoutSec, 5, 1_800),
            ("agent_timeout_sec", blueprint.AgentTimeoutSec, 30, 14_400),
        ];
        foreach (var (where, value, least, most) in limits)
        {
            if (!(value >= least && value <= most))
            {
                yield return CritiqueFinding.Blocking(OutOfRange, where, string.Create(CultureInfo.InvariantCulture, $"{value} is not between {least} and {most}"));
            }
        }

        if (!CritiqueRules.BaseImages.Contains(environment.BaseImage))
        {
            yield return CritiqueFinding.Blocking(CritiqueRules.BaseImage, "environment.base_image",
                $"'{PlainText.OneLine(environment.BaseImage)}' is not one of {string.Join(", ", CritiqueRules.BaseImages)}{NearMatches.Remedy(environment.BaseImage, CritiqueRules.BaseImages)}");
        }

        if (environment.BaseImage.StartsWith("python:", StringComparison.Ordinal) && environment.AptPackages.Any(IsPythonLibrary))
        {
            yield return new CritiqueFinding(
                OutOfSight, CritiqueSeverity.Warning, "environment.apt_packages",
                "the image's own python3 does not see Debian's python3-… packages; start from debian:bookworm-slim, or use pip_packages");
        }

        foreach (var finding in Lengths(blueprint).Concat(Pins(blueprint)))
        {
            yield return finding;
        }
    }

    private static bool IsPythonLibrary(string package) =>
        package.StartsWith("python3-", StringComparison.Ordinal) && package is not ("python3-pip" or "python3-venv" or "python3-pytest");

    private static IEnumerable<CritiqueFinding> Lengths(TaskBlueprint blueprint)
    {
        (string Where, string Value)[] texts =
        [
            ("instruction_md", blueprint.InstructionMd), ("data_builder_python", blueprint.DataBuilderPython),
            ("oracle_python", blueprint.OraclePython), ("verifier.test_code", blueprint.Verifier.TestCode),
        ];
        foreach (var (where, value) in texts.Where(text => Encoding.UTF8.GetByteCount(text.Value) > MostField))
        {
            yield return CritiqueFinding.Blocking(TooLong, where, $"has more than {MostField:N0} bytes");
        }

        if (blueprint.SupportFiles.Sum(file => (long)Encoding.UTF8.GetByteCount(file.Content)) > MostFiles)
        {
            yield return CritiqueFinding.Blocking(TooLong, "support_files", $"have more than {MostFiles:N0} bytes together; make data with data_builder_python");
        }
    }

    private static IEnumerable<CritiqueFinding> Pins(TaskBlueprint blueprint) =>
        new[] { ("environment.pip_packages", blueprint.Environment.PipPackages), ("verifier.pip_packages", blueprint.Verifier.PipPackages) }
            .SelectMany(list => list.Item2.Select((name, index) => (Name: name, Where: $"{list.Item1}[{index}]")))
            .Where(package => SafeNames.IsPipPackage(package.Name) && !SafeNames.IsPinned(package.Name))
            .Select(package => CritiqueFinding.Blocking(Unpinned, package.Where, $"'{package.Name}' has no version; write {package.Name}==<version>"));
}
