using System.Runtime.InteropServices;
using Spark.Temporal.Starter;
using Spark.Temporal.Starter.Cli;

// The runtime itself switches the keypad's mode by escape sequences, unless the terminal is said to know none.
if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")))
{
    Environment.SetEnvironmentVariable("TERM", "dumb");
}

// Never disposed: a signal may still come while the process ends.
var interrupted = new CancellationTokenSource();

// The first signal lets the command end cleanly; a second one of the same kind ends the process at once.
void OnSignal(PosixSignalContext signal)
{
    signal.Cancel = !interrupted.IsCancellationRequested;
    interrupted.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);
return await RootCommands.RunAsync(args, new CliOutput(Console.Out, Console.Error), interrupted.Token);
