using System.CommandLine;
using System.Globalization;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Configuration;
using Spark.Temporal.Starter.Dashboard;
using Spark.Temporal.Starter.Demo;
using Spark.Temporal.Starter.Doctor;
using Spark.Temporal.Starter.Eval;
using Spark.Temporal.Starter.Keys;
using Spark.Temporal.Starter.Limits;
using Spark.Temporal.Starter.Models;
using Spark.Temporal.Starter.Pdi;
using Spark.Temporal.Starter.Runs;
using Spark.Temporal.Starter.Serve;
using Spark.Temporal.Starter.Skills;
using Spark.Temporal.Starter.Tasks;
using Spark.Temporal.Starter.Trials;
using Spark.Temporal.Wire.Encryption;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter;

/// <summary>The command tree; each group of commands has a folder of its own.</summary>
internal static class RootCommands
{
    private const string PrintConfig = "--print-config";

    public static RootCommand Create(CliOutput output)
    {
        var root = new RootCommand("Spark.Temporal: verified skills and benchmark tasks from LLM agents, as durable workflows.");
        root.Add(UpCommand.Create(output));
        root.Add(DownCommand.Create(output));
        root.Add(DoctorCommand.Create(output));
        root.Add(KeysCommands.Create(output));
        root.Add(CodecServerCommand.Create(output));
        root.Add(RunsCommands.Create(output));
        root.Add(LimitsCommands.Create(output));
        root.Add(ModelsCommand.Create(output));
        root.Add(DashboardCommand.Create(output));
        root.Add(PdiCommands.Create(output));
        root.Add(SkillsCommands.Create(output));
        root.Add(ScriptedModelCommand.Create(output));
        root.Add(TasksCommands.Create(output));
        root.Add(TrialCommands.Create(output));
        root.Add(EvalCommands.Create(output));
        root.Add(DemoCommand.Create(output));
        root.Add(CompletionCommand.Create(output));
        root.Add(new Option<string?>(Settings.FileOption)
        {
            Description = $"Configuration file. Default: {SparkToml.FileName} of the working folder, where there is one.",
            Recursive = true,
        });
        root.Add(new Option<bool>(PrintConfig) { Description = "Print every option's value and where it comes from; do nothing.", Recursive = true });
        GroupHelp.AddTo(root);
        ValueChecks.AddTo(root);
        return root;
    }

    /// <summary>Parses and runs; a failure that a user can fix is printed as one line, any other with its type.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliOutput output, CancellationToken cancellationToken)
    {
        var json = arguments.Any(argument => argument is "--json" or "--json=true");
        try
        {
            var settings = Settings.Read(Create(output), arguments, Environment.CurrentDirectory);
            var parsed = settings.Parsed;
            if (parsed.GetValue<bool>(PrintConfig))
            {
                Print(settings.List(), json, output);
                return ExitCodes.Good;
            }

            if (WrongUsage.Of(parsed, arguments) is { } wrong)
            {
                return output.Fail(wrong, json, ExitCodes.Usage);
            }

            // Only Program handles signals: two listeners would race, and an interrupted command must know that it was interrupted.
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = output.Out, Error = output.Error },
                cancellationToken);
        }
        catch (CliException mistake)
        {
            return output.Fail(mistake.Message, json, mistake.ExitCode);
        }
        catch (EncryptionException closed)
        {
            return output.Fail(closed.Message, json);
        }
        catch (Exception interrupted) when (interrupted is OperationCanceledException or RpcException && cancellationToken.IsCancellationRequested)
        {
            // The user who interrupts knows it; a program that reads the output may not.
            if (json)
            {
                output.Json(new { Error = new { Message = "interrupted", ExitCode = ExitCodes.Interrupted } });
            }

            return ExitCodes.Interrupted;
        }
        catch (RpcException failed)
        {
            return output.Fail($"the Temporal server answers {failed.Code}: {failed.Message}", json);
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            return output.Fail(closed.Message, json);
        }
        catch (Exception unexpected)
        {
            var code = output.Fail($"unexpected {unexpected.GetType().Name}: {unexpected.Message}", json);
            output.Note($"{unexpected.StackTrace}");
            return code;
        }
    }

    private static void Print(IReadOnlyList<Setting> settings, bool json, CliOutput output)
    {
        if (json)
        {
            output.Json(settings);
            return;
        }

        foreach (var setting in settings)
        {
            var value = setting.Value switch
            {
                null => "(none)",
                string text => text,
                System.Collections.IEnumerable list => string.Join(' ', list.Cast<object>()),
                var other => Convert.ToString(other, CultureInfo.InvariantCulture),
            };
            output.Line($"{setting.Option} = {value}  ({setting.From})");
        }
    }
}
