using System.Text.Json;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>A stream whose events say what they are, by their name or by a field <c>type</c>.</summary>
internal abstract class NamedEvents : IStreamAssembler
{
    public virtual bool IsEnded => Error is not null;

    public virtual bool MayEnd => IsEnded;

    public abstract string Partial { get; }

    /// <summary>The body of the error that came in the place of the rest; null for none.</summary>
    protected string? Error { get; set; }

    public void Add(string type, string data)
    {
        try
        {
            using var document = JsonDocument.Parse(data);
            Take(Lenient.String(document.RootElement, "type") ?? type, document.RootElement);
        }
        catch (JsonException)
        {
            // No event; [DONE] among others, which some gateways send at the end.
        }
    }

    public string Body() => Error ?? Whole();

    /// <summary>Takes an event.</summary>
    protected abstract void Take(string type, JsonElement root);

    /// <summary>The body that would have come without a stream.</summary>
    protected abstract string Whole();
}
