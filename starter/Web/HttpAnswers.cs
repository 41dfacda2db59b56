using Microsoft.AspNetCore.Http;

namespace Spark.Temporal.Starter.Web;

/// <summary>Whole answers, sent at once with their length.</summary>
internal static class HttpAnswers
{
    public const string Json = "application/json";

    public const string PlainText = "text/plain; charset=utf-8";

    /// <param name="response">The answer, its headers set.</param>
    /// <param name="status">Its status.</param>
    /// <param name="type">Type of the body.</param>
    /// <param name="body">May be empty.</param>
    public static async Task SendAsync(this HttpResponse response, int status, string type, ReadOnlyMemory<byte> body)
    {
        response.StatusCode = status;
        if (status == StatusCodes.Status204NoContent)
        {
            return;
        }

        response.ContentType = type;
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, response.HttpContext.RequestAborted);
    }
}
