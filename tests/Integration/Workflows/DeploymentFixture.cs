using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>A deployment for each test, made-up neighbours around the product's workflows, and a gate that calls can be held at.</summary>
public abstract class DeploymentFixture
{
    /// <summary>What tests hold calls at; opened at their end, so that none is left behind.</summary>
    private protected TaskCompletionSource _gate = null!;
    private protected FakeDeployment _deployment = null!;

    private protected FakeWorld World => _deployment.World;

    [SetUp]
    public async Task StartDeploymentAsync()
    {
        _gate = new TaskCompletionSource();
        _deployment = await FakeDeployment.StartAsync();
        Prepare();
    }

    [TearDown]
    public async Task StopDeploymentAsync()
    {
        _gate.TrySetResult();
        await _deployment.DisposeAsync();
    }

    /// <summary>What the neighbours do in every test of a fixture.</summary>
    private protected virtual void Prepare()
    {
    }

    /// <summary>Cancels a workflow during a call, which ends after it.</summary>
    private protected async Task CancelDuringAsync(string call, Temporalio.Client.WorkflowHandle handle)
    {
        World.Before = (entered, _) => entered == call ? _gate.Task : Task.CompletedTask;
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count(call) == 1), "the step runs");
        await handle.CancelAsync();
        await Assert.ThatAsync(() => handle.GetResultAsync(), Throws.InstanceOf<Temporalio.Exceptions.WorkflowFailedException>());
        _gate.SetResult();
    }
}
