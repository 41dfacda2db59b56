using Microsoft.Playwright;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Dashboard;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Starter.Dashboard;

/// <summary>The page as a person has it, in Chromium, over runs of the real workflows.</summary>
[Category("Server")]
[Category("Slow")]
public sealed class DashboardPageTests
{
    private FakeDeployment _deployment = null!;
    private FakeBatch _batch = null!;
    private SparkSession _session = null!;

    [OneTimeSetUp]
    public async Task StartBatch()
    {
        Requires.Chromium();
        _deployment = await FakeDeployment.StartAsync();
        _batch = new FakeBatch(_deployment, $"page-{Guid.NewGuid().ToString("n")[..6]}")
        {
            Facts = "- <script>window.owned = 'memo'</script>\n- <img src=x onerror=\"window.owned = 'image'\">\n- a \u001b[31mred\u001b[0m \u202eword",
            Command = "printf '\u001b[2J<svg onload=window.owned=1>' > /answer",
        };
        await _batch.StartAsync(FakeBatch.Learns, FakeBatch.Busy);
        var variables = await TemporalServer.VariablesAsync();
        variables[UiLinks.Variable] = await TemporalServer.UiAddressAsync();
        _session = await SparkSession.OpenAsync(new CliOutput(TextWriter.Null, TextWriter.Null), new() { NeedsWorker = false, Variables = variables }, CancellationToken.None);
        await Eventually.PassesAsync(
            async () => Assert.That(
                (await _deployment.Client.GetWorkflowHandle(_batch.Id(FakeBatch.Learns)).DescribeAsync()).TypedSearchAttributes.Get(SearchAttributes.State), Is.EqualTo("done")),
            TimeSpan.FromSeconds(90));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _batch?.Release();
        await (_session?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_deployment?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Test]
    public async Task What_agents_wrote_is_text_and_does_nothing()
    {
        await using var server = Start(DevServer.FreePort());
        await using var tab = await Browser.OpenAsync();
        await tab.GoAsync(RunPage(server, FakeBatch.Learns));

        await tab.SeesAsync("<script>window.owned = 'memo'</script>");
        await tab.SeesAsync("<img src=x onerror=\"window.owned = 'image'\">");
        await tab.SeesAsync("a ⟨ESC⟩[31mred⟨ESC⟩[0m ⟨U+202E⟩word");
        await tab.SeesAsync("printf '⟨ESC⟩[2J<svg onload=window.owned=1>' > /answer");
        await tab.ShootAsync("dashboard-run", wholePage: true);

        Assert.Multiple(async () =>
        {
            Assert.That(await tab.Page.EvaluateAsync<bool>("'owned' in window"), Is.False);
            Assert.That(await tab.Page.Locator("main img, main script, main svg[onload]").CountAsync(), Is.Zero);
            Assert.That(await tab.Page.ContentAsync(), Does.Not.Contain("\u001b").And.Not.Contains("\u202e"));
            Assert.That(tab.Complaints, Is.Empty);
        });
    }

    [Test]
    public async Task A_run_tells_its_attempts_its_index_its_memos_and_its_skill()
    {
        await using var server = Start(DevServer.FreePort());
        await using var tab = await Browser.OpenAsync(dark: true);
        await tab.GoAsync(RunPage(server, FakeBatch.Learns));
        var main = tab.Page.Locator("main");

        await Assertions.Expect(main.GetByRole(AriaRole.Region, new() { Name = "Attempts" }).Locator("tbody tr")).ToHaveCountAsync(5);
        await Assertions.Expect(main.Locator(".point.soft")).ToHaveCountAsync(1);
        await Assertions.Expect(main.Locator(".point.strong")).ToHaveCountAsync(2);
        await Assertions.Expect(main.Locator(".threshold")).ToHaveCountAsync(1);
        await Assertions.Expect(main).ToContainTextAsync("version 4 of 4");
        await Assertions.Expect(main.Locator(".diff .added").First).ToContainTextAsync("(4 failed attempts)");
        await main.Locator(".commands").FocusAsync();
        await tab.Page.Keyboard.PressAsync("[");
        await Assertions.Expect(main).ToContainTextAsync("version 3 of 4");
        await Assertions.Expect(main.Locator(".commands")).ToBeFocusedAsync();
        await Assertions.Expect(main.GetByRole(AriaRole.Heading, new() { Name = "Answer" })).ToBeVisibleAsync();
        await main.GetByText("Evidence", new() { Exact = true }).ClickAsync();
        await Assertions.Expect(main).ToContainTextAsync("Execution Chain");
        await Assertions.Expect(main).Not.ToContainTextAsync("Your part");
        await tab.ShootAsync("dashboard-run-dark", wholePage: true);

        Assert.That(
            await tab.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"), Is.EqualTo("rgb(20, 23, 26)"), "dark where a person likes it dark");
    }

    [Test]
    public async Task Its_links_open_what_they_say_in_the_web_UI()
    {
        await using var server = Start(DevServer.FreePort());
        await using var tab = await Browser.OpenAsync();
        await tab.GoAsync(RunPage(server, FakeBatch.Learns));
        var run = await tab.Page.GetByRole(AriaRole.Link, new() { Name = "in Temporal" }).GetAttributeAsync("href");
        var attempt = await tab.Page.GetByRole(AriaRole.Region, new() { Name = "Attempts" }).GetByRole(AriaRole.Link, new() { Name = "Temporal" }).Nth(2).GetAttributeAsync("href");

        await tab.GoAsync(run!);
        await tab.SeesAsync("Current Details");
        await tab.SeesAsync($"attempt 3 of {FakeBatch.Learns}");
        await tab.GoAsync(attempt!);
        await tab.SeesAsync($"{_batch.Id(FakeBatch.Learns)}/attempt-3");
        await tab.SeesAsync("turn 1: ask the model");
    }

    [Test]
    public async Task Keys_alone_lead_through_it()
    {
        await using var server = Start(DevServer.FreePort());
        await using var tab = await Browser.OpenAsync();
        await tab.GoAsync(BatchPage(server));
        var (page, keys) = (tab.Page, tab.Page.Keyboard);
        await Assertions.Expect(page.Locator("a.line")).ToHaveCountAsync(2);

        await keys.PressAsync("/");
        await keys.TypeAsync("learns");
        await Assertions.Expect(page.Locator("a.line")).ToHaveCountAsync(1);
        await keys.PressAsync("Escape");
        await keys.PressAsync("j");
        await Assertions.Expect(page.Locator("a.line").First).ToBeFocusedAsync();
        await keys.PressAsync("Enter");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync(FakeBatch.Learns);
        await keys.PressAsync("u");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync(_batch.Name);
        await keys.PressAsync("?");
        await Assertions.Expect(page.Locator("dialog")).ToBeVisibleAsync();
        await keys.PressAsync("Escape");
        await Assertions.Expect(page.Locator("dialog")).ToBeHiddenAsync();
        await keys.PressAsync("u");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Batches");
    }

    [Test]
    public async Task It_follows_a_run_as_it_goes_and_shows_the_same_after_its_own_restart()
    {
        var port = DevServer.FreePort();
        await using var tab = await Browser.OpenAsync();
        await using (var server = Start(port))
        {
            await tab.GoAsync(BatchPage(server));
            await Assertions.Expect(Line(tab, FakeBatch.Busy)).ToContainTextAsync("running");
            await tab.Page.EvaluateAsync("window.never = 'loaded again'");
            await tab.ShootAsync("dashboard-batch");
        }

        await Assertions.Expect(tab.Page.Locator("#live")).ToHaveTextAsync("connecting");
        _batch.Release();
        await using var again = Start(port);

        await Assertions.Expect(tab.Page.Locator("#live")).ToHaveTextAsync("live");
        await Assertions.Expect(Line(tab, FakeBatch.Busy)).ToContainTextAsync("pass");
        Assert.That(await tab.Page.EvaluateAsync<string>("window.never"), Is.EqualTo("loaded again"), "the page that was open went on by itself");

        await using var fresh = await Browser.OpenAsync();
        await fresh.GoAsync(BatchPage(again));
        await Assertions.Expect(Line(fresh, FakeBatch.Busy)).ToContainTextAsync("pass");
        await Assertions.Expect(fresh.Page.Locator("main")).ToHaveTextAsync(await tab.Page.Locator("main").InnerTextAsync(), new() { UseInnerText = true });
    }

    private static ILocator Line(BrowserTab tab, string task) => tab.Page.Locator("tbody tr", new() { HasText = task });

    private string BatchPage(DashboardServer server) => $"{server.Address}#/batch/{_batch.Name}";

    private string RunPage(DashboardServer server, string task) => $"{server.Address}#/run/{Uri.EscapeDataString(_batch.Id(task))}";

    private DashboardServer Start(int port) => DashboardServer.Start(port, new DashboardFeed(_session), DashboardAccess.Of(null, null));
}
