using System.Text.Json;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Batches;

/// <summary>Lists of items in the store. A list is never changed: a longer one shares its pages.</summary>
internal sealed class BatchLists(IArtifactStore store)
{
    private const int PageItems = 100;

    /// <summary>Bytes of a page: even with what surrounds it, far below the largest payload.</summary>
    private const int PageBytes = 32_000;

    public Task<BatchList> ReadAsync(ArtifactRef list, CancellationToken cancellationToken) => store.ReadJsonAsync<BatchList>(list, cancellationToken);

    /// <summary>All entries, in order.</summary>
    public async Task<List<BatchItem>> EntriesAsync(BatchList list, CancellationToken cancellationToken)
    {
        var entries = new List<BatchItem>(list.Entries);
        foreach (var page in list.Pages)
        {
            entries.AddRange(await store.ReadJsonAsync<List<BatchItem>>(page.Content, cancellationToken));
        }

        return entries;
    }

    /// <summary>Items that are no entries, since an earlier run of the batch has tried them.</summary>
    public async Task<List<BatchItem>> FailedAsync(BatchList list, CancellationToken cancellationToken) =>
        list.Failed is { } failed ? await store.ReadJsonAsync<List<BatchItem>>(failed, cancellationToken) : [];

    /// <summary>The rest of the page that holds an entry.</summary>
    public async Task<BatchPage> PageAsync(ReadBatchPageRequest request, CancellationToken cancellationToken)
    {
        var list = await ReadAsync(request.List, cancellationToken);
        var page = list.Pages.Last(page => page.First <= request.First);
        var items = await store.ReadJsonAsync<List<BatchItem>>(page.Content, cancellationToken);
        return new BatchPage(items[(request.First - page.First)..]);
    }

    /// <summary>Stores a list with further entries.</summary>
    /// <param name="before">The list to extend; null for a new one.</param>
    /// <param name="added">The entries to add.</param>
    /// <param name="items">Different items in all.</param>
    /// <param name="failed">Items of a new list that an earlier run of the batch has tried.</param>
    /// <param name="leftOut">Tasks that are not added, since they cannot run.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<(ArtifactRef Reference, BatchList List)> WriteAsync(
        BatchList? before,
        IReadOnlyList<BatchItem> added,
        int items,
        IReadOnlyList<BatchItem> failed,
        IReadOnlyList<LeftOutTasks> leftOut,
        CancellationToken cancellationToken)
    {
        var pages = new List<BatchListPage>(before?.Pages ?? []);
        var first = before?.Entries ?? 0;
        var page = new List<BatchItem>();
        var bytes = 0;
        foreach (var item in added)
        {
            var size = JsonSerializer.SerializeToUtf8Bytes(item, SparkJson.Options).Length + 1;
            if (page.Count == PageItems || (page.Count > 0 && bytes + size > PageBytes))
            {
                await EndPageAsync();
            }

            page.Add(item);
            bytes += size;
        }

        if (page.Count > 0)
        {
            await EndPageAsync();
        }

        var list = new BatchList(pages, first, items, failed.Count > 0 ? await store.PutJsonAsync(failed, cancellationToken) : before?.Failed)
        {
            LeftOut = LeftOutTasks.Joined(before?.LeftOut ?? [], leftOut) is { Count: > 0 } all ? all : null,
        };
        return (await store.PutJsonAsync(list, cancellationToken), list);

        async Task EndPageAsync()
        {
            pages.Add(new BatchListPage(await store.PutJsonAsync(page, cancellationToken), first, page.Count));
            first += page.Count;
            page.Clear();
            bytes = 0;
        }
    }
}
