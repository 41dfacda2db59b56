using System.CommandLine;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Configuration;
using Spark.Temporal.Wire.Encryption;

namespace Spark.Temporal.Starter.Keys;

/// <summary><c>spark keys</c>: the key file that payloads are encrypted with. No command prints a key.</summary>
internal static class KeysCommands
{
    public static Command Create(CliOutput output)
    {
        var command = new Command("keys", $"The key file that payloads are encrypted with; {EncryptionKeys.Variable} names it to spark and spark-worker.");
        command.Add(New(output));
        command.Add(Add(output));
        command.Add(Activate(output));
        command.Add(List(output));
        return command;
    }

    private static Command New(CliOutput output)
    {
        var (file, id, json) = (FileArgument(), IdOption(), CommonOptions.Json());
        var command = new Command(
            "new",
            $"""
            Make a key file with one key, readable by its owner alone. Keep a copy: what is encrypted with a lost key is lost.

            Example:
              spark keys new spark-keys.json
              export {EncryptionKeys.Variable}=$PWD/spark-keys.json
            """) { file, id, json };
        command.SetAction(parsed => Run(() =>
        {
            var keys = EncryptionKeys.Create(parsed.GetValue(file)!, parsed.GetValue(id) ?? KeyFiles.NewId(), KeyFiles.NewKey());
            KeyFiles.Create(keys);
            Print(output, keys, parsed.GetValue(json));
        }));
        return command;
    }

    private static Command Add(CliOutput output)
    {
        var (file, id, json) = (FileArgument(), IdOption(), CommonOptions.Json());
        var command = new Command(
            "add",
            """
            Add a key to a key file. It encrypts only after it is activated: first give the file to every process and start them
            again, then activate it, then give it to them once more.

            Example:
              spark keys add spark-keys.json
            """) { file, id, json };
        command.SetAction(parsed => Run(() =>
        {
            var keys = KeyFiles.Read(parsed.GetValue(file)!).With(parsed.GetValue(id) ?? KeyFiles.NewId(), KeyFiles.NewKey());
            KeyFiles.Replace(keys);
            Print(output, keys, parsed.GetValue(json));
        }));
        return command;
    }

    private static Command Activate(CliOutput output)
    {
        var (file, json) = (FileArgument(), CommonOptions.Json());
        var id = new Argument<string>("ID") { Description = "Id of a key in the file." };
        var command = new Command("activate", "Encrypt with this key from now on; the others still decrypt.\n\nExample:\n  spark keys activate spark-keys.json 20270101-3f9a") { file, id, json };
        command.SetAction(parsed => Run(() =>
        {
            var keys = KeyFiles.Read(parsed.GetValue(file)!).Activate(parsed.GetValue(id)!);
            KeyFiles.Replace(keys);
            Print(output, keys, parsed.GetValue(json));
        }));
        return command;
    }

    private static Command List(CliOutput output)
    {
        var (file, json) = (FileArgument(), CommonOptions.Json());
        var command = new Command("list", "The ids in a key file.\n\nExample:\n  spark keys list spark-keys.json") { file, json };
        command.SetAction(parsed => Run(() => Print(output, KeyFiles.Read(parsed.GetValue(file)!), parsed.GetValue(json))));
        return command;
    }

    private static Argument<string> FileArgument() => new("FILE") { Description = "The key file." };

    private static Option<string?> IdOption() => new("--id") { Description = "Id of the key. Default: the day and four random digits." };

    private static int Run(Action work)
    {
        try
        {
            work();
            return ExitCodes.Good;
        }
        catch (FormatException mistake)
        {
            throw new CliException(mistake.Message);
        }
    }

    private static void Print(CliOutput output, EncryptionKeys keys, bool json)
    {
        if (KeyFiles.OthersCanRead(keys.Path))
        {
            output.Note($"{keys.Path} can be read by users other than its owner; fix that with: chmod 600 {keys.Path}");
        }

        if (json)
        {
            output.Json(new { keys.Path, Active = keys.ActiveId, Keys = keys.Ids });
            return;
        }

        output.Line(keys.Path);
        foreach (var id in keys.Ids)
        {
            output.Line($"  {id}{(id == keys.ActiveId ? "  active" : "")}");
        }
    }
}
