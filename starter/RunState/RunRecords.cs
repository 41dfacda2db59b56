using Google.Protobuf;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;
using Temporalio.Api.History.V1;
using Temporalio.Converters;

namespace Spark.Temporal.Starter.RunState;

/// <summary>The records that the server keeps of runs: their history with input and result.</summary>
internal static class RunRecords
{
    /// <summary>The input that a run was started with.</summary>
    /// <exception cref="CliException">Its history does not hold such an input.</exception>
    public static async Task<T> InputAsync<T>(SparkSession session, string id, CancellationToken cancellationToken)
    {
        await foreach (var happened in session.Client.GetWorkflowHandle(id)
            .FetchHistoryEventsAsync(new() { Rpc = new() { CancellationToken = cancellationToken } }).WithCancellation(cancellationToken))
        {
            if (happened.WorkflowExecutionStartedEventAttributes is { Input.Payloads_: [var payload, ..] })
            {
                return await session.Client.Options.DataConverter.ToValueAsync<T>(payload);
            }

            break;
        }

        throw new CliException($"the history of '{id}' holds no input");
    }

    /// <summary>The result of a completed run; null for any other run.</summary>
    public static async Task<T?> ResultAsync<T>(SparkSession session, IEnumerable<HistoryEvent> history)
        where T : class => history.LastOrDefault()?.WorkflowExecutionCompletedEventAttributes is { Result.Payloads_: [var payload, ..] }
            ? await session.Client.Options.DataConverter.ToValueAsync<T>(payload)
            : null;

    public static async Task<IReadOnlyList<HistoryEvent>> HistoryAsync(SparkSession session, string id, CancellationToken cancellationToken)
    {
        var events = new List<HistoryEvent>();
        await foreach (var happened in session.Client.GetWorkflowHandle(id)
            .FetchHistoryEventsAsync(new() { Rpc = new() { CancellationToken = cancellationToken } }).WithCancellation(cancellationToken))
        {
            events.Add(happened);
        }

        return events;
    }

    /// <summary>A history in the form that the web UI and the replayer read, with payloads decrypted but still encoded.</summary>
    public static string Json(IReadOnlyList<HistoryEvent> events)
    {
        var history = new History();
        history.Events.AddRange(events);
        return JsonFormatter.Default.Format(history);
    }

    /// <summary>The text of every payload in a history, to find the artifacts that it refers to.</summary>
    public static IEnumerable<string> Payloads(IEnumerable<HistoryEvent> events) =>
        events.SelectMany(Find).Select(payload => payload.Data.ToStringUtf8());

    private static IEnumerable<Temporalio.Api.Common.V1.Payload> Find(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.FieldType != Google.Protobuf.Reflection.FieldType.Message || field.Accessor.GetValue(message) is not { } value)
            {
                continue;
            }

            var inner = value switch
            {
                System.Collections.IDictionary map => map.Values.OfType<IMessage>(),
                System.Collections.IList list => list.OfType<IMessage>(),
                IMessage one => [one],
                _ => [],
            };
            foreach (var payload in inner.SelectMany(one => one is Temporalio.Api.Common.V1.Payload found ? [found] : Find(one)))
            {
                yield return payload;
            }
        }
    }
}
