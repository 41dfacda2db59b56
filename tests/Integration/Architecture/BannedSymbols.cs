using Mono.Cecil;

namespace Spark.Temporal.Tests.Architecture;

/// <summary>
/// What an assembly uses of a list of banned symbols, read from the assembly itself: a use that the analyzer was told to
/// overlook is found too. Of a method every overload counts.
/// </summary>
internal sealed class BannedSymbols
{
    private readonly HashSet<string> _types = [];
    private readonly HashSet<string> _members = [];

    private BannedSymbols(IEnumerable<string> lines)
    {
        foreach (var line in lines.Where(line => line.Length > 2))
        {
            var id = line.Split(';')[0];
            var name = id[2..].Split('(')[0].Split('`')[0];
            if (id[0] == 'T')
            {
                _types.Add(name);
                continue;
            }

            var at = name.LastIndexOf('.');
            string[] members = id[0] == 'P' ? [$"{name[..at]}.get_{name[(at + 1)..]}", $"{name[..at]}.set_{name[(at + 1)..]}"] : [name];
            _members.UnionWith(members);
        }
    }

    /// <summary>Reads the list that the analyzer reads.</summary>
    public static BannedSymbols Read(string file) => new(File.ReadLines(file));

    /// <summary>Each use as <c>method uses symbol</c>; empty where there is none.</summary>
    public IReadOnlyList<string> UsesIn(string assemblyFile)
    {
        using var module = ModuleDefinition.ReadModule(assemblyFile);
        return [.. module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody)
            .SelectMany(method => method.Body.Instructions, (method, instruction) => (Method: method, Used: Used(instruction.Operand)))
            .Where(found => found.Used is not null && !IsOfAnIterator(found.Method, found.Used))
            .Select(found => $"{found.Method.DeclaringType.FullName}.{found.Method.Name} uses {found.Used}").Distinct()];
    }

    private string? Used(object? operand)
    {
        var type = operand switch
        {
            MemberReference { DeclaringType: { } declaring } and (MethodReference or FieldReference) => declaring,
            TypeReference named => named,
            _ => null,
        };
        if (type is null)
        {
            return null;
        }

        // A generic type is banned with the one of its name: Task<T> with Task.
        var name = type.GetElementType().FullName.Split('`')[0].Replace('/', '.');
        var member = operand is MemberReference reference and not TypeReference ? $"{name}.{reference.Name}" : name;
        return _types.Contains(name) || _members.Contains(member) ? member : null;
    }

    /// <summary>The compiler's own code of an iterator asks for its thread, to see whether it may be used again.</summary>
    private static bool IsOfAnIterator(MethodDefinition method, string? used) =>
        used == "System.Environment.get_CurrentManagedThreadId"
        && method.DeclaringType.CustomAttributes.Any(attribute => attribute.AttributeType.Name == "CompilerGeneratedAttribute");
}
