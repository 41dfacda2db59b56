using System.CommandLine;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Dashboard;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Batches;

/// <summary>Options of every command that starts a batch.</summary>
/// <param name="kind">First part of a batch's name where --batch gives none.</param>
/// <param name="parallelism">Runs open at once, where nothing is said.</param>
internal sealed class BatchSettings(string kind, int parallelism)
{
    private readonly Option<string?> _batch = new("--batch") { Description = "Name of the batch. Naming one that runs attaches to it, and runs that wait for the world try again; one with other options is refused. Default: made up." };
    private readonly Option<string[]> _exclude = new("--exclude-tasks") { Description = "Leave these out, by name; * and ? match, @FILE reads one name per line (a block list).", AllowMultipleArgumentsPerToken = true };
    private readonly Option<int?> _limit = RunSettings.Positive(new Option<int?>("--limit") { Description = "Run at most this many." });
    private readonly Option<bool> _shuffle = new("--shuffle") { Description = "Shuffle the items instead of ordering them by name; the same seed gives the same order." };
    private readonly Option<ulong> _seed = new("--seed") { Description = "Seed of --shuffle.", DefaultValueFactory = _ => 0 };
    private readonly Option<bool> _resume = new("--resume") { Description = "Take over results of earlier batches under --out for tasks with the same content and settings; names do not matter." };
    private readonly Option<string?> _shared = new("--shared-result-dir") { Description = "Another folder with batches/ in it, such as a colleague's --out, or a folder of results in one; its results are taken over too. The workers must see it." };
    private readonly Option<double?> _dollars = RunSettings.Positive(new Option<double?>("--batch-budget-usd") { Description = "Dollars the whole batch may cost before it waits." });
    private readonly Option<long?> _tokens = RunSettings.Positive(new Option<long?>("--batch-budget-tokens") { Description = "Tokens it may use before it waits." });
    private readonly Option<int> _priority = RunSettings.Between(1, 5, new Option<int>("--priority") { Description = "1 (first) to 5 (last) where batches wait for the same workers.", DefaultValueFactory = _ => 3 });
    private readonly Option<float> _weight = RunSettings.Positive(new Option<float>("--weight") { Description = "Share of the workers among batches of one priority.", DefaultValueFactory = _ => 1 });
    private readonly Option<bool> _detach = new("--detach") { Description = "Start and return; follow with spark runs watch." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say what would run; start nothing." };
    private readonly Option<bool> _cancel = new("--cancel-on-interrupt") { Description = "Ctrl-C cancels the batch instead of leaving it." };

    private readonly DashboardOptions _dashboard = new();

    private readonly Option<int> _parallelism = RunSettings.Between(
        1,
        ParallelismRequest.Most,
        new Option<int>("--parallelism") { Description = "Runs open at once; can be changed while the batch runs.", DefaultValueFactory = _ => parallelism });

    public void AddTo(Command command)
    {
        foreach (var option in new Option[]
        {
            _exclude, _limit, _shuffle, _seed, _parallelism, _batch, _resume, _shared, _dollars, _tokens, _priority, _weight, _detach, _dryRun, _cancel,
        })
        {
            command.Add(option);
        }

        _dashboard.AddTo(command);
    }

    public string Name(ParseResult parsed) => PlainText.Slug(parsed.GetValue(_batch) ?? BatchNames.New(kind, DateTimeOffset.UtcNow));

    /// <summary>Most dollars that the whole batch may cost; null for no limit.</summary>
    public double? BudgetUsd(ParseResult parsed) => parsed.GetValue(_dollars);

    public bool DryRun(ParseResult parsed) => parsed.GetValue(_dryRun);

    public BatchFollowing Following(ParseResult parsed, bool json) =>
        new(parsed.GetValue(_detach), parsed.GetValue(_cancel), json) { Dashboard = _dashboard.Of(parsed), Given = BatchFollowing.GivenIn(parsed) };

    /// <summary>The source, filtered and ordered by these options.</summary>
    public BatchSource Source(ParseResult parsed, BatchSource source) => source with
    {
        Names = [.. source.Names.Select(AbsoluteList)],
        Exclude = [.. (parsed.GetValue(_exclude) ?? []).Select(AbsoluteList)],
        Limit = parsed.GetValue(_limit),
        Seed = parsed.GetValue(_shuffle) ? parsed.GetValue(_seed) : null,
        SharedResults = parsed.GetValue(_shared) is { } shared ? Shared(shared) : null,
    };

    public BatchInput Input(ParseResult parsed, string batch, string outDir, BatchWork work, BatchSource source) => new()
    {
        Batch = batch,
        Work = work,
        Source = source,
        OutDir = outDir,
        Parallelism = parsed.GetValue(_parallelism),
        BudgetUsd = BudgetUsd(parsed),
        BudgetTokens = parsed.GetValue(_tokens),
        Resume = parsed.GetValue(_resume),
        Priority = parsed.GetValue(_priority),
        Weight = parsed.GetValue(_weight),
    };

    /// <summary>The folder with the batches: the one named, or the one above it, where a folder of results within it was named.</summary>
    private static string Shared(string folder) => Above(folder).FirstOrDefault(one => Directory.Exists(Path.Combine(one, "batches")))
        ?? throw new CliException($"--shared-result-dir: {folder} has no batches/ in it; name a folder that batches wrote to with --out", ExitCodes.Usage);

    private static IEnumerable<string> Above(string folder)
    {
        // OUT, OUT/skills_gen_result, OUT/skills_gen_result/MODEL
        var one = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        for (var level = 0; level < 3 && one is not null && Directory.Exists(one); level++, one = Path.GetDirectoryName(one))
        {
            yield return one;
        }
    }

    /// <summary>The workers read a file of names, and their working folder is another one.</summary>
    public static string AbsoluteList(string name) => name.StartsWith('@') ? $"@{Path.GetFullPath(name[1..])}" : name;
}
