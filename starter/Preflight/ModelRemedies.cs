using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Preflight;

/// <summary>What a person does about a model that does not answer.</summary>
internal static class ModelRemedies
{
    /// <param name="type">One of <see cref="FailureTypes"/>, or <see cref="ModelFinding.NoWorker"/>.</param>
    /// <param name="profile">The profile.</param>
    public static string Of(string type, string profile) => type switch
    {
        FailureTypes.ModelUnauthorized => $"set the right key in the worker's environment or in the .env file of its folder, or the header that carries it (Llm:Profiles:{profile}:KeyHeader), and start the worker again",
        FailureTypes.ModelRefused => $"do what it says; the model's name, the address and the rest are --model, or Llm:Profiles:{profile} in the worker's settings (OPENAI_MODEL, OPENAI_BASE_URL)",
        FailureTypes.ModelFiltered => "choose another model, or another setting of the provider's filter; it is not about the key",
        FailureTypes.ModelUnavailable => $"check that the endpoint is up, and its address: OPENAI_BASE_URL, or Llm:Profiles:{profile}:BaseUrl in the worker's settings",
        ModelFinding.NoWorker => $"start a spark-worker that serves the profile (role llm, Llm:Profiles:{profile} in its settings), or choose another one with --model",
        _ => $"correct Llm:Profiles:{profile} in the worker's settings, or choose another model with --model",
    };
}
