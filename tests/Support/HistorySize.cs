using Google.Protobuf;
using Google.Protobuf.Reflection;
using Temporalio.Api.Common.V1;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Support;

/// <summary>How much a workflow's history is.</summary>
/// <param name="Events">Events.</param>
/// <param name="Bytes">Bytes: what the server counts or what the events serialize to, whichever is more.</param>
/// <param name="LargestPayload">Bytes of the data of the largest payload.</param>
/// <param name="LargestEvent">Type and id of the event that carries it.</param>
internal sealed record HistorySize(int Events, long Bytes, int LargestPayload, string LargestEvent)
{
    public static async Task<HistorySize> OfAsync(ITemporalClient client, WorkflowHandle handle)
    {
        var history = await handle.FetchHistoryAsync();
        var described = await client.WorkflowService.DescribeWorkflowExecutionAsync(new()
        {
            Namespace = client.Options.Namespace,
            Execution = new() { WorkflowId = handle.Id },
        });
        var largest = history.Events
            .Select(happened => (Bytes: Payloads(happened).Select(payload => payload.Data.Length).DefaultIfEmpty().Max(), Event: happened))
            .MaxBy(found => found.Bytes);
        return new HistorySize(
            history.Events.Count,
            Math.Max(history.Events.Sum(happened => (long)happened.CalculateSize()), described.WorkflowExecutionInfo.HistorySizeBytes),
            largest.Bytes,
            $"{largest.Event.EventType} {largest.Event.EventId}");
    }

    /// <summary>Bytes of all events of each type, heaviest first; says what to make lighter.</summary>
    public static async Task<string> WeightsAsync(WorkflowHandle handle)
    {
        var history = await handle.FetchHistoryAsync();
        return string.Join('\n', history.Events.GroupBy(happened => happened.EventType)
            .Select(group => (group.Key, Count: group.Count(), Bytes: group.Sum(happened => happened.CalculateSize())))
            .OrderByDescending(group => group.Bytes)
            .Select(group => $"{group.Key}: {group.Count} events, {group.Bytes} bytes"));
    }

    /// <summary>Every payload in a message, however deep.</summary>
    public static IEnumerable<Payload> Payloads(IMessage message) => message is Payload payload
        ? [payload]
        : message.Descriptor.Fields.InDeclarationOrder().SelectMany(field => Values(field, message)).SelectMany(Payloads);

    private static IEnumerable<IMessage> Values(FieldDescriptor field, IMessage message) => field switch
    {
        { FieldType: not FieldType.Message } => [],
        { IsMap: true } => ((System.Collections.IDictionary)field.Accessor.GetValue(message)).Values.OfType<IMessage>(),
        { IsRepeated: true } => ((System.Collections.IList)field.Accessor.GetValue(message)).OfType<IMessage>(),
        _ => field.Accessor.GetValue(message) is IMessage one ? [one] : [],
    };
}
