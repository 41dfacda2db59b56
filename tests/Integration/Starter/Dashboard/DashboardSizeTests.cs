using Microsoft.Playwright;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Dashboard;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Starter.Dashboard;

/// <summary>A page with as many tasks as a large batch has, some with names that no task should have.</summary>
[Category("Server")]
[Category("Slow")]
public sealed class DashboardSizeTests
{
    private const string Hostile = "<img src=x onerror=window.owned=1> \u202egpj.exe \u001b[31m [click](javascript:alert(1)) ../../etc/passwd";

    [Test]
    public async Task A_thousand_tasks_are_listed_filtered_and_as_wide_as_the_window()
    {
        Requires.Chromium();
        var client = await TemporalServer.NewNamespaceAsync();
        string[] tasks = [.. Enumerable.Range(0, 1_000).Select(number => $"task-{number:0000}"), Hostile, new string('x', 400)];
        await Parallel.ForEachAsync(tasks, new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (task, _) => await client.StartWorkflowAsync(
            "SkillGenerationWorkflow", [], new WorkflowOptions($"skill/large/m/{task}", "nobody-works-here") { TypedSearchAttributes = SearchAttributes.Started("large", task, "m") }));
        await Eventually.PassesAsync(async () => Assert.That((await client.CountWorkflowsAsync("SparkBatch = 'large'")).Count, Is.EqualTo(tasks.Length)), TimeSpan.FromSeconds(60));
        var variables = await TemporalServer.VariablesAsync();
        variables["TEMPORAL_NAMESPACE"] = client.Options.Namespace;
        await using var session = await SparkSession.OpenAsync(new CliOutput(TextWriter.Null, TextWriter.Null), new() { NeedsWorker = false, Variables = variables }, CancellationToken.None);
        await using var server = DashboardServer.Start(DevServer.FreePort(), new DashboardFeed(session), DashboardAccess.Of(null, null));
        await using var tab = await Browser.OpenAsync(width: 420, height: 800);

        await tab.GoAsync($"{server.Address}#/batch/large");
        var lines = tab.Page.Locator("a.line");
        await Assertions.Expect(lines).ToHaveCountAsync(tasks.Length);
        await Assertions.Expect(lines.First).ToHaveTextAsync("<img src=x onerror=window.owned=1> ⟨U+202E⟩gpj.exe ⟨ESC⟩[31m [click](javascript:alert(1)) ../../etc/passwd");
        Assert.That(
            await tab.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - window.innerWidth"), Is.LessThanOrEqualTo(0), "a narrow window is not scrolled sideways");

        await tab.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(tab.Page.GetByText("To the content")).ToBeFocusedAsync();
        Assert.That(
            await tab.Page.EvaluateAsync<string>("getComputedStyle(document.activeElement).outlineStyle"), Is.EqualTo("solid"), "what has the focus is seen");
        await tab.Page.Keyboard.PressAsync("/");
        await tab.Page.Keyboard.TypeAsync("task-0777");
        await Assertions.Expect(lines).ToHaveCountAsync(1);
        await tab.Page.Keyboard.PressAsync("Escape");
        await tab.Page.Keyboard.PressAsync("j");
        await Assertions.Expect(lines.First).ToBeFocusedAsync();
        await tab.Page.Keyboard.PressAsync("u");
        await Assertions.Expect(tab.Page.Locator("tr", new() { HasText = "large" })).ToContainTextAsync($"{tasks.Length}");
        Assert.Multiple(async () =>
        {
            Assert.That(await tab.Page.EvaluateAsync<bool>("'owned' in window"), Is.False);
            Assert.That(tab.Complaints, Is.Empty);
        });
    }
}
