using System.Diagnostics;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Ends a request that takes too long: until its first byte, between the bytes of a stream, or in all.</summary>
internal sealed class ReplyWatch : IDisposable
{
    /// <summary>How long the rest of a stream is waited for once all that counts has come.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    private readonly ChatHttpRequest _request;
    private readonly CancellationToken _outside;
    private readonly CancellationTokenSource _limit;
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public ReplyWatch(ChatHttpRequest request, CancellationToken cancellationToken)
    {
        (_request, _outside) = (request, cancellationToken);
        _limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var limits = request.Deadlines;
        Wait(Shorter(limits.FirstByte, limits.Whole), limits.FirstByte < limits.Whole
            ? $"No byte of a reply from {request.BaseUrl} within {limits.FirstByte.TotalSeconds:0.###} s."
            : WholeWords);
    }

    public CancellationToken Token => _limit.Token;

    /// <summary>Whether a limit was passed; false where it was ended from outside.</summary>
    public bool IsOver => _limit.IsCancellationRequested && !_outside.IsCancellationRequested;

    /// <summary>Which limit was passed, as a sentence.</summary>
    public string Words { get; private set; } = "";

    private string WholeWords => $"No whole reply from {_request.BaseUrl} within {_request.Deadlines.Whole.TotalSeconds:0.###} s.";

    /// <summary>The reply is one body.</summary>
    public void IsWhole() => Wait(_request.Deadlines.Whole - _clock.Elapsed, WholeWords);

    /// <summary>Bytes of a stream came.</summary>
    /// <param name="mayEnd">All that counts has come.</param>
    public void Flows(bool mayEnd)
    {
        if (mayEnd)
        {
            Wait(Shorter(Rest, _request.Deadlines.Silence), "");
            return;
        }

        var left = _request.Deadlines.Stream - _clock.Elapsed;
        Wait(Shorter(_request.Deadlines.Silence, left), left < _request.Deadlines.Silence
            ? $"The stream from {_request.BaseUrl} did not end within {_request.Deadlines.Stream.TotalSeconds:0.###} s."
            : $"The stream from {_request.BaseUrl} was silent for {_request.Deadlines.Silence.TotalSeconds:0.###} s.");
    }

    public void Dispose() => _limit.Dispose();

    private void Wait(TimeSpan limit, string words)
    {
        Words = words;
        _limit.CancelAfter(limit > TimeSpan.Zero ? limit : TimeSpan.Zero);
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
