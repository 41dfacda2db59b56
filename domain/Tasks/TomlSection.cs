namespace Spark.Temporal.Domain.Tasks;

/// <summary>
/// One table of <c>task.toml</c>: typed reading that reports what does not fit, and remembers which keys were read so
/// that the others can be reported as unknown.
/// </summary>
public sealed class TomlSection(string path, TomlNode? node, TaskFindings findings)
{
    public const string File = "task.toml";

    private readonly Dictionary<string, TomlNode> _table = node?.Value as Dictionary<string, TomlNode> ?? [];
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    public bool Exists => node is not null;

    /// <summary>Line of the table, 0 when the file has none.</summary>
    public int OwnLine => node?.Line ?? 0;

    public IEnumerable<string> Keys => _table.Keys;

    /// <summary>How a field is called in messages: <c>[environment] cpus</c>.</summary>
    public string Field(string key) => path.Length == 0 ? key : $"[{path}] {key}";

    public int Line(string key) => _table.TryGetValue(key, out var found) ? found.Line : OwnLine;

    /// <summary>The value under a key whatever its type; null when absent.</summary>
    public TomlNode? Node(string key)
    {
        _read.Add(key);
        return _table.GetValueOrDefault(key);
    }

    public TomlSection Section(string key)
    {
        var found = Node(key);
        if (found is { Value: not Dictionary<string, TomlNode> })
        {
            WrongType(key, found, "a table", $"write [{Dotted(key)}] above its keys");
            found = null;
        }

        return new TomlSection(Dotted(key), found, findings);
    }

    public string? Text(string key)
    {
        switch (Node(key))
        {
            case null:
                return null;
            case { Value: string text }:
                return text;
            case var other:
                WrongType(key, other, "a string", "write it in quotes");
                return null;
        }
    }

    /// <summary>A string that says something; an empty one counts as absent.</summary>
    public string? NonEmptyText(string key) => Text(key) is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    /// <summary>A path that must be absolute, since it is one of the container.</summary>
    public string? AbsolutePath(string key)
    {
        var text = NonEmptyText(key);
        if (text is not null && !text.StartsWith('/'))
        {
            findings.Error(File, Line(key), $"{Field(key)} = \"{text}\" is not an absolute path", "write a path in the container that starts with /");
            return null;
        }

        return text;
    }

    /// <summary>A user by name or number.</summary>
    public string? User(string key) => Node(key) is { Value: long and >= 0 and var id } ? id.ToString(System.Globalization.CultureInfo.InvariantCulture) : NonEmptyText(key);

    public bool? Flag(string key)
    {
        switch (Node(key))
        {
            case null:
                return null;
            case { Value: bool flag }:
                return flag;
            case var other:
                WrongType(key, other, "true or false", "write true or false without quotes");
                return null;
        }
    }

    /// <summary>A number within limits.</summary>
    /// <param name="key">The key.</param>
    /// <param name="least">Smallest number allowed.</param>
    /// <param name="most">Largest number allowed.</param>
    /// <param name="allowed">The limits in words.</param>
    public double? Number(string key, double least, double most, string allowed)
    {
        double number;
        switch (Node(key))
        {
            case null:
                return null;
            case { Value: long whole }:
                number = whole;
                break;
            case { Value: double real }:
                number = real;
                break;
            case var other:
                WrongType(key, other, "a number", "write it without quotes");
                return null;
        }

        if (double.IsNaN(number) || number < least || number > most)
        {
            findings.Error(File, Line(key), $"{Field(key)} = {number.ToString(System.Globalization.CultureInfo.InvariantCulture)} is not possible", $"it must be {allowed}");
            return null;
        }

        return number;
    }

    /// <summary>A whole number within limits; <c>4096.0</c> counts as whole.</summary>
    public long? Whole(string key, double least, double most, string allowed)
    {
        var number = Number(key, least, most, allowed);
        if (number is not { } value)
        {
            return null;
        }

        if (value != Math.Floor(value))
        {
            findings.Error(File, Line(key), $"{Field(key)} = {value.ToString(System.Globalization.CultureInfo.InvariantCulture)} is not a whole number", $"it must be {allowed}");
            return null;
        }

        return (long)value;
    }

    public IReadOnlyList<TomlNode> List(string key)
    {
        switch (Node(key))
        {
            case null:
                return [];
            case { Value: List<TomlNode> list }:
                return list;
            case var other:
                WrongType(key, other, "a list", "write it in square brackets");
                return [];
        }
    }

    /// <summary>A table of strings: variables of a process.</summary>
    public IReadOnlyDictionary<string, string> Env(string key)
    {
        var section = Section(key);
        var env = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in section.Keys)
        {
            if (name.Length == 0 || name.AsSpan().ContainsAny('=', '\0'))
            {
                findings.Error(File, section.Line(name), $"{section.Field(name)}: this cannot be the name of a variable", "use letters, digits and underscores");
            }
            else if (section.Text(name) is { } value)
            {
                if (EnvTemplate.Problem(value) is { } problem)
                {
                    findings.Error(File, section.Line(name), $"{section.Field(name)}: {problem}", "write ${VAR} or ${VAR:-default} as the whole value");
                }

                env[name] = value;
            }
        }

        return env;
    }

    public void Error(string key, string message, string? remedy = null) =>
        findings.Error(File, Line(key), $"{Field(key)} {message}", remedy);

    public void Note(string key, string message) => findings.Note(File, Line(key), $"{Field(key)} {message}");

    public void Warning(string key, string message, string? remedy = null) =>
        findings.Warning(File, Line(key), $"{Field(key)} {message}", remedy);

    public void NotSupported(string key, string what, string remedy) =>
        findings.NotSupported(File, Line(key), $"{what} ({Field(key)})", remedy);

    /// <summary>Reports every key that was not read.</summary>
    public void ReportUnknown()
    {
        foreach (var key in _table.Keys.Where(key => !_read.Contains(key)))
        {
            findings.Note(File, Line(key), $"{Field(key)} is not a known key; it is ignored");
        }
    }

    private string Dotted(string key) => path.Length == 0 ? key : $"{path}.{key}";

    private void WrongType(string key, TomlNode found, string wanted, string remedy) =>
        findings.Error(File, found.Line, $"{Field(key)} is {found.Kind} where {wanted} is expected", remedy);
}
