namespace Spark.Temporal.Domain.Skills;

/// <summary>Why a <c>SKILL.md</c> is not valid.</summary>
/// <param name="Line">Line in the file, from 1.</param>
/// <param name="Message">What is wrong there and what is wanted, for people and models.</param>
public sealed record SkillProblem(int Line, string Message)
{
    /// <summary>As it is quoted to the model that wrote the file.</summary>
    public override string ToString() => $"line {Line}: {Message}";
}
