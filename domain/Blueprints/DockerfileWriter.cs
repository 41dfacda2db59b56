using System.Text;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>
/// Writes the Dockerfile. The data is made while the image is built, and its builder is deleted afterwards. The oracle and
/// the tests are never part of the build context. Only plain instructions are used, so that a builder without BuildKit works
/// too.
/// </summary>
public static class DockerfileWriter
{
    private const string BuildFolder = "/tmp/spark-build";
    private const string PythonImages = "python:";

    /// <summary>Installed in every image: verifying must need no network.</summary>
    private static readonly string[] TestTools = ["python3", "python3-pytest"];

    public static string Write(TaskBlueprint blueprint, RenderOptions options)
    {
        var environment = blueprint.Environment;
        var pip = Merge(environment.PipPackages, options.Tools.Pip);
        var text = new StringBuilder();
        Line($"FROM {environment.BaseImage}");
        Line("RUN apt-get update \\");
        Line(" && apt-get install -y --no-install-recommends \\");
        foreach (var package in AptPackages(blueprint, options, pip))
        {
            Line($"    {package} \\");
        }

        Line(" && rm -rf /var/lib/apt/lists/*");
        if (pip.Count > 0)
        {
            Line($"RUN python3 -m pip install --no-cache-dir --break-system-packages {Quoted(pip)}");
        }

        if (blueprint.Verifier.PipPackages.Count > 0)
        {
            Line($"RUN /usr/bin/python3 -m pip install --no-cache-dir --target /opt/verifier {Quoted(Merge(blueprint.Verifier.PipPackages, []))}");
        }

        Line($"WORKDIR {environment.Workdir}");
        if (blueprint.SupportFiles.Count > 0)
        {
            Line($"COPY files/ {environment.Workdir.TrimEnd('/')}/");
        }

        if (TaskRenderer.HasBuilder(blueprint))
        {
            Line($"COPY {DataBuild.Path} {BuildFolder}/{DataBuild.Program}");
            Line($"RUN python3 {BuildFolder}/{DataBuild.Program} && rm -rf {BuildFolder}");
        }

        return text.ToString();

        void Line(string line) => text.Append(line).Append('\n');
    }

    private static List<string> AptPackages(TaskBlueprint blueprint, RenderOptions options, List<string> pip)
    {
        var forPip = (pip.Count > 0 && !blueprint.Environment.BaseImage.StartsWith(PythonImages, StringComparison.Ordinal)) || blueprint.Verifier.PipPackages.Count > 0;
        IReadOnlyList<string> needed = forPip ? [.. TestTools, "python3-pip"] : TestTools;
        return Merge(Merge(blueprint.Environment.AptPackages, options.Tools.Apt), needed);
    }

    /// <summary>Sorted, each once. A package listed with and without a version keeps the version.</summary>
    private static List<string> Merge(IReadOnlyList<string> first, IReadOnlyList<string> second) =>
        [.. first.Concat(second)
            .GroupBy(package => package.Split('=', 2)[0], StringComparer.OrdinalIgnoreCase)
            .Select(group => group.OrderByDescending(package => package.Contains('=', StringComparison.Ordinal)).First())
            .Order(StringComparer.Ordinal)];

    private static string Quoted(List<string> packages) => string.Join(' ', packages.Select(package => $"'{package}'"));
}
