using Spark.Temporal.Workflows.Attempts;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Evaluation;

/// <summary>The trials that run just now.</summary>
internal sealed class OpenTrials
{
    private readonly SortedDictionary<int, ChildWorkflowHandle<AttemptWorkflow, AttemptResult>> _trials = [];
    private readonly SortedDictionary<int, string> _waiting = [];

    public int Count => _trials.Count;

    public IReadOnlyList<string> Ids => [.. _trials.Values.Select(trial => trial.Id)];

    /// <summary>What some of them wait for, each reason once.</summary>
    public IEnumerable<(string Reason, int Trials)> Waiting =>
        _waiting.Values.GroupBy(reason => reason, StringComparer.Ordinal).Select(group => (group.Key, group.Count()));

    public void Add(int number, ChildWorkflowHandle<AttemptWorkflow, AttemptResult> trial) => _trials[number] = trial;

    public void Remove(int number)
    {
        _trials.Remove(number);
        _waiting.Remove(number);
    }

    public void Heard(AttemptNews news)
    {
        if (news.Waiting is { } reason && _trials.ContainsKey(news.Number))
        {
            _waiting[news.Number] = reason;
        }
        else
        {
            _waiting.Remove(news.Number);
        }
    }

    /// <summary>Tells all of them to stand still or to go on.</summary>
    public Task SteerAsync(bool paused) => Workflow.WhenAllAsync(_trials.Values.ToList().Select(trial => TellAsync(trial, paused)));

    private static async Task TellAsync(ChildWorkflowHandle<AttemptWorkflow, AttemptResult> trial, bool paused)
    {
        try
        {
            await trial.SignalAsync(attempt => attempt.SteerAsync(new AttemptSteering(paused, null)));
        }
        catch (FailureException)
        {
            // It has just ended.
        }
    }
}
