namespace Spark.Temporal.Domain.Results;

/// <summary>A public file cannot be read; the message names the file, the field and the version of its schema.</summary>
public sealed class ResultFormatException : FormatException
{
    /// <param name="file">The file, as a user would look for it.</param>
    /// <param name="field">Path of the field, such as <c>$.attempts[0].reward</c>.</param>
    /// <param name="version">Version of the file's schema; 1 where the file does not say it.</param>
    /// <param name="known">Newest version that this program reads.</param>
    /// <param name="problem">What is wrong with the field.</param>
    /// <param name="cause">What the reader met; null for none.</param>
    public ResultFormatException(string file, string field, int version, int known, string problem, Exception? cause = null)
        : base($"{file}: {field}: {problem} (schema version {version}; this program reads up to {known})", cause)
    {
        File = file;
        Field = field;
        Version = version;
        IsNewer = version > known;
    }

    public string File { get; }
    public string Field { get; }
    public int Version { get; }

    /// <summary>Whether the file was written by a newer program, so that it must be neither read nor overwritten.</summary>
    public bool IsNewer { get; }
}
