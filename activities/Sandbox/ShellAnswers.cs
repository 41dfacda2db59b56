using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>
/// One answer of the broker: bytes of output and the words of the line that ends them. Short output is part of that line,
/// behind a tab and with newlines, tabs and backslashes escaped: one write and one read for the whole answer.
/// </summary>
internal sealed record ShellAnswer(byte[] Output, string Words);

/// <summary>Takes the broker's answers apart and hands each to the request that waits for it.</summary>
internal sealed class ShellAnswers(string mark, int mostBytes)
{
    private readonly byte[] _mark = Encoding.ASCII.GetBytes($"\n{mark} ");
    private readonly ConcurrentDictionary<string, TaskCompletionSource<ShellAnswer>> _pending = new();
    private readonly ConcurrentDictionary<string, long> _elapsed = new();
    private readonly ConcurrentDictionary<string, byte[]> _said = new();
    private IOException? _failure;

    /// <summary>The answer to a request; fails with an <see cref="IOException"/> when the connection is lost.</summary>
    public Task<ShellAnswer> ToAsync(string verb, string id)
    {
        var source = Source($"{verb} {id}");
        if (_failure is { } failure)
        {
            source.TrySetException(failure);
        }

        return source.Task;
    }

    /// <summary>Milliseconds that a command had run when this connection asked for it.</summary>
    public long ElapsedBefore(string id) => _elapsed.GetValueOrDefault(id);

    /// <summary>The end of the output of a command that runs, when it was last asked; empty before that.</summary>
    public byte[] SaidBy(string id) => _said.GetValueOrDefault(id, []);

    /// <summary>Drops what is kept for a running command.</summary>
    public void Forget(string id)
    {
        _said.TryRemove(id, out _);
        _elapsed.TryRemove(id, out _);
    }

    /// <summary>Reads until the connection ends; then all waiting and later requests fail.</summary>
    public async Task ReadAsync(IContainerProcess process, CancellationToken cancellationToken)
    {
        var buffer = new byte[65536];
        var held = new byte[131072];
        // The end of a line before the first: every answer then starts behind one.
        held[0] = (byte)'\n';
        var length = 1;
        var searched = 0;
        try
        {
            int read;
            while ((read = await process.ReadAsync(buffer, cancellationToken)) > 0)
            {
                if (length + read > mostBytes)
                {
                    // Whoever reaches the broker's output may write to it without end: a new connection has a new one.
                    throw new IOException("more came than any answer has");
                }

                if (length + read > held.Length)
                {
                    Array.Resize(ref held, Math.Max(held.Length * 2, length + read));
                }

                Buffer.BlockCopy(buffer, 0, held, length, read);
                length += read;
                while (Take(held, ref length, ref searched))
                {
                }
            }

            Fail(new IOException("The connection to the shell ended."));
        }
        catch (Exception broken)
        {
            Fail(new IOException($"The connection to the shell broke: {broken.Message}", broken));
        }
        finally
        {
            // What nobody reads any more must not pile up on the way here either.
            process.Dispose();
        }
    }

    /// <summary>Takes one answer, its output before it, from what was read.</summary>
    private bool Take(byte[] held, ref int length, ref int searched)
    {
        var found = held.AsSpan(searched, length - searched).IndexOf(_mark);
        if (found < 0)
        {
            searched = Math.Max(0, length - _mark.Length);
            return false;
        }

        var start = searched + found;
        var line = start + _mark.Length;
        var end = held.AsSpan(line, length - line).IndexOf((byte)'\n');
        if (end < 0)
        {
            searched = start;
            return false;
        }

        var said = held.AsSpan(line, end);
        var tab = said.LastIndexOf((byte)'\t');
        var words = Encoding.UTF8.GetString(tab < 0 ? said : said[..tab]).Split(' ', 3);
        if (words.Length < 2)
        {
            throw new IOException("an answer names no request");
        }

        var output = start > 0 ? held[1..start] : tab < 0 ? [] : Unescape(said[(tab + 1)..]);
        Answer(words[0], words[1], new ShellAnswer(output, words.Length > 2 ? words[2] : ""));
        var next = line + end;
        Buffer.BlockCopy(held, next, held, 0, length - next);
        length -= next;
        searched = 0;
        return true;
    }

    private static byte[] Unescape(ReadOnlySpan<byte> text)
    {
        var bytes = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            bytes[length++] = text[i] != '\\' || i + 1 == text.Length ? text[i] : text[++i] switch
            {
                (byte)'n' => (byte)'\n',
                (byte)'t' => (byte)'\t',
                var itself => itself,
            };
        }

        return bytes[..length];
    }

    private void Answer(string verb, string id, ShellAnswer reply)
    {
        if (verb == "running")
        {
            _elapsed[id] = long.TryParse(reply.Words, CultureInfo.InvariantCulture, out var elapsed) ? elapsed : 0;
        }
        else if (verb == "said")
        {
            _said[id] = reply.Output;
        }
        else if (verb == "ready")
        {
            // The answer may come before it is asked for.
            Source($"{verb} {id}").TrySetResult(reply);
        }
        else if (_pending.TryRemove($"{verb} {id}", out var source))
        {
            source.TrySetResult(reply);
        }
    }

    private TaskCompletionSource<ShellAnswer> Source(string key) =>
        _pending.GetOrAdd(key, _ => new TaskCompletionSource<ShellAnswer>(TaskCreationOptions.RunContinuationsAsynchronously));

    private void Fail(IOException why)
    {
        _failure = why;
        foreach (var key in _pending.Keys)
        {
            if (_pending.TryRemove(key, out var source))
            {
                source.TrySetException(why);
                // The request may have stopped waiting.
                _ = source.Task.Exception;
            }
        }
    }
}
