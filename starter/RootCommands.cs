using System.CommandLine;
using Spark.Temporal.Starter.Commands;
using Spark.Temporal.Workflows.Wire.Encryption;

namespace Spark.Temporal.Starter;

/// <summary>The command tree; each group is made in a file of its own under <c>Commands/</c>.</summary>
internal static class RootCommands
{
    public static RootCommand Create(CliOutput output)
    {
        var root = new RootCommand("Spark.Temporal: verified skills and benchmark tasks from LLM agents, as durable workflows.");
        root.Add(UpCommand.Create(output));
        root.Add(DoctorCommand.Create(output));
        root.Add(KeysCommands.Create(output));
        root.Add(CodecServerCommand.Create(output));
        root.Add(RunsCommands.Create(output));
        root.Add(LimitsCommands.Create(output));
        root.Add(DashboardCommand.Create(output));
        root.Add(PdiCommands.Create(output));
        root.Add(SkillsCommands.Create(output));
        root.Add(ScriptedModelCommand.Create(output));
        root.Add(TasksCommands.Create(output));
        root.Add(TrialCommands.Create(output));
        root.Add(EvalCommands.Create(output));
        root.Add(DemoCommand.Create(output));
        return root;
    }

    /// <summary>Parses and runs; what a user can mend is printed as one line, everything else with its type.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliOutput output, CancellationToken cancellationToken)
    {
        var parsed = Create(output).Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            return output.Fail(string.Join("; ", parsed.Errors.Select(error => error.Message)), arguments.Contains("--json"), ExitCodes.Usage);
        }

        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output.Out, Error = output.Error },
                cancellationToken);
        }
        catch (CliException mistake)
        {
            return output.Fail(mistake.Message, arguments.Contains("--json"), mistake.ExitCode);
        }
        catch (EncryptionException closed)
        {
            return output.Fail(closed.Message, arguments.Contains("--json"));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
    }
}
