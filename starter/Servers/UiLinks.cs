namespace Spark.Temporal.Starter.Servers;

/// <summary>
/// Addresses in Temporal's web UI (2.42). The UI takes a list's filter from its address, and saves it as a view when the
/// address has a name; it keeps a list's columns in the browser only.
/// </summary>
internal static class UiLinks
{
    /// <summary>Variable with the UI's address, for servers that are given by <c>TEMPORAL_ADDRESS</c>.</summary>
    public const string Variable = "TEMPORAL_UI_ADDRESS";

    /// <summary>Name of the view of all runs.</summary>
    public const string ViewName = "Spark runs";

    /// <summary>All runs; attempts of a skill run are found through it.</summary>
    public const string Runs = "((WorkflowType != 'AttemptWorkflow' OR ParentWorkflowId IS NULL) AND WorkflowType != 'PreflightWorkflow')";

    public static string Run(string ui, string temporalNamespace, string workflowId) => $"{All(ui, temporalNamespace)}/{Uri.EscapeDataString(workflowId)}";

    /// <summary>The page of a run with its summary, details and progress.</summary>
    public static string Story(string ui, string temporalNamespace, string workflowId, string runId) =>
        $"{Run(ui, temporalNamespace, workflowId)}/{runId}/user-metadata";

    public static string List(string ui, string temporalNamespace, string query, string? saveAs = null) =>
        $"{All(ui, temporalNamespace)}?query={Uri.EscapeDataString(query)}{(saveAs is null ? "" : $"&savedQuery={Uri.EscapeDataString(saveAs)}")}";

    /// <summary>The UI of a given server; null when its address is not known.</summary>
    public static string? Given(IReadOnlyDictionary<string, string>? variables) =>
        (variables?.GetValueOrDefault(Variable) ?? Environment.GetEnvironmentVariable(Variable)) is { Length: > 0 } address ? address.TrimEnd('/') : null;

    /// <summary>A value in the server's query language.</summary>
    public static string Quote(string value) => $"'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";

    private static string All(string ui, string temporalNamespace) => $"{ui}/namespaces/{Uri.EscapeDataString(temporalNamespace)}/workflows";
}
