using System.Globalization;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Running;

/// <summary>
/// Waits out what only the world can put right, in place: says what it is and what goes on, tries again by itself after 1, 2, 5,
/// then every 15 minutes, and at once when a person or the batch says so. A run that its batch holds leaves the trying to
/// another one. <c>docs/architecture.md</c>, "Waiting states".
/// </summary>
/// <param name="control">How the run is operated.</param>
/// <param name="limits">The unit of the waits, and how long a container is kept.</param>
internal sealed class Outages(RunControl control, AttemptLimits limits)
{
    /// <summary>What follows the neighbour's words and the remedy: what goes on with this run.</summary>
    private const string AndThen = " · tried again by itself at ";

    /// <summary>The same where each try is paid for.</summary>
    private const string AndOnly = " · each try is paid for, so it is tried again only by Resume: ";

    private static readonly int[] Units = [1, 2, 5, 15];

    private int _tries;
    private DateTime _since;
    private bool _letGo;

    /// <summary>Id of the run that a person resumes.</summary>
    public string Run { get; init; } = Workflow.Info.WorkflowId;

    /// <summary>Tells the run above what is waited for, null when it goes on; for runs whose control does not.</summary>
    public Func<string?, Task>? Tell { get; init; }

    /// <summary>Gives back what is held, after a wait of <see cref="AttemptLimits.PausedContainerSec"/>; null for nothing.</summary>
    public Action? LetGo { get; init; }

    /// <summary>Whether the next try is one within a wait: its own retries would only delay the answer.</summary>
    public bool Trying => _tries > 0;

    /// <summary>Carries out a step until it succeeds, or fails in a way that is no outage.</summary>
    /// <param name="step">The step; the same activity with the same request each time.</param>
    /// <param name="outageOf">What a failure means; null when it is final.</param>
    /// <exception cref="ActivityFailureException">The step failed finally.</exception>
    public async Task<T> ThroughAsync<T>(Func<Task<T>> step, Func<ActivityFailureException, Outage?> outageOf)
    {
        while (true)
        {
            try
            {
                var result = await step();
                await OverAsync();
                return result;
            }
            catch (ActivityFailureException failure) when (!TemporalException.IsCanceledException(failure))
            {
                if (outageOf(failure) is not { } outage)
                {
                    await OverAsync();
                    throw;
                }

                await WaitAsync(outage);
            }
        }
    }

    /// <summary>What is waited for, without what follows it for one run.</summary>
    public static string NeighboursWords(string words) => words.Split(AndThen)[0].Split(AndOnly)[0];

    /// <summary>A step went through: whatever was waited for is there again.</summary>
    public async Task OverAsync()
    {
        if (_tries > 0)
        {
            (_tries, _letGo) = (0, false);
            control.Declare(RunStates.Running, "");
            await TellAsync(null);
        }
        else if (control.StepsEnded())
        {
            await TellAsync(null);
        }
    }

    /// <summary>How long to wait before the next try.</summary>
    /// <param name="unitSec">The minute, in seconds.</param>
    /// <param name="tries">Tries so far within this wait.</param>
    public static TimeSpan Pause(double unitSec, int tries) => TimeSpan.FromSeconds(unitSec * Units[Math.Min(tries, Units.Length - 1)]);

    /// <summary>Waits until it is time to try again.</summary>
    public async Task WaitAsync(Outage outage)
    {
        var now = Workflow.UtcNow;
        _since = _tries == 0 ? now : _since;
        DateTime? until = outage.Costs ? null : now + Pause(limits.WaitUnitSec, _tries);
        _tries++;
        control.Await(outage.Cause);
        control.Declare(outage.State, Words(outage, until));
        await TellAsync(outage.State);
        while (!control.Retried)
        {
            var left = until > Workflow.UtcNow ? until - Workflow.UtcNow : null;
            var due = until is not null && left is null;
            if (due && !control.StandsStill)
            {
                return;
            }

            var kept = LetGo is null || _letGo ? null : (TimeSpan?)(_since + TimeSpan.FromSeconds(limits.PausedContainerSec) - Workflow.UtcNow);
            if (kept <= TimeSpan.Zero)
            {
                _letGo = true;
                LetGo!();
                continue;
            }

            await UntilAsync(left is null || kept < left ? kept : left, due, outage);
        }
    }

    /// <summary>Waits for a word from outside, at most so long; null for as long as it takes.</summary>
    /// <param name="most">How long.</param>
    /// <param name="due">Whether it is time to try, so that being let go is enough.</param>
    /// <param name="outage">For the timer's summary.</param>
    private Task UntilAsync(TimeSpan? most, bool due, Outage outage)
    {
        bool GoesOn() => control.Retried || (due && !control.StandsStill);
        return most is { } time
            ? Workflow.WaitConditionWithOptionsAsync(new(GoesOn) { Timeout = time, TimeoutSummary = $"{outage.State}: before it is tried again" })
            : Workflow.WaitConditionAsync(GoesOn);
    }

    private Task TellAsync(string? state) => Tell?.Invoke(state) ?? Task.CompletedTask;

    private string Words(Outage outage, DateTime? until) => PlainText.OneLine(outage.Words, 600) + (until is { } time
        ? $"{AndThen}{time.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} UTC, at once by Resume: spark runs resume {Run}"
        : $"{AndOnly}spark runs resume {Run}");
}
