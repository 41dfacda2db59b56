using System.Reflection;
using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Artifacts;

/// <summary>
/// Messages that are kept in public files have records of their own there. Both look the same as JSON: a field that is added to
/// one and not to the other would be lost in the file.
/// </summary>
public sealed class ResultRecordsTests
{
    [TestCase(typeof(ItemResult), typeof(BatchResultLine))]
    [TestCase(typeof(BatchItem), typeof(BatchItemEntry))]
    [TestCase(typeof(SkillGenerationResult), typeof(SkillOutcome))]
    [TestCase(typeof(ConstructionResult), typeof(ConstructionOutcome))]
    [TestCase(typeof(AttemptResult), typeof(TrialOutcome))]
    [TestCase(typeof(ProofResult), typeof(ProofEntry))]
    [TestCase(typeof(ProofCheck), typeof(ProofCheckEntry))]
    [TestCase(typeof(RunDetails), typeof(ExportedRun))]
    [TestCase(typeof(RunRow), typeof(ExportedRow))]
    public void A_message_and_the_record_of_its_file_have_the_same_fields_in_the_same_order(Type message, Type record) =>
        Assert.That(Fields(record), Is.EqualTo(Fields(message)));

    private static IEnumerable<string> Fields(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(property => property.GetCustomAttribute<JsonIgnoreAttribute>() is null && property.Name != "EqualityContract")
        .Select(property => property.Name);
}
