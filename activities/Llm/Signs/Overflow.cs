using System.Globalization;
using System.Text.RegularExpressions;

namespace Spark.Temporal.Activities.Llm.Signs;

/// <summary>That a request is longer than the model takes, in the provider's numbers.</summary>
/// <param name="Window">Tokens that there is room for; null where it does not say.</param>
/// <param name="Prompt">Tokens of what was sent; null where it does not say.</param>
/// <param name="Learn">Whether <paramref name="Window"/> is the model's context, and not a limit of the minute.</param>
internal sealed partial record Overflow(int? Window, int? Prompt, bool Learn)
{
    /// <summary>Numbers below this are no context: a code, or part of a name.</summary>
    private const int LeastWindow = 512;

    private static readonly Regex[] Numbers =
    [
        // vLLM; OpenAI, older vLLM and OpenRouter; SGLang, LM Studio and others; Anthropic, both forms.
        Of(@"too large: #r#[^{}]*maximum (?:model's )?context length is #w#[^{}]*?#p# input tokens"),
        Of(@"maximum context length is #w#[^{}]*?\(#p# (?:in|of|tokens)"),
        Of(@"maximum context length of #w#[^{}]*?: #p# tokens from"),
        Of(@"passed #p# input tokens[^{}]*?context length is (?:only )?#w#"),
        Of(@"first #p# tokens[^{}]*?context length of (?:only )?#w#"),
        Of(@"input length (?:of )?#p# exceeds the maximum allowed input length of #w#"),
        Of(@"maximum context length is #w#[^{}]*?(?:messages|input|prompt)[^{}]{0,40}?(?:resulted in|contains?|has) (?:at least )?#p#"),
        Of(@"maximum context length is #w#[^{}]*?requested (?:about )?#a#"),
        Of(@"prompt is too long: #p# tokens > #w#"),
        Of(@"exceed context limit: #p# \+ #r# > #w#"),

        // Gemini; xAI; Mistral; Kimi; Qwen; llama.cpp; Copilot; Groq and OpenAI by the minute.
        Of(@"input token count \(?#p#\)? exceeds the maximum[^{}]*?\(?#w#\)?"),
        Of(@"maximum prompt length is #w# but the request contains #p#"),
        Of(@"(?:contains #p# tokens[^{}]*)?too large for model with #w#"),
        Of(@"exceeded model token limit: #w#(?: \(requested: #a#\))?"),
        Of(@"Range of input length should be \[1, ?#w#\]"),
        Of(@"request \(#p# tokens\) exceeds the available context size \(#w#"),
        Of(@"""n_prompt_tokens"":#p#[^{}]*""n_ctx"":#w#"),
        Of(@"""n_ctx"":#w#[^{}]*""n_prompt_tokens"":#p#"),
        Of(@"(?:count of #p#[^{}]{0,40})?exceeds the limit of #w#"),
        Of(@"maximum context length (?:is |of )#w#"),
    ];

    /// <summary>Reads an error reply.</summary>
    /// <param name="status">Its status.</param>
    /// <param name="text">Its text, as <see cref="ErrorText"/> writes it.</param>
    /// <param name="reply">The limit of the reply that was asked for: some providers only say the sum.</param>
    /// <returns>Null where it says something else.</returns>
    public static Overflow? Read(int status, string text, int reply = 0)
    {
        if (status is not (400 or 404 or 413 or 422 or 429 or >= 500))
        {
            return null;
        }

        // Some endpoints say nothing at all.
        if (status == 400 && string.IsNullOrWhiteSpace(text))
        {
            return new Overflow(null, null, Learn: false);
        }

        // A request above the limit of a minute never passes, however long one waits.
        if (PerMinute().Match(text) is { Success: true } rate && status is 413 or 429)
        {
            var (limit, asked) = (Number(rate, "w"), Number(rate, "a"));
            return limit < asked ? new Overflow(limit, asked - reply, Learn: false) : null;
        }

        if (status != 413 && (status is 404 or 429 || Throttling().IsMatch(text) || !Words().IsMatch(text)))
        {
            return null;
        }

        foreach (var form in Numbers)
        {
            if (Found(form, text) is { } found && Number(found, "w") is { } window and >= LeastWindow)
            {
                var prompt = Number(found, "p") ?? (Number(found, "a") is { } sum && sum > reply ? sum - reply : null);
                return new Overflow(window, prompt, Learn: true);
            }
        }

        return new Overflow(null, null, Learn: false);
    }

    private static Match? Found(Regex form, string text)
    {
        try
        {
            return form.Match(text) is { Success: true } found ? found : null;
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }
    }

    private static int? Number(Match match, string group) =>
        int.TryParse(match.Groups[group].Value.Replace(",", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static Regex Of(string form) => new(
        Regex.Replace(form, "#([a-z])#", @"(?<$1>\d[\d,]*)"), RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    [GeneratedRegex(@"request too large[^{}]*limit:? (?<w>\d[\d,]*),? requested:? (?<a>\d[\d,]*)", RegexOptions.IgnoreCase)]
    private static partial Regex PerMinute();

    [GeneratedRegex(@"rate.?limit|too many requests|ThrottlingException", RegexOptions.IgnoreCase)]
    private static partial Regex Throttling();

    [GeneratedRegex(
        @"context_length_exceeded|model_context_window_exceeded|exceed_context_size|exceeds? the context window|context window exceeds|(maximum|max\w*) (context|model) len"
        + @"|context (length|window|size) (has been )?exceeded|exceed context limit|(longer|greater) than the (model's )?(maximum )?context|exceeds? the (available|maximum) context"
        + @"|exceeded max context length|when context the overflows|context length is only|prompt (is )?too long|too many (input )?tokens|input is too long|input token length too long|maximum prompt length is"
        + @"|input token count \(?\d[\d,]*\)? exceeds|too large for model with|exceeded model token limit|Range of input length should be|reduce the length of the (messages|prompt)"
        + @"|maximum allowed input length|token count of \d+ exceeds the limit|requested \d+ output tokens",
        RegexOptions.IgnoreCase)]
    private static partial Regex Words();
}
