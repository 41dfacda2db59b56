using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Spark.Temporal.Tests.Architecture;

/// <summary>
/// Which folders of a project use which others, read from its assembly. A namespace is its folder (IDE0130 holds that), so
/// each namespace is a node. Constants and <c>nameof</c> leave no trace in an assembly and are not seen.
/// </summary>
internal sealed class FolderGraph
{
    private readonly string _assembly;
    private readonly SortedDictionary<string, SortedDictionary<string, string>> _uses = new(StringComparer.Ordinal);

    private FolderGraph(string assembly) => _assembly = assembly;

    /// <summary>All folders, by name.</summary>
    public IReadOnlyCollection<string> Folders => _uses.Keys;

    public static FolderGraph Of(string assemblyFile)
    {
        using var module = ModuleDefinition.ReadModule(assemblyFile);
        var graph = new FolderGraph(module.Assembly.Name.Name);
        foreach (var type in module.Types.Where(type => type.Namespace.StartsWith("Spark", StringComparison.Ordinal)))
        {
            graph.Add(type, type);
        }

        return graph;
    }

    /// <summary>Groups of folders that reach each other, each with one type per step that ties it.</summary>
    public IReadOnlyList<string> Cycles() => [.. Components().Where(group => group.Count > 1).Select(Describe)];

    /// <summary>Folders that are in a cycle with another.</summary>
    public int FoldersInCycles() => Components().Where(group => group.Count > 1).Sum(group => group.Count);

    private string Describe(IReadOnlyList<string> group) =>
        $"{_assembly}: {string.Join(", ", group.Order(StringComparer.Ordinal))}\n    "
        + string.Join("\n    ", group.SelectMany(from => _uses[from].Where(use => group.Contains(use.Key)).Select(use => $"{from} -> {use.Key}: {use.Value}")));

    /// <summary>Strongly connected components, by reachability: a project has some dozens of folders.</summary>
    private List<List<string>> Components()
    {
        var reached = _uses.Keys.ToDictionary(folder => folder, Reach);
        var left = new SortedSet<string>(_uses.Keys, StringComparer.Ordinal);
        var groups = new List<List<string>>();
        while (left.Count > 0)
        {
            var first = left.Min!;
            List<string> group = [.. left.Where(other => other == first || (reached[first].Contains(other) && reached[other].Contains(first)))];
            left.ExceptWith(group);
            groups.Add(group);
        }

        return groups;
    }

    private HashSet<string> Reach(string from)
    {
        var seen = new HashSet<string>();
        var todo = new Stack<string>(_uses[from].Keys);
        while (todo.TryPop(out var folder))
        {
            if (seen.Add(folder))
            {
                foreach (var next in _uses[folder].Keys)
                {
                    todo.Push(next);
                }
            }
        }

        return seen;
    }

    private void Add(TypeDefinition outer, TypeDefinition type)
    {
        Use(outer, type.BaseType);
        foreach (var used in type.Interfaces.Select(one => one.InterfaceType)
            .Concat(type.Fields.Select(field => field.FieldType))
            .Concat(type.CustomAttributes.SelectMany(Attribute))
            .Concat(type.Properties.SelectMany(property => property.CustomAttributes).SelectMany(Attribute)))
        {
            Use(outer, used);
        }

        foreach (var method in type.Methods)
        {
            Use(outer, method.ReturnType);
            foreach (var used in method.Parameters.Select(parameter => parameter.ParameterType)
                .Concat(method.CustomAttributes.SelectMany(Attribute))
                .Concat(method.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(constraint => constraint.ConstraintType)))
            {
                Use(outer, used);
            }

            if (method.HasBody)
            {
                foreach (var used in method.Body.Variables.Select(variable => variable.VariableType).Concat(method.Body.Instructions.SelectMany(Operand)))
                {
                    Use(outer, used);
                }
            }
        }

        foreach (var nested in type.NestedTypes)
        {
            Add(outer, nested);
        }
    }

    private static IEnumerable<TypeReference> Attribute(CustomAttribute attribute) =>
        attribute.ConstructorArguments.Select(argument => argument.Value).OfType<TypeReference>().Append(attribute.AttributeType);

    private static IEnumerable<TypeReference> Operand(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        GenericInstanceMethod method => [method.DeclaringType, .. method.GenericArguments],
        MethodReference method => [method.DeclaringType],
        FieldReference field => [field.DeclaringType],
        _ => [],
    };

    private void Use(TypeDefinition from, TypeReference? used)
    {
        if (used is GenericInstanceType generic)
        {
            foreach (var argument in generic.GenericArguments)
            {
                Use(from, argument);
            }
        }

        var type = used?.GetElementType();
        while (type?.DeclaringType is { } outer)
        {
            type = outer;
        }

        if (!_uses.TryGetValue(from.Namespace, out var uses))
        {
            _uses[from.Namespace] = uses = new(StringComparer.Ordinal);
        }

        // A reference within the module has the module itself as its scope.
        if (type is { Scope: ModuleDefinition } && type.Namespace.StartsWith("Spark", StringComparison.Ordinal) && type.Namespace != from.Namespace)
        {
            uses.TryAdd(type.Namespace, $"{from.Name} uses {type.Name}");
            if (!_uses.ContainsKey(type.Namespace))
            {
                _uses[type.Namespace] = new(StringComparer.Ordinal);
            }
        }
    }
}
