using System.Collections;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Temporalio.Converters;

namespace Spark.Temporal.Activities.Redaction;

/// <summary>
/// Takes keys out of what leaves the process: messages, logs, failures, histories, artifacts. It knows secret values, how
/// they look inside JSON, URLs and base64, and the usual look of a bearer token. A mark is as long as what it replaces.
/// </summary>
/// <remarks>
/// It cannot see what is compressed, encrypted or torn apart (base64 broken into lines in the middle of a value, a value
/// printed letter by letter). So it is the second fence: the first is that containers get no key.
/// </remarks>
public sealed partial class SecretRedactor
{
    public const string Mark = "[redacted]";

    private readonly SecretMatcher _matcher;

    /// <param name="values">The secrets.</param>
    public SecretRedactor(IEnumerable<string> values) =>
        _matcher = new SecretMatcher(values.Select(value => value.Trim()).Where(value => value.Length > 0).SelectMany(SecretForms.Of));

    /// <summary>A redactor of what an environment and settings hold: what their names call a secret, and the variables given.</summary>
    /// <param name="environment">Variables with their values.</param>
    /// <param name="named">Names of variables that hold secrets, whatever they are called.</param>
    /// <param name="settings">Settings, null for none.</param>
    /// <param name="known">Values that are public anyway, such as names of models: masking them would break paths and ids.</param>
    public static SecretRedactor For(IDictionary environment, IEnumerable<string> named, IConfiguration? settings = null, IEnumerable<string>? known = null)
    {
        var open = (known ?? []).Select(value => value.Trim()).ToHashSet(StringComparer.Ordinal);
        var asked = named.ToHashSet(StringComparer.Ordinal);
        var values = new List<string>();
        foreach (DictionaryEntry variable in environment)
        {
            if (variable is not { Key: string name, Value: string value })
            {
                continue;
            }

            values.AddRange(Passwords(value));
            if (asked.Contains(name) ? value.Trim().Length >= ShortestNamed : SecretNames.IsSecret(name, value))
            {
                values.Add(value);
            }
        }

        var configured = (settings?.AsEnumerable() ?? []).Where(setting => SecretNames.IsSecret(setting.Key[(setting.Key.LastIndexOf(':') + 1)..], setting.Value));
        values.AddRange((settings?.AsEnumerable() ?? []).SelectMany(setting => Passwords(setting.Value ?? "")));
        return new SecretRedactor([.. values.Concat(configured.Select(setting => setting.Value!)).Where(value => !open.Contains(value.Trim()))]);
    }

    /// <summary>The text without secrets.</summary>
    public string Redact(string text) => TokenPattern().Replace(RedactKnown(text), Mark);

    /// <summary>The text with only the known values masked: for text that must otherwise stay unchanged.</summary>
    public string RedactKnown(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return _matcher.Mask(bytes) ? Encoding.UTF8.GetString(bytes) : text;
    }

    /// <summary>Masks the known values in place.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Mask(Span<byte> data) => _matcher.Mask(data);

    /// <summary>A stream that reads another one with the known values masked.</summary>
    internal Stream Reading(Stream source) => new RedactingStream(source, _matcher);

    /// <summary>A converter that lets no secret out of this process.</summary>
    public DataConverter Around(DataConverter converter) => converter with
    {
        PayloadCodec = new RedactingCodec(this, converter.PayloadCodec),
        FailureConverter = new RedactingFailureConverter(this, converter.FailureConverter is DefaultFailureConverter.WithEncodedCommonAttributes),
    };

    /// <summary>Whether a text consists of a mark alone: the whole text was a secret.</summary>
    public static bool IsMasked(string text) =>
        text.Length > 0 && (text.StartsWith(Mark, StringComparison.Ordinal) ? text.AsSpan(Mark.Length) : text).Trim('*').IsEmpty;

    /// <summary>Passwords in addresses (<c>https://user:password@proxy</c>) and in connection strings, whatever the variable is called.</summary>
    private static IEnumerable<string> Passwords(string value) => PasswordPattern().Matches(value)
        .Select(match => match.Groups["password"].Value.Trim())
        .SelectMany(password => new[] { password, Uri.UnescapeDataString(password) })
        .Where(password => password.Length >= ShortestNamed).Distinct();

    [GeneratedRegex(@"://[^/\s:@]*:(?<password>[^/\s@]+)@|(?:^|;)\s*(?:password|pwd)\s*=\s*(?<password>[^;]+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PasswordPattern();

    // Characters of the shortest secret in a variable that the settings name: ordinary short words must not be masked.
    public const int ShortestNamed = 6;

    // Providers quote a wrong key back, its middle replaced by stars.
    [GeneratedRegex(@"\bsk-[A-Za-z0-9_*.-]{6,}|(?<=\bBearer\s+)[A-Za-z0-9_~+/=.-]{8,}")]
    private static partial Regex TokenPattern();
}
