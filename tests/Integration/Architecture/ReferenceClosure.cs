using Mono.Cecil;

namespace Spark.Temporal.Tests.Architecture;

/// <summary>What an assembly reaches through its references and theirs.</summary>
internal static class ReferenceClosure
{
    /// <summary>Names of all assemblies that it reaches; those that the framework brings are named and not looked into.</summary>
    public static IReadOnlySet<string> Of(string assembly)
    {
        var seen = new HashSet<string>();
        var todo = new Stack<string>([assembly]);
        while (todo.TryPop(out var name))
        {
            var file = Path.Combine(AppContext.BaseDirectory, name + ".dll");
            if (!File.Exists(file))
            {
                continue;
            }

            using var module = ModuleDefinition.ReadModule(file);
            foreach (var reference in module.AssemblyReferences.Where(reference => seen.Add(reference.Name)))
            {
                todo.Push(reference.Name);
            }
        }

        return seen;
    }
}
