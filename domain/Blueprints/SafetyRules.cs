using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>
/// Checks fields that go into a Dockerfile, a script or a path: they may hold only allowed characters and names. All
/// findings are blocking.
/// </summary>
public static class SafetyRules
{
    public const string TaskId = "task-id-invalid";
    public const string PathOutside = "path-outside-package";
    public const string PathTwice = "path-twice";
    public const string PackageName = "package-name-invalid";
    public const string DockerfileInjection = "dockerfile-injection";
    public const string OutputPath = "output-path-invalid";

    public static IEnumerable<CritiqueFinding> Check(TaskBlueprint blueprint)
    {
        if (PlainText.Slug(blueprint.TaskId) != blueprint.TaskId)
        {
            yield return CritiqueFinding.Blocking(TaskId, "task_id", $"'{PlainText.OneLine(blueprint.TaskId)}' cannot name a folder; write '{PlainText.Slug(blueprint.TaskId)}'");
        }

        if (OutputProblem(blueprint) is { } output)
        {
            yield return CritiqueFinding.Blocking(OutputPath, "output_path", $"'{PlainText.OneLine(blueprint.OutputPath)}' {output}");
        }

        if (!SafeNames.IsImage(blueprint.Environment.BaseImage))
        {
            yield return CritiqueFinding.Blocking(DockerfileInjection, "environment.base_image", $"'{PlainText.OneLine(blueprint.Environment.BaseImage)}' is not the name of an image");
        }

        if (SafeNames.AbsoluteProblem(blueprint.Environment.Workdir) is { } workdir)
        {
            yield return CritiqueFinding.Blocking(DockerfileInjection, "environment.workdir", $"'{PlainText.OneLine(blueprint.Environment.Workdir)}' {workdir}");
        }

        foreach (var finding in Packages(blueprint).Concat(Files(blueprint)))
        {
            yield return finding;
        }
    }

    private static string? OutputProblem(TaskBlueprint blueprint) =>
        SafeNames.AbsoluteProblem(blueprint.OutputPath)
        ?? (blueprint.OutputPath.Length < 2 ? "is not a file"
            : blueprint.OutputPath == blueprint.Environment.Workdir ? "is the working folder; name a file" : null);

    private static IEnumerable<CritiqueFinding> Packages(TaskBlueprint blueprint)
    {
        (string Where, IReadOnlyList<string> Names, Func<string, bool> IsName, string Form)[] lists =
        [
            ("environment.apt_packages", blueprint.Environment.AptPackages, SafeNames.IsAptPackage, "a Debian package's name"),
            ("environment.pip_packages", blueprint.Environment.PipPackages, SafeNames.IsPipPackage, "of the form name==version"),
            ("verifier.pip_packages", blueprint.Verifier.PipPackages, SafeNames.IsPipPackage, "of the form name==version"),
        ];
        return lists.SelectMany(list => list.Names
            .Select((name, index) => (Name: name, Where: $"{list.Where}[{index}]", list.IsName, list.Form))
            .Where(entry => !entry.IsName(entry.Name))
            .Select(entry => CritiqueFinding.Blocking(PackageName, entry.Where, $"'{PlainText.OneLine(entry.Name)}' is not {entry.Form}")));
    }

    private static IEnumerable<CritiqueFinding> Files(TaskBlueprint blueprint)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (file, index) in blueprint.SupportFiles.Select((file, index) => (file, index)))
        {
            var where = $"support_files[{index}].path";
            if (SafeNames.RelativeProblem(file.Path) is { } problem)
            {
                yield return CritiqueFinding.Blocking(PathOutside, where, $"'{PlainText.OneLine(file.Path)}' {problem}");
            }
            else if (!seen.Add(file.Path))
            {
                yield return CritiqueFinding.Blocking(PathTwice, where, $"'{file.Path}' appears twice");
            }
            else if (blueprint.SupportFiles.Any(other => other.Path.StartsWith(file.Path + "/", StringComparison.OrdinalIgnoreCase)))
            {
                yield return CritiqueFinding.Blocking(PathTwice, where, $"'{file.Path}' is a file and a folder at once");
            }
        }
    }
}
