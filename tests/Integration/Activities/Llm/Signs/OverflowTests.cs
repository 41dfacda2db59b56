using System.Text.Json;
using Spark.Temporal.Activities.Llm.Signs;

namespace Spark.Temporal.Tests.Activities.Llm.Signs;

/// <summary>How providers say that a request is too long, and which numbers they name.</summary>
public sealed class OverflowTests
{
    [TestCase(400, "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.", 8192, 9000)]
    [TestCase(400, "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (3976 in the messages, 1024 in the completion).", 4096, 3976)]
    [TestCase(400, "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 4096 tokens and your request has 100 input tokens", 4096, 100)]
    [TestCase(400, "This model's maximum context length is 4096 tokens. However, you requested 512 output tokens and your prompt contains at least 3585 input tokens.", 4096, 3585)]
    [TestCase(400, "This endpoint's maximum context length is 131072 tokens. However, you requested about 150000 tokens (140000 of text input, 10000 in the output).", 131072, 140000)]
    [TestCase(400, "prompt is too long: 210000 tokens > 200000 maximum", 200000, 210000)]
    [TestCase(400, "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000", 200000, 190000)]
    [TestCase(400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 1048576, 1200000)]
    [TestCase(400, "This model's maximum prompt length is 131072 but the request contains 140000 tokens.", 131072, 140000)]
    [TestCase(400, "Prompt contains 40000 tokens, too large for model with 32768 maximum context length", 32768, 40000)]
    [TestCase(400, "Your request exceeded model token limit: 131072 (requested: 140000)", 131072, 139000)]
    [TestCase(400, "Range of input length should be [1, 30720]", 30720, null)]
    [TestCase(400, "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it", 4096, 5000)]
    [TestCase(400, "prompt token count of 130000 exceeds the limit of 128000", 128000, 130000)]
    [TestCase(400, "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of 5000 tokens: 4000 tokens from the input messages and 1000 tokens for the completion.", 4096, 4000)]
    [TestCase(400, "You passed 140000 input tokens and requested 8192 output tokens. However, the model's context length is only 131072 tokens.", 131072, 140000)]
    [TestCase(400, "Trying to keep the first 6000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens", 4096, 6000)]
    [TestCase(400, "Input length 140000 exceeds the maximum allowed input length of 131072 tokens.", 131072, 140000)]
    [TestCase(400, "Please reduce the length of the messages or completion.", null, null)]
    [TestCase(400, "the input is longer than the model's context length", null, null)]
    [TestCase(400, "prompt too long; exceeded max context length by 5 tokens", null, null)]
    [TestCase(413, "", null, null)]
    [TestCase(500, "Context size has been exceeded.", null, null)]
    [TestCase(413, "Request too large for model x on tokens per minute (TPM): Limit 6000, Requested 9000, please reduce your message size and try again.", 6000, 8000)]
    public void It_is_read(int status, string message, int? window, int? prompt)
    {
        var found = Overflow.Read(status, Text(message), reply: 1000);

        Assert.That(found, Is.Not.Null);
        Assert.That((found!.Window, found.Prompt), Is.EqualTo((window, prompt)));
    }

    [Test]
    public void The_numbers_beside_the_words_count()
    {
        var text = ErrorText.Of("""{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error","n_prompt_tokens":5000,"n_ctx":4096}}""");

        Assert.That(Overflow.Read(400, text), Is.EqualTo(new Overflow(4096, 5000, Learn: true)));
    }

    [Test]
    public void A_refusal_without_a_word_may_be_one() => Assert.That(Overflow.Read(400, ErrorText.Of("")), Is.EqualTo(new Overflow(null, null, Learn: false)));

    [TestCase(429, "Rate limit reached: too many tokens per minute")]
    [TestCase(400, "ThrottlingException: Too many tokens, please wait before trying again.")]
    [TestCase(429, "Request too large for x on tokens per min (TPM): Limit 9000, Requested 6000.")]
    [TestCase(400, "max_tokens must be less than or equal to 8192")]
    [TestCase(404, "The model does not exist")]
    public void Throttling_and_other_refusals_are_something_else(int status, string message) => Assert.That(Overflow.Read(status, Text(message)), Is.Null);

    [TestCase("Range of max_tokens should be [1, 8192]", 8192)]
    [TestCase("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8192)]
    [TestCase("max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens for claude", 64000)]
    [TestCase("max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.", 16384)]
    [TestCase("`max_tokens` must be less than or equal to `32768`, the maximum value for `max_tokens` is less than the `context_window`", 32768)]
    [TestCase("Unable to submit request because it has a maxOutputTokens value of 99999 but the supported range is from 1 (inclusive) to 65537 (exclusive).", 65536)]
    [TestCase("Unsupported parameter: 'max_tokens'", null)]
    public void The_highest_limit_of_a_reply_is_read(string message, int? most) => Assert.That(ReplyLimits.Highest(400, Text(message)), Is.EqualTo(most));

    [Test]
    public void What_the_credit_pays_for_is_read() => Assert.That(ReplyLimits.Affordable(402, Text("You requested up to 8192 tokens, but can only afford 1,900.")), Is.EqualTo(1900));

    private static string Text(string message) => ErrorText.Of(JsonSerializer.Serialize(new { error = new { message } }));
}
