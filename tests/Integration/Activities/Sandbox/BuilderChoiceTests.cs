using System.Runtime.Versioning;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Sandbox;

/// <summary>When BuildKit builds, and how it is asked.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class BuilderChoiceTests
{
    [TestCase(ImageBuilder.Auto, true, false, "RUN <<EOF\nx\nEOF\n", true)]
    [TestCase(ImageBuilder.Auto, true, false, "RUN --mount=type=cache,target=/x x\n", true)]
    [TestCase(ImageBuilder.Auto, true, false, "COPY --chmod=755 a b\n", true)]
    [TestCase(ImageBuilder.Auto, true, false, "COPY --chown=1 a b\n", false)]
    [TestCase(ImageBuilder.Auto, true, true, "RUN x\n", true)]
    [TestCase(ImageBuilder.Auto, false, true, "RUN <<EOF\nx\nEOF\n", false)]
    [TestCase(ImageBuilder.Classic, true, true, "RUN <<EOF\nx\nEOF\n", false)]
    [TestCase(ImageBuilder.BuildKit, false, false, "RUN x\n", true)]
    public void The_builder_is_chosen_by_what_the_host_has_and_the_Dockerfile_needs(ImageBuilder wanted, bool ready, bool limited, string steps, bool expected) =>
        Assert.That(BuildKitFeatures.Takes(wanted, ready, limited, Dockerfile.Parse($"FROM a\n{steps}")), Is.EqualTo(expected));

    [TestCase("Name:          default\nDriver:        docker\n\nNodes:\nName:             default\nEndpoint:         default\nStatus:           running\nBuildKit version: v0.16.0\n", true)]
    [TestCase("Name:          default\nDriver:        docker\n\nNodes:\nStatus:           inactive\n", false)]
    [TestCase("Name:          other\nDriver:        docker-container\nStatus:        running\n", false)]
    [TestCase("", false)]
    public void Engine_and_client_have_it_where_the_client_says_so(string inspected, bool expected) => Assert.That(BuildKitClient.IsReady(inspected), Is.EqualTo(expected));

    [Test]
    public async Task A_client_with_BuildKit_gets_the_context_the_names_and_its_errors_are_the_build_s()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["docker"], """
            #!/bin/sh
            case "$2" in
              inspect) printf 'Driver: docker\nStatus: running\n' ;;
              build) echo "$*" >&2; tar -tf - >&2; echo "#5 ERROR: step" >&2; echo "ERROR: failed to solve: exit code: 3" >&2; exit 1 ;;
            esac
            """);
        File.SetUnixFileMode(folder["docker"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var options = new SandboxOptions { BuildCgroup = "builds.slice" };
        var client = new BuildKitClient(new HostProgram(options, folder["docker"]), options);
        Assert.That(await client.IsReadyAsync(CancellationToken.None), Is.True);

        var context = new MemoryStream(TarPacker.Bytes(packer => packer.File("Dockerfile", "FROM a\n")));
        var printed = new List<string>();
        var spec = new BuildSpec("spark-environment:x", new Dictionary<string, string> { ["l"] = "1" }) { Arguments = new Dictionary<string, string> { ["A"] = "b c" } };
        var failure = await Assert.ThrowsAsync<ImageException>(() => client.BuildAsync(context, spec, text => { lock (printed) { printed.Add(text); } }, CancellationToken.None));
        Assert.That(failure!.Message, Is.EqualTo("ERROR: failed to solve: exit code: 3"));
        Assert.That(string.Concat(printed), Does.StartWith(
            "buildx build --builder default --load --progress plain --tag spark-environment:x --label l=1 --build-arg A=b c --cgroup-parent builds.slice -\nDockerfile\n"));
    }
}
