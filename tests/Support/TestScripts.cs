namespace Spark.Temporal.Tests.Support;

/// <summary>Scripts of the scripted model for published tasks, which tests run where a machine has them.</summary>
public static class TestScripts
{
    /// <summary>Folder for <c>ScriptedModelServer.Start</c>.</summary>
    public static string Dir => Path.Combine(AppContext.BaseDirectory, "Support", "Scripts");
}
