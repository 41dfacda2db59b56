using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Judging;

/// <summary>
/// What the programs of an image find under which names: programs in its search path, Python's modules. A file that an agent added stays behind where it would be found
/// in the place of one of these.
/// </summary>
public sealed partial class ImageNames
{
    private const string Folder = "D ";
    private const string Program = "P ";
    private const string Module = "M ";
    private const string Package = "K ";

    /// <summary>Modules of installed libraries that nobody imports by this name, or that tasks have for themselves.</summary>
    private static readonly HashSet<string> NobodyS = new(["test", "tests", "this", "antigravity", "setup", "conftest", "__main__", "__init__"], StringComparer.Ordinal);

    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _programs = new(StringComparer.Ordinal);
    private readonly HashSet<string> _modules = new(StringComparer.Ordinal);
    private readonly HashSet<string> _packages = new(StringComparer.Ordinal);

    private ImageNames()
    {
    }

    /// <summary>
    /// A shell script that prints them in a container in which no agent was. Its arguments are folders: those that are packages of Python are told.
    /// </summary>
    public const string Script = """
        IFS=:
        for d in $PATH; do
            d=$(cd -P "$d" 2>/dev/null && pwd) || continue
            echo "D $d"
            for f in "$d"/*; do echo "P $f"; done
        done
        unset IFS
        for d do if [ -e "$d/__init__.py" ]; then echo "K $d"; fi; done
        seen=
        for p in $(command -v python3) $(command -v python) /opt/*/bin/python3 /*/.venv/bin/python3 /*/venv/bin/python3 /venv/bin/python3; do
            case $seen in *" $p "*) continue ;; esac
            seen="$seen $p "
            if [ -x "$p" ]; then "$p" -I -c 'import sys, pkgutil
        for n in sorted({*getattr(sys, "stdlib_module_names", ()), *sys.builtin_module_names, *(m.name for m in pkgutil.iter_modules())}): print("M", n)' 2>/dev/null; fi
        done
        true
        """;

    /// <summary>Reads what <see cref="Script"/> printed.</summary>
    public static ImageNames Read(string output)
    {
        var names = new ImageNames();
        foreach (var line in output.Split('\n').Where(line => line.Length > 2))
        {
            var value = line[2..];
            switch (line[..2])
            {
                case Folder: names._folders.Add(value); break;
                case Module: names._modules.Add(value); break;
                case Package: names._packages.Add(value); break;
                case Program:
                    var name = Last(value);
                    if (!names._programs.TryGetValue(name, out var places))
                    {
                        names._programs[name] = places = [];
                    }

                    places.Add(value);
                    break;
                default: break;
            }
        }

        names._modules.ExceptWith(NobodyS);
        return names;
    }

    /// <summary>Folder of a file and the module that Python would find in it under the file's name; null for files that are none.</summary>
    public static (string Folder, string Module)? ModuleOf(string path)
    {
        var name = Last(path);
        var folder = path[..^(name.Length + 1)];
        if (!ModuleFile().IsMatch(name))
        {
            return null;
        }

        var stem = name[..name.IndexOf('.', StringComparison.Ordinal)];
        return stem != "__init__" ? (folder, stem) : folder.LastIndexOf('/') is >= 0 and var slash ? (folder[..slash], folder[(slash + 1)..]) : null;
    }

    /// <summary>Why a changed file stays behind; null where it comes along.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="added">Whether the image has nothing there.</param>
    public string? Reason(string path, bool added)
    {
        if (_folders.Contains(Parent(path)) && _programs.GetValueOrDefault(Last(path))?.Any(place => place != path) == true)
        {
            return "a program in the place of another one";
        }

        return added && ModuleOf(path) is { } module && Shadows(module.Folder, module.Module) ? "a module in the place of an installed one" : null;
    }

    /// <summary>Whether a link, or a hole where something was, turns a search path of the image elsewhere.</summary>
    public string? ReasonOfLink(string path) =>
        _folders.Any(folder => FolderPath.IsIn(folder, path)) ? "a search path of programs"
        : Shadows(Parent(path), Last(path)) ? "a module in the place of an installed one"
        : null;

    /// <summary>Takes folders for packages of Python: what is in them is found below their name only.</summary>
    public void AddPackages(IEnumerable<string> folders) => _packages.UnionWith(folders);

    /// <summary>Whether tests name the file of a module, so that it is what they want.</summary>
    public static bool IsNamed(string path, string tests) =>
        ModuleFile().IsMatch(Last(path)) && !Last(path).StartsWith("__init__.", StringComparison.Ordinal) && tests.Contains(Last(path), StringComparison.Ordinal) && Regex.IsMatch(tests, $@"(?<![\w.-]){Regex.Escape(Last(path))}(?![\w-])", RegexOptions.None, TimeSpan.FromSeconds(1));

    private bool Shadows(string folder, string module) => _modules.Contains(module) && !_packages.Contains(folder);

    private static string Last(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static string Parent(string path) => path[..Math.Max(0, path.LastIndexOf('/'))];

    [GeneratedRegex(@"^\w+(\.[\w-]+)?\.(py|pyc|pyo|so)$")]
    private static partial Regex ModuleFile();
}
