using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Wire.Encryption;

/// <summary>
/// The keys of a key file, by id. New payloads are encrypted with the active one; the others still open what was encrypted
/// with them. Parsing only; the caller reads the file.
/// </summary>
public sealed partial class EncryptionKeys
{
    /// <summary>The variable that names the key file: the file, never a key.</summary>
    public const string Variable = "SPARK_ENCRYPTION_KEYS";

    /// <summary>Bytes of a key: AES-256.</summary>
    public const int KeyBytes = 32;

    private static readonly JsonSerializerOptions Strict = new(SparkJson.Indented)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
    };

    private readonly Dictionary<string, byte[]> _keys;

    private EncryptionKeys(string path, string activeId, Dictionary<string, byte[]> keys)
    {
        (Path, ActiveId, _keys) = (path, activeId, keys);
    }

    /// <summary>The file they came from, for messages.</summary>
    public string Path { get; }

    /// <summary>The key that new payloads are encrypted with.</summary>
    public string ActiveId { get; }

    public IReadOnlyCollection<string> Ids => _keys.Keys;

    /// <summary>The keys of the file that the variable or setting names; null where it names none.</summary>
    /// <param name="path">The file; null or empty for no encryption.</param>
    /// <param name="read">Reads a file's text.</param>
    /// <exception cref="FormatException">The file cannot be read or is no key file; says what is wrong and the remedy.</exception>
    public static EncryptionKeys? Load(string? path, Func<string, string> read)
    {
        if (string.IsNullOrEmpty(path))
        {
            return null;
        }

        try
        {
            return Parse(read(path), path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new FormatException(
                $"{Variable} names {path}, which cannot be read: {unreadable.Message}; make a key file with: spark keys new {path}", unreadable);
        }
    }

    /// <summary>Reads a key file's text.</summary>
    /// <exception cref="FormatException">It is no key file; names file and field, and never quotes a key.</exception>
    public static EncryptionKeys Parse(string text, string path)
    {
        KeyFile file;
        try
        {
            file = JsonSerializer.Deserialize<KeyFile>(text, Strict) ?? new KeyFile();
        }
        catch (JsonException mistake)
        {
            // The serializer's message may quote what it did not understand, and that may be a key.
            throw new FormatException($"{path}:{mistake.LineNumber + 1}: this is no key file ({mistake.Path}); make one with: spark keys new FILE");
        }

        var keys = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (id, value) in file.Keys ?? [])
        {
            CheckId(id, path);
            var key = new byte[KeyBytes];
            if (value is null || !Convert.TryFromBase64String(value, key, out var written) || written != KeyBytes)
            {
                throw new FormatException($"{path}: keys.{id} is not {KeyBytes} bytes in base64; make a key with: spark keys add {path}");
            }

            keys[id] = key;
        }

        return file.Active is not { Length: > 0 } active ? throw new FormatException($"{path}: active is missing; name one of the keys")
            : keys.ContainsKey(active) ? new EncryptionKeys(path, active, keys)
            : throw new FormatException($"{path}: active is '{active}', which is not among the keys ({string.Join(", ", keys.Keys)})");
    }

    /// <summary>A file's first key.</summary>
    public static EncryptionKeys Create(string path, string id, byte[] key) => new EncryptionKeys(path, id, []).With(id, key);

    /// <summary>These keys and another one, which is not active yet: every process must know it before the first uses it.</summary>
    /// <exception cref="FormatException">The id cannot be one, or is taken.</exception>
    public EncryptionKeys With(string id, byte[] key)
    {
        CheckId(id, Path);
        return key.Length != KeyBytes ? throw new ArgumentException($"A key has {KeyBytes} bytes.", nameof(key))
            : _keys.ContainsKey(id) ? throw new FormatException($"{Path}: there is a key '{id}' already; choose another id")
            : new EncryptionKeys(Path, ActiveId, new Dictionary<string, byte[]>(_keys) { [id] = key });
    }

    /// <summary>These keys with another active one.</summary>
    /// <exception cref="FormatException">There is no such key.</exception>
    public EncryptionKeys Activate(string id) => _keys.ContainsKey(id)
        ? new EncryptionKeys(Path, id, _keys)
        : throw new FormatException($"{Path}: there is no key '{id}'; it has {string.Join(", ", _keys.Keys)}");

    /// <summary>The file's text.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        new KeyFile { Active = ActiveId, Keys = _keys.ToDictionary(pair => pair.Key, string? (pair) => Convert.ToBase64String(pair.Value)) }, Strict) + "\n";

    internal bool TryGet(string id, [NotNullWhen(true)] out byte[]? key) => _keys.TryGetValue(id, out key);

    private static void CheckId(string id, string path)
    {
        if (!IdPattern().IsMatch(id))
        {
            throw new FormatException($"{path}: '{id}' cannot be a key's id; use letters, digits and . _ -, at most 64 characters");
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex IdPattern();

    private sealed class KeyFile
    {
        public string? Active { get; set; }

        public Dictionary<string, string?>? Keys { get; set; }
    }
}
