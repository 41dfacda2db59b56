namespace Spark.Temporal.Domain.Blueprints;

/// <summary>What Python itself says about the three programs of a blueprint.</summary>
/// <param name="DataBuilder">Facts about <c>data_builder_python</c>.</param>
/// <param name="Oracle">Facts about <c>oracle_python</c>.</param>
/// <param name="Tests">Facts about <c>verifier.test_code</c>.</param>
public sealed record PythonFacts(PythonSource DataBuilder, PythonSource Oracle, PythonSource Tests);

/// <summary>Facts about one source.</summary>
public sealed record PythonSource
{
    /// <summary>Whether it parses.</summary>
    public required bool Parses { get; init; }

    /// <summary>The parser's message with the line; null when it parses.</summary>
    public string? Error { get; init; }

    /// <summary>Modules it imports, by their whole names.</summary>
    public IReadOnlyList<string> Imports { get; init; } = [];

    /// <summary>String literals, docstrings left out, each once.</summary>
    public IReadOnlyList<string> Strings { get; init; } = [];

    /// <summary>Calls by their dotted name, with import aliases resolved.</summary>
    public IReadOnlyList<PythonCall> Calls { get; init; } = [];

    /// <summary>Lines where a set is iterated, joined or listed without being sorted.</summary>
    public IReadOnlyList<int> UnorderedLines { get; init; } = [];

    /// <summary>Test functions, in the order of the file.</summary>
    public IReadOnlyList<PythonTest> Tests { get; init; } = [];
}

/// <param name="Name">Dotted name, such as <c>random.random</c>.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Strings">String arguments, names of the module that hold strings resolved.</param>
/// <param name="Arguments">How many arguments it gets.</param>
public sealed record PythonCall(string Name, int Line, IReadOnlyList<string> Strings, int Arguments);

/// <summary>One test function.</summary>
public sealed record PythonTest
{
    public required string Name { get; init; }

    public int Line { get; init; }

    /// <summary>Asserts in it and in the helpers of the file it calls, and calls such as <c>pytest.fail</c>.</summary>
    public int Asserts { get; init; }

    /// <summary>Those of them that look at content: not only whether a file exists, has a size, or a constant is true.</summary>
    public int ContentAsserts { get; init; }

    /// <summary>Words of the names, strings and docstrings it mentions, in lower case.</summary>
    public IReadOnlyList<string> Mentions { get; init; } = [];

    /// <summary>Literals that a result is compared with; numbers as Python writes them.</summary>
    public IReadOnlyList<string> Expected { get; init; } = [];

    /// <summary>Names under which it looks something up.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];
}
