using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Activities.Llm.Habits;

namespace Spark.Temporal.Tests.Activities.Llm;

public sealed class HabitTableTests
{
    [Test]
    public void Every_habit_has_a_row_and_comes_back_from_its_entry()
    {
        var properties = typeof(EndpointHabits.Habit).GetProperties().Where(property => property.CanWrite).ToList();
        foreach (var property in properties)
        {
            var habit = new EndpointHabits.Habit();
            property.SetValue(habit, property.PropertyType == typeof(bool) ? true : property.PropertyType == typeof(string) ? "value" : 4096);

            var changes = HabitTable.Changes(EndpointHabits.Habit.Unknown, habit, "words").ToList();

            Assert.That(changes, Has.Count.EqualTo(1), property.Name);
            Assert.That(HabitTable.Read(HabitSet.None.With(changes[0].Entry)), Is.EqualTo(habit), property.Name);
            Assert.That(HabitTable.Effect(changes[0].Entry), Is.Not.Empty.And.Not.Contain("{0}"), property.Name);
            Assert.That(HabitTable.Changes(habit, EndpointHabits.Habit.Unknown, "").Single().Entry.Forgotten, Is.True, property.Name);
        }

        Assert.That(HabitTable.Rows, Has.Count.EqualTo(properties.Count));
    }
}
