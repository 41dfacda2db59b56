using System.Runtime.Versioning;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Processes;

[Platform(Exclude = "Win"), UnsupportedOSPlatform("windows")]
public sealed class HostFolderTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Test]
    public void Is_named_by_its_user_and_closed_to_others()
    {
        using var folder = new TemporaryFolder();
        var made = HostFolder.Make(folder.Path);
        File.SetUnixFileMode(made, OwnerOnly | UnixFileMode.OtherRead);

        Assert.That(HostFolder.Make(folder.Path), Is.EqualTo(made));
        Assert.That(Path.GetFileName(made), Does.Match("^spark-[0-9]+$"));
        Assert.That(File.GetUnixFileMode(made), Is.EqualTo(OwnerOnly));
    }

    [Test]
    public void A_link_in_its_place_is_refused()
    {
        using var folder = new TemporaryFolder();
        var made = HostFolder.Make(folder.Path);
        Directory.Delete(made);
        File.CreateSymbolicLink(made, Directory.CreateDirectory(folder["elsewhere"]).FullName);

        var refused = Assert.Throws<IOException>(() => HostFolder.Make(folder.Path));
        Assert.That(refused!.Message, Does.Contain(made).And.Contain("set TMPDIR"));
    }

    [Test]
    public async Task A_folder_of_another_user_is_refused()
    {
        OnlyRoot();
        using var folder = new TemporaryFolder();
        var made = HostFolder.Make(folder.Path);
        await ProgramRun.OutputAsync("chown", ["nobody", made]);

        var refused = Assert.Throws<IOException>(() => HostFolder.Make(folder.Path));
        Assert.That(refused!.Message, Does.Contain(made).And.Contain("belongs to another user"));
    }

    [Test]
    public async Task A_worker_whose_folder_belongs_to_another_user_says_so_and_ends()
    {
        OnlyRoot();
        using var folder = new TemporaryFolder();
        await ProgramRun.OutputAsync("chown", ["nobody", HostFolder.Make(folder.Path)]);
        var (code, _, error) = await ProgramRun.RunAsync(
            Path.Combine(AppContext.BaseDirectory, "spark-worker"), ["--roles", "sandbox"], folder.Path, new Dictionary<string, string?> { ["TMPDIR"] = folder.Path });

        Assert.That((code, error), Is.EqualTo((1, error)));
        Assert.That(error, Does.StartWith("spark-worker: ").And.Contain("belongs to another user"));
    }

    private static void OnlyRoot()
    {
        if (Environment.UserName != "root")
        {
            Requires.Missing("only root can give files to another user");
        }
    }
}
