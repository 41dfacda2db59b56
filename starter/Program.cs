using Spark.Temporal.Starter;

using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    interrupted.Cancel();
};
return await RootCommands.RunAsync(args, new CliOutput(Console.Out, Console.Error), interrupted.Token);
