using Spark.Temporal.Activities.Llm.Habits;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Says how a model is asked, without asking it.</summary>
internal static class ModelDescriptions
{
    /// <param name="request">What to say, and which habit to forget first.</param>
    /// <param name="endpoint">The model.</param>
    /// <param name="habits">What refusals have taught.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<ModelDescription> OfAsync(ModelDescriptionRequest request, ModelEndpoint endpoint, EndpointHabits habits, CancellationToken cancellationToken)
    {
        var forgotten = request.Forget is { } habit
            ? await habits.ForgetAsync(endpoint, habit == ModelDescriptionRequest.All ? null : habit, cancellationToken) : [];
        var known = await habits.OfAsync(endpoint, cancellationToken);
        return new ModelDescription
        {
            Profile = request.Model.Profile,
            Model = endpoint.Model,
            BaseUrl = endpoint.BaseUrl.ToString(),
            Api = endpoint.Profile.Api == ModelApi.Auto ? $"{ApiChoice.For(endpoint, known).Name} (auto)" : endpoint.Habits.Api,
            KeyVariable = endpoint.Profile.KeyVariable,
            KeySet = endpoint.HasKey,
            ContextTokens = Fitting.ContextOf(endpoint, known),
            MaxTokens = endpoint.Profile.MaxTokens,
            ConcurrentCalls = endpoint.Profile.ConcurrentCalls,
            Habits = [.. (await habits.EntriesAsync(endpoint, cancellationToken)).Select(Told)],
            Forgotten = [.. forgotten.Select(lesson => lesson.Habit)],
        };
    }

    private static ModelHabit Told(HabitEntry entry) => new(entry.Habit, HabitTable.Effect(entry), entry.Words, entry.At);
}
