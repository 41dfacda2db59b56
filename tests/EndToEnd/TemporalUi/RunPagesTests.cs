using Microsoft.Playwright;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;

namespace Spark.Temporal.Tests.EndToEnd.TemporalUi;

/// <summary>
/// What a person sees who opens the runs in Temporal's web UI and knows nothing of this project: what each does, how it
/// ended and why, what it cost, what it waits for and what may be done. Pictures of the pages are kept among the results.
/// </summary>
[Category("Server")]
[Category("Slow")]
public sealed class RunPagesTests
{
    private FakeDeployment _deployment = null!;
    private FakeBatch _batch = null!;
    private string _ui = null!;

    [OneTimeSetUp]
    public async Task StartBatch()
    {
        Requires.Chromium();
        _ui = await TemporalServer.UiAddressAsync();
        _deployment = await FakeDeployment.StartAsync();
        _batch = new FakeBatch(_deployment, $"ui-{Guid.NewGuid().ToString("n")[..6]}");
        await _batch.StartAsync(FakeBatch.Learns, FakeBatch.Poor, FakeBatch.Refused);
        await StandsAsync(FakeBatch.Learns, RunStates.Done);
        await StandsAsync(FakeBatch.Refused, RunStates.Done);
        await StandsAsync(FakeBatch.Poor, RunStates.Budget);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_deployment is not null)
        {
            await _deployment.DisposeAsync();
        }
    }

    [Test]
    public async Task A_finished_run_tells_its_attempts_and_what_steered_them()
    {
        await using var tab = await StoryAsync(FakeBatch.Learns);

        await Details(tab, $"skill for {FakeBatch.Learns}", "Passed after 5 attempts: the skill is valid", "spent $2.00 of $3.00", "test_3, test_4 and 1 more", "below -0.5 steers the next attempt", "-1.3050", "strong");
        await tab.SeesAsync($"attempt 3 of {FakeBatch.Learns}");
        await tab.ShootAsync("temporal-run-finished");

        await tab.GoAsync(UiLinks.Run(_ui, Namespace, _batch.Id(FakeBatch.Learns)));
        await tab.SeesAsync("attempt 5: judge");
        await tab.ShootAsync("temporal-run-timeline");
        await tab.Page.GetByRole(AriaRole.Tab, new() { Name = "Relationships" }).Or(tab.Page.GetByRole(AriaRole.Link, new() { Name = "Relationships" })).First.ClickAsync();
        await tab.SeesAsync(WorkflowIds.Batch(_batch.Name));
        await tab.ShootAsync("temporal-run-relationships");
    }

    [Test]
    public async Task A_run_whose_skill_needs_review_says_why()
    {
        await using var tab = await StoryAsync(FakeBatch.Refused);

        await tab.SeesAsync("Completed");
        await Details(tab, "Passed after 1 attempt; the skill needs review", "The skill needs review, after it was asked for 3 times", "may hold only a-z, 0-9");
        await tab.ShootAsync("temporal-run-needs-review");
    }

    [Test]
    public async Task A_run_that_waits_for_money_is_found_in_the_list_told_to_go_on_in_its_page_and_ends()
    {
        await ListAsync();
        await using var tab = await StoryAsync(FakeBatch.Poor);
        await Details(tab, "Waiting: budget", "$3.00 of $3.00 are spent", "More Actions › Send an Update", """RaiseBudget with {"budget_usd": 6}""");
        await tab.ShootAsync("temporal-run-waiting");

        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "More Actions" }).ClickAsync();
        await tab.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Send an Update" }).ClickAsync();
        var form = tab.Page.Locator("dialog[open]");
        await form.GetByTestId("update-select-button").ClickAsync();
        await form.GetByRole(AriaRole.Option, new() { Name = "RaiseBudget" }).ClickAsync();
        await form.GetByRole(AriaRole.Textbox).Last.ClickAsync();
        await tab.Page.Keyboard.InsertTextAsync("""{"budget_usd": 25}""");
        await tab.ShootAsync("temporal-raise-budget");
        await form.GetByRole(AriaRole.Button, new() { Name = "Submit" }).ClickAsync();

        await StandsAsync(FakeBatch.Poor, RunStates.Done);
        var result = await Run(FakeBatch.Poor).GetResultAsync<SkillGenerationResult>();
        Assert.That((result.Status, result.CostUsd > 3), Is.EqualTo((SkillRunStatus.Passed, true)), "it went on where it stood, and past the old limit");
    }

    /// <summary>The saved view, with columns from the search attributes.</summary>
    private async Task ListAsync()
    {
        await using var tab = await Browser.OpenAsync(width: 1700);

        // What the README lets a person paste: the UI keeps columns in the browser.
        var recipe = (await File.ReadAllLinesAsync(Path.Combine(Checkout.Root, "README.md"))).Single(line => line.StartsWith("    localStorage[", StringComparison.Ordinal));
        await tab.GoAsync(_ui);
        await tab.Page.EvaluateAsync(recipe.Replace("{spark:", $"{{'{Namespace}':", StringComparison.Ordinal));
        await tab.GoAsync(UiLinks.List(_ui, Namespace, $"{UiLinks.Runs} AND SparkBatch = '{_batch.Name}'", UiLinks.ViewName));

        await tab.SeesAsync(_batch.Id(FakeBatch.Poor));
        await tab.SeesAsync("waiting: budget");
        foreach (var column in new[] { "SparkState", "SparkAttempt", "SparkOutcome", "SparkReward", "SparkPdi", "SparkCostUsd" })
        {
            await Assertions.Expect(tab.Page.Locator("th", new() { HasText = column })).ToBeVisibleAsync();
        }

        await tab.SeesAsync(UiLinks.ViewName);
        await tab.ShootAsync("temporal-list");
    }

    private string Namespace => _deployment.Client.Options.Namespace;

    /// <summary>The current details stand in a frame of their own.</summary>
    private static async Task Details(BrowserTab tab, params string[] texts)
    {
        foreach (var text in texts)
        {
            var frames = tab.Page.Locator("iframe");
            await Eventually.IsTrueAsync(
                async () =>
                {
                    for (var i = 0; i < await frames.CountAsync(); i++)
                    {
                        if ((await frames.Nth(i).ContentFrame.Locator("body").InnerTextAsync()).Contains(text, StringComparison.Ordinal))
                        {
                            return true;
                        }
                    }

                    return false;
                },
                $"the details say '{text}'",
                TimeSpan.FromSeconds(60));
        }
    }

    private async Task<BrowserTab> StoryAsync(string task)
    {
        var described = await Run(task).DescribeAsync();
        var tab = await Browser.OpenAsync();
        await tab.GoAsync(UiLinks.Story(_ui, Namespace, described.Id, described.RunId));
        return tab;
    }

    private WorkflowHandle<SkillGenerationWorkflow> Run(string task) => _deployment.Client.GetWorkflowHandle<SkillGenerationWorkflow>(_batch.Id(task));

    private Task StandsAsync(string task, string state) => Eventually.PassesAsync(
        async () => Assert.That((await Run(task).DescribeAsync()).TypedSearchAttributes.Get(Spark.Temporal.Workflows.Messages.SearchAttributes.State), Is.EqualTo(state)),
        TimeSpan.FromSeconds(90));
}
