using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Wire.TaskFiles;

/// <summary>Finds folders of results, whether their names are written as a person does (<c>gpt-5.4</c>, <c>all_model_pdi</c>) or as we do.</summary>
public static class ResultFolders
{
    /// <summary>The folder below another with a name, else the one whose name has the same slug.</summary>
    /// <param name="root">The folder it is in.</param>
    /// <param name="name">Its name, or the slug of that.</param>
    /// <returns>Its path; the path it would have where there is none.</returns>
    public static string Below(string root, string name)
    {
        var exact = Path.Combine(root, name);
        if (Directory.Exists(exact) || !Directory.Exists(root))
        {
            return exact;
        }

        var slug = PlainText.Slug(name);
        return Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal).FirstOrDefault(folder => PlainText.Slug(Path.GetFileName(folder)) == slug) ?? exact;
    }
}
