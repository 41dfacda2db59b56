using System.Runtime.Versioning;
using System.Text.Json;
using Spark.Temporal.Starter;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Keys;

[UnsupportedOSPlatform("windows")]
public sealed class KeysCommandsTests
{
    [Test]
    public async Task A_key_file_is_made_for_its_owner_alone_and_no_key_is_printed()
    {
        using var folder = new TemporaryFolder();
        var file = folder["keys.json"];

        var made = await RunAsync("keys", "new", file, "--id", "first");
        var added = await RunAsync("keys", "add", file, "--id", "second");
        var activated = await RunAsync("keys", "activate", file, "second");
        var listed = await RunAsync("keys", "list", file, "--json");

        Assert.That(File.GetUnixFileMode(file), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.That(JsonDocument.Parse(listed.Output).RootElement.GetProperty("active").GetString(), Is.EqualTo("second"));
        Assert.That(Directory.GetFiles(folder.Path), Is.EqualTo(new[] { file }), "nothing else is left");
        Assert.That(made.Output, Is.EqualTo($"{file}\n  first  active\n"));
        Assert.That(activated.Output, Is.EqualTo($"{file}\n  first\n  second  active\n"));
        foreach (var key in JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("keys").EnumerateObject())
        {
            Assert.That(key.Value.GetBytesFromBase64(), Has.Length.EqualTo(32));
            Assert.That(made.Output + added.Output + activated.Output + listed.Output, Does.Not.Contain(key.Value.GetString()));
        }
    }

    [Test]
    public async Task An_existing_file_is_not_overwritten()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("keys.json", "precious");

        var made = await RunAsync("keys", "new", file);

        Assert.That((made.ExitCode, File.ReadAllText(file)), Is.EqualTo((1, "precious")));
        Assert.That(made.Error, Does.Contain("spark keys add"));
    }

    [Test]
    public async Task A_file_that_others_can_read_is_noted()
    {
        using var folder = new TemporaryFolder();
        var file = folder["keys.json"];
        await RunAsync("keys", "new", file);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        Assert.That((await RunAsync("keys", "list", file)).Error, Does.Contain($"chmod 600 {file}"));
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var exitCode = await RootCommands.RunAsync(arguments, new CliOutput(output, error), CancellationToken.None);
        JsonOutputs.Check(arguments, output.ToString(), error.ToString());
        return (exitCode, output.ToString(), error.ToString());
    }
}
