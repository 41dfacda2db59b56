using System.Text;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>Puts values in place of the variables of a compose file, as compose does: what is not set is empty.</summary>
public static class ComposeVariables
{
    /// <summary>Where the task's <c>environment/</c> is thought to lie while the file is only read.</summary>
    public const string Context = "/environment";

    /// <summary>Stands for the image that is built from the task's Dockerfile.</summary>
    public const string MainImage = "spark-main-image";

    /// <summary>Deeper defaults of defaults are a mistake.</summary>
    private const int MostNested = 16;

    /// <summary>The variables of Harbor's that a file may name, as they are for a task.</summary>
    public static IReadOnlyDictionary<string, string> Of(TaskSettings task)
    {
        var variables = new Dictionary<string, string>
        {
            ["CONTEXT_DIR"] = Context,
            ["MAIN_IMAGE_NAME"] = MainImage,
            ["PREBUILT_IMAGE_NAME"] = task.DockerImage ?? "",
            ["TEST_DIR"] = "/tests",
            ["CPUS"] = FormattableString.Invariant($"{task.Cpus ?? 1}"),
            ["MEMORY"] = FormattableString.Invariant($"{task.MemoryMb ?? 2048}M"),
            ["NETWORK_MODE"] = task.Network == NetworkMode.NoNetwork ? "none" : "bridge",
        };
        foreach (var part in (string[])["VERIFIER", "AGENT", "ARTIFACTS"])
        {
            variables[$"HOST_{part}_LOGS_PATH"] = $"{Context}/.logs";
            variables[$"ENV_{part}_LOGS_PATH"] = $"/logs/{part.ToLowerInvariant()}";
        }

        return variables;
    }

    /// <summary>A value of the file with its variables filled.</summary>
    /// <returns>Null where it cannot be understood, or needs a variable that is not set.</returns>
    public static string? Fill(string text, IReadOnlyDictionary<string, string> known) => Fill(text, known, 0);

    private static string? Fill(string text, IReadOnlyDictionary<string, string> known, int depth)
    {
        if (depth > MostNested)
        {
            return null;
        }

        var filled = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '$')
            {
                filled.Append(text[i]);
                continue;
            }

            var next = i + 1 < text.Length ? text[i + 1] : ' ';
            if (next == '$')
            {
                filled.Append('$');
                i++;
                continue;
            }

            var start = next == '{' ? i + 2 : i + 1;
            var end = start;
            while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
            {
                end++;
            }

            if (end == start || char.IsAsciiDigit(text[start]))
            {
                return null;
            }

            var value = known.GetValueOrDefault(text[start..end]);
            if (next == '{')
            {
                var close = Close(text, end);
                if (close < 0 || (value = Chosen(value, text[end..close], known, depth)) is null)
                {
                    return null;
                }

                end = close + 1;
            }

            filled.Append(value);
            i = end - 1;
        }

        return filled.ToString();
    }

    /// <summary>What a variable gives with what follows its name, such as <c>:-default</c>.</summary>
    private static string? Chosen(string? value, string rest, IReadOnlyDictionary<string, string> known, int depth)
    {
        var colon = rest.StartsWith(':');
        var set = value is not null && !(colon && value.Length == 0);
        var other = rest.Length > (colon ? 1 : 0) ? rest[(colon ? 2 : 1)..] : "";
        return (rest.Length == 0, rest.Length > (colon ? 1 : 0) ? rest[colon ? 1 : 0] : ' ') switch
        {
            (true, _) => value ?? "",
            (_, '-') => set ? value : Fill(other, known, depth + 1),
            (_, '+') => set ? Fill(other, known, depth + 1) : "",
            (_, '?') => set ? value : null,
            _ => null,
        };
    }

    private static int Close(string text, int from)
    {
        var open = 1;
        for (var i = from; i < text.Length; i++)
        {
            if (text[i] == '$' && i + 1 < text.Length && text[i + 1] == '{')
            {
                open++;
            }
            else if (text[i] == '}' && --open == 0)
            {
                return i;
            }
        }

        return -1;
    }
}
