using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Spark.Temporal.Tests.Support;

/// <summary>A window of the browser with one page.</summary>
internal sealed class BrowserTab : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _complaints = new();

    public BrowserTab(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.PageError += (_, error) => _complaints.Enqueue(error);
        page.Console += (_, line) =>
        {
            if (line.Type == "error")
            {
                _complaints.Enqueue(line.Text);
            }
        };
    }

    public IPage Page { get; }

    /// <summary>Script errors and what the console shows in red, such as a refused resource.</summary>
    public IReadOnlyList<string> Complaints => [.. _complaints];

    /// <summary>Goes to an address.</summary>
    public Task<IResponse?> GoAsync(string address) => Page.GotoAsync(address);

    /// <summary>Waits until the page shows a text.</summary>
    public Task SeesAsync(string text) => Assertions.Expect(Page.GetByText(text).First).ToBeVisibleAsync();

    /// <summary>Keeps a picture among the test's results.</summary>
    /// <returns>Path of the PNG file.</returns>
    public async Task<string> ShootAsync(string name, bool wholePage = false)
    {
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, "screenshots", $"{name}.png");
        await Page.ScreenshotAsync(new() { Path = path, FullPage = wholePage, Animations = ScreenshotAnimations.Disabled });
        TestContext.AddTestAttachment(path);
        return path;
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();
}
