using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Failures;
using Spark.Temporal.Workers;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Extensions.Hosting;

namespace Spark.Temporal.Tests.EndToEnd.Bench;

/// <summary>
/// A worker in a process of its own, so that its memory can be read: the product's registration for workflows and model
/// calls, and a sandbox that does nothing, with the product's numbers of slots (200 activities at once in all).
/// </summary>
internal sealed class BenchWorker : IDisposable
{
    private const string Role = "bench-worker";

    private readonly Process _process;

    private BenchWorker(Process process) => _process = process;

    /// <summary>Entry of the test assembly when it is started as a program, which only <see cref="StartAsync"/> does.</summary>
    public static async Task<int> Main(string[] args)
    {
        if (args is not [Role, var folder])
        {
            await Console.Error.WriteLineAsync("These are tests: run them with dotnet test.");
            return 2;
        }

        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("Worker:Roles", $"{WorkerOptions.WorkflowsRole},{WorkerOptions.LlmRole}"),
            new("Worker:StateFolder", Path.Combine(folder, "state")),
            new("Worker:ArtifactFolder", Path.Combine(folder, "artifacts")),
        ]).Build();
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSparkWorkers(configuration);
        builder.Services.AddSingleton(provider => new NoOpSandbox(provider.GetRequiredService<IArtifactStore>()));
        builder.Services.AddSingleton<ISandboxActivities>(provider => provider.GetRequiredService<NoOpSandbox>());
        builder.Services.AddSingleton<ITaskPackageActivities>(provider => provider.GetRequiredService<NoOpSandbox>());
        var slots = new WorkerOptions();
        builder.Services.AddHostedTemporalWorker(TaskQueues.Sandbox, WorkerRegistration.Version)
            .ConfigureOptions(worker => (worker.MaxConcurrentActivities, worker.Interceptors) = (slots.BuildSlots, [new FailureInterceptor(), new EngineCut(folder)]))
            .ApplyTemporalActivities<ISandboxActivities>()
            .ApplyTemporalActivities<ITaskPackageActivities>();
        builder.Services.AddHostedTemporalWorker(TaskQueues.SandboxHost(NoOpSandbox.Host), WorkerRegistration.Version)
            .ConfigureOptions(worker => (worker.MaxConcurrentActivities, worker.Interceptors) = (slots.SandboxSlots, [new FailureInterceptor(), new EngineCut(folder)]))
            .ApplyTemporalActivities<ISandboxActivities>();
        using var host = builder.Build();
        await host.StartAsync();
        Console.WriteLine("ready");

        // Ends with whoever started it.
        await Console.In.ReadToEndAsync();
        await host.StopAsync();
        return 0;
    }

    /// <summary>Starts one and waits until it polls.</summary>
    /// <param name="folder">Folder for its state and artifacts.</param>
    /// <param name="variables">Variables that name its server and its model.</param>
    public static async Task<BenchWorker> StartAsync(string folder, IReadOnlyDictionary<string, string> variables)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(BenchWorker).Assembly.Location, Role, folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        var worker = new BenchWorker(Process.Start(start)!);
        if (await worker._process.StandardOutput.ReadLineAsync() != "ready")
        {
            worker.Dispose();
            throw new InvalidOperationException("the worker process did not start");
        }

        return worker;
    }

    /// <summary>A line of <c>/proc/PID/status</c> in MB, such as <c>VmHWM</c>, the most memory it has ever had.</summary>
    public double Megabytes(string field)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith(field + ":", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
    }

    public async Task StopAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }
}
