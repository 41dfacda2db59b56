using System.Text;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Domain.Construction;

public class TaskLibraryTests
{
    private static readonly ReferenceTask Audio = new() { Name = "audio-level", Instruction = "Report the peak of each WAV file.", Tags = ["audio", "wav"], Digest = "1" };
    private static readonly ReferenceTask Weather = new() { Name = "weather", Instruction = "Report the monthly mean of a station.", Tags = ["csv"], Digest = "2" };
    private static readonly ReferenceTask Other = new() { Name = "zebra", Instruction = "Paint stripes.", Digest = "3" };

    [Test]
    public void The_nearest_task_comes_first_and_strangers_not_at_all()
    {
        var ranked = TaskLibrary.Rank([Other, Weather, Audio], Blueprints.Spec, 3, new HashSet<string>());
        Assert.That(ranked.Select(one => one.Task.Name), Is.EqualTo(["audio-level", "weather"]));
        Assert.That(ranked[0].Score, Is.GreaterThan(ranked[1].Score));
    }

    [Test]
    public void What_is_left_out_and_what_is_there_twice_is_not_found()
    {
        var copy = Audio with { Name = "audio-level-copy" };
        Assert.That(TaskLibrary.Rank([copy, Audio, Weather], Blueprints.Spec, 5, new HashSet<string> { "weather" }).Select(one => one.Task.Name), Is.EqualTo(["audio-level"]));
    }

    [TestCase("Peak of WAV-files, 3 dB", "peak of wav files db")]
    [TestCase("气温异常", "气温 温异 异常")]
    [TestCase("テスト x 1", "テス スト")]
    [TestCase("气", "")]
    public void Words_are_runs_of_letters_and_in_scripts_without_spaces_pairs(string text, string words) =>
        Assert.That(string.Join(' ', TaskLibrary.Words(text)), Is.EqualTo(words));

    [TestCase(0)]
    [TestCase(-1)]
    public void Nothing_is_found_where_nothing_is_wanted(int top) => Assert.That(TaskLibrary.Rank([Audio], Blueprints.Spec, top, new HashSet<string>()), Is.Empty);

    [Test]
    public void An_empty_library_gives_nothing() => Assert.That(TaskLibrary.Rank([], Blueprints.Spec, 3, new HashSet<string>()), Is.Empty);

    [TestCase("{\"peak\": 0.2867}")]
    [TestCase("a,b\n1,2\n")]
    [TestCase("7")]
    [TestCase("hello")]
    [TestCase("0")]
    public void Every_output_has_at_least_three_mutants_that_differ(string output)
    {
        var bytes = Encoding.UTF8.GetBytes(output);
        var mutants = Mutants.Of(bytes);
        Assert.That(mutants, Has.Count.GreaterThanOrEqualTo(3));
        Assert.That(mutants.Select(mutant => mutant.Name), Does.Contain("emptied").And.Contain("value-changed"));
        Assert.That(mutants.Select(mutant => Convert.ToHexString(mutant.Content)), Is.Unique.And.None.EqualTo(Convert.ToHexString(bytes)));
    }

    [Test]
    public void A_changed_value_is_far_off() =>
        Assert.That(Encoding.UTF8.GetString(Mutants.Of("{\"a2\": 1, \"b\": 0.2867}"u8.ToArray()).Single(mutant => mutant.Name == "value-changed").Content), Is.EqualTo("{\"a2\": 1, \"b\": 0.6867}"));

    [Test]
    public void Binary_output_has_mutants_too() => Assert.That(Mutants.Of([0, 1, 2, 3]), Has.Count.GreaterThanOrEqualTo(3));

    [TestCase("python", "pyhton", 1)]
    [TestCase("abc", "", 3)]
    [TestCase("kitten", "sitting", 3)]
    public void Edits_are_counted(string left, string right, int distance) => Assert.That(NearMatches.Distance(left, right), Is.EqualTo(distance));
}
