using Microsoft.Playwright;

namespace Spark.Temporal.Tests.Support;

/// <summary>One browser, Debian's Chromium, for the whole test run; every test gets a window that shares nothing with others'.</summary>
internal static class Browser
{
    // The machine may be busy with other tests; what is awaited is an event, so patience costs nothing.
    private const float Patience = 60_000;

    private static readonly string[] Arguments =
    [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private static readonly Lazy<Task<(IPlaywright Driver, IBrowser Chromium)>> Started = new(StartAsync);

    /// <summary>Opens a window; skips the test where there is no Chromium.</summary>
    /// <param name="dark">Whether the person likes it dark.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    public static async Task<BrowserTab> OpenAsync(bool dark = false, int width = 1440, int height = 1000)
    {
        Requires.Chromium();
        var context = await (await Started.Value).Chromium.NewContextAsync(new()
        {
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize = new() { Width = width, Height = height },
            Locale = "en-GB",
            TimezoneId = "UTC",
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(Patience);
        await context.RouteAsync(address => address.StartsWith("http", StringComparison.Ordinal) && !address.Contains("/events", StringComparison.Ordinal), FetchAsync);
        return new BrowserTab(context, await context.NewPageAsync());
    }

    internal static async Task StopAsync()
    {
        if (Started is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            var (driver, chromium) = await Started.Value;
            await chromium.CloseAsync();
            driver.Dispose();
        }
    }

    /// <summary>
    /// Chromium drops every connection when a network interface comes or goes, as they do while other tests start
    /// containers. So requests are made outside of it; files need no connection, and streams of events a page opens again by itself.
    /// </summary>
    private static async Task FetchAsync(IRoute route)
    {
        try
        {
            await route.FulfillAsync(new() { Response = await route.FetchAsync(new() { MaxRedirects = 0 }) });
        }
        catch (PlaywrightException)
        {
            // The page is gone, or nobody answers: the page is told the latter.
            await route.AbortAsync().ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private static async Task<(IPlaywright Driver, IBrowser Chromium)> StartAsync()
    {
        Assertions.SetDefaultExpectTimeout(Patience);
        var driver = await Playwright.CreateAsync();
        return (driver, await driver.Chromium.LaunchAsync(new() { ExecutablePath = Requires.Chromium(), Args = Arguments, Timeout = Patience }));
    }
}
