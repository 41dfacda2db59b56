using System.Globalization;
using System.Reflection;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Agents;

/// <summary>What an agent's installation consists of: its scripts, and what they are told.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Version">The version that is asked for; empty where its description has none.</param>
/// <param name="Variables">Variables of its scripts.</param>
internal sealed record AgentInstall(AgentDescription Agent, string Version, IReadOnlyDictionary<string, string> Variables)
{
    /// <summary>What follows the newest release, and is looked up anew each day.</summary>
    public const string Latest = "latest";

    /// <summary>File with what the agent says of its version.</summary>
    public const string VersionFile = "version";

    /// <summary>File with the scripts' variables; through which mirror something came makes no other image of it.</summary>
    private const string Told = "env.sh";

    /// <summary>Of this text's change every image is made anew.</summary>
    private const string Layout = "1";

    /// <summary>The installation of an agent: a version of the run's stands above the settings', theirs above the description's.</summary>
    public static AgentInstall Of(AgentDescription agent, AgentChoice choice, AgentOptions options)
    {
        var asked = choice.Kwargs?.GetValueOrDefault("version") is { Length: > 0 } said ? said : options.Versions.GetValueOrDefault(agent.Name) ?? agent.Install.Release;
        return new AgentInstall(agent, asked, options.InstallEnv);
    }

    /// <summary>Name of the image that holds it.</summary>
    /// <param name="image">Id of the image that it is put into.</param>
    /// <param name="user">User that it runs as.</param>
    /// <param name="now">Now: the newest release is another one some day.</param>
    public string Tag(string image, string user, DateTimeOffset now) => SandboxLabels.AgentTag(string.Join(
        '\n',
        [
            Layout, image, user, Agent.Name, Version, Version == Latest ? now.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "",
            .. Agent.Install.Keep, .. Agent.Install.Version, .. Files("").Where(file => file.Key != Told).OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => file.Value),
        ]));

    /// <summary>The scripts by name.</summary>
    /// <param name="folder">Folder in which they will be.</param>
    public Dictionary<string, string> Files(string folder)
    {
        var files = Agent.Install.Steps.Select((step, index) => (Name: $"install-{index + 1}.sh", step.Script)).ToDictionary(step => step.Name, step => step.Script);
        foreach (var name in new[] { "node.sh", "step.sh", "loopback.js" })
        {
            files[name] = Script(name);
        }

        files[Told] = string.Concat(Variables.Append(new("SPARK_AGENT_DIR", folder)).Append(new("SPARK_AGENT_VERSION", Version)).Append(new("DEBIAN_FRONTEND", "noninteractive"))
            .Select(variable => $"export {variable.Key}='{variable.Value.Replace("'", "'\\''", StringComparison.Ordinal)}'\n"));
        return files;
    }

    private static string Script(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream($"Agents/{name}")!);
        return reader.ReadToEnd();
    }
}
