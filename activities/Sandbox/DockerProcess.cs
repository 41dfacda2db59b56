using Docker.DotNet;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>A process started by <c>exec</c>.</summary>
internal sealed class DockerProcess(DockerClient client, string id, MultiplexedStream stream) : IContainerProcess
{
    private readonly CancellationTokenSource _heard = new();
    private int _disposed;

    /// <summary>Ends when something was read, or nobody reads any more.</summary>
    public CancellationToken Heard => _heard.Token;

    public Task WriteAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken) =>
        stream.WriteAsync(input.ToArray(), 0, input.Length, cancellationToken);

    public async Task<int> ReadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        var read = await stream.ReadOutputAsync(buffer, 0, buffer.Length, cancellationToken);
        if (!_heard.IsCancellationRequested)
        {
            await _heard.CancelAsync();
        }

        return read.Count;
    }

    public async Task<long> ExitCodeAsync(CancellationToken cancellationToken) =>
        (await client.Exec.InspectContainerExecAsync(id, cancellationToken)).ExitCode ?? -1;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        _heard.Cancel();
        stream.Dispose();
        _heard.Dispose();
    }
}
