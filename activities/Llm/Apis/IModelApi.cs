using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>How one API of models is spoken: what a request looks like, and what a reply says. It sends nothing.</summary>
internal interface IModelApi
{
    /// <summary>As in <see cref="ProviderEcho.Api"/> and in stored replies.</summary>
    string Name { get; }

    /// <summary>Headers that the API demands.</summary>
    IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>Path of a request below a base address.</summary>
    string PathAt(Uri baseUrl);

    /// <summary>The body of a request.</summary>
    JsonObject Write(IReadOnlyList<ChatMessage> messages, BodyForm form);

    /// <summary>Reads a whole reply in the form that is not streamed.</summary>
    /// <exception cref="UnreadableReplyException">It is no reply.</exception>
    ChatReply Read(string body, ReplyForm form);

    /// <summary>Puts the events of one stream together.</summary>
    IStreamAssembler Assemble();
}

/// <summary>Puts the events of one stream together to the reply that would have come without it.</summary>
internal interface IStreamAssembler
{
    /// <summary>The reply is complete, or an error came: nothing that follows matters.</summary>
    bool IsEnded { get; }

    /// <summary>The end of the stream is a good end, though the last event has not come.</summary>
    bool MayEnd { get; }

    /// <summary>What the model said so far, its reasoning and its calls included; to count what a cut stream cost.</summary>
    string Partial { get; }

    /// <summary>Takes one event. What it does not know is left out.</summary>
    /// <param name="type">Name of the event, <c>message</c> when it has none.</param>
    /// <param name="data">Its data.</param>
    void Add(string type, string data);

    /// <summary>The whole reply as JSON; of an error an object with the field <c>error</c>.</summary>
    string Body();
}
