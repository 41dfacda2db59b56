namespace Spark.Temporal.Domain.Skills;

/// <summary>A skill that is installed in the container.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">Its description, on one line.</param>
/// <param name="Path">Absolute path of its <c>SKILL.md</c> in the container.</param>
public sealed record SkillListing(string Name, string Description, string Path);
