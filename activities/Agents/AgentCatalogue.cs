using System.Reflection;
using Microsoft.Extensions.Options;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Spark.Temporal.Activities.Agents;

/// <summary>Descriptions of installed agents: those of this program, and those of the folder that the settings name.</summary>
internal sealed class AgentCatalogue(IOptions<AgentOptions> options)
{
    private const string Resources = "Agents/";

    private static readonly Lazy<IReadOnlyDictionary<string, AgentDescription>> Shipped = new(ReadShipped);

    /// <summary>Names of the shipped descriptions.</summary>
    public static IReadOnlyList<string> ShippedNames { get; } = [.. Shipped.Value.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The description of an agent; a user's own is read anew each time, so that a change needs no restart.</summary>
    /// <exception cref="ApplicationFailureException">Nothing describes it, or its description is wrong.</exception>
    public AgentDescription Find(string name)
    {
        if (!AgentNames.IsOwn(name))
        {
            return Shipped.Value.GetValueOrDefault(name) ?? throw Invalid(AgentNames.Problem(name) ?? $"agent '{name}' has no description.");
        }

        var own = name[AgentNames.OwnPrefix.Length..];
        if (options.Value.Folder is not { Length: > 0 } folder)
        {
            throw Invalid($"agent '{name}': this worker has no folder of agent descriptions; name one by the setting {AgentOptions.Section}:Folder (SPARK_AGENTS__FOLDER).");
        }

        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.yaml").Order(StringComparer.Ordinal).ToList() : [];
        if (files.FirstOrDefault(file => Path.GetFileNameWithoutExtension(file) == own) is not { } found)
        {
            var known = files.Select(Path.GetFileNameWithoutExtension).OfType<string>().ToList();
            throw Invalid($"agent '{name}': {folder} has no {own}.yaml{NearMatches.Remedy(own, known)} It describes: {(known.Count > 0 ? string.Join(", ", known) : "nothing")}.");
        }

        try
        {
            return Read(own, File.ReadAllText(found));
        }
        catch (FormatException mistake)
        {
            throw Invalid($"{found}: {mistake.Message}");
        }
    }

    /// <summary>Reads a description.</summary>
    /// <exception cref="FormatException">It is wrong; names line or field, and the remedy.</exception>
    public static AgentDescription Read(string name, string yaml)
    {
        AgentDescription? description;
        try
        {
            description = new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).WithCaseInsensitivePropertyMatching()
                .Build().Deserialize<AgentDescription>(yaml);
        }
        catch (YamlException mistake)
        {
            throw new FormatException($"line {mistake.Start.Line}: {mistake.InnerException?.Message ?? mistake.Message}", mistake);
        }

        if (description is null)
        {
            throw new FormatException("the file is empty; it needs at least name and run.argv");
        }

        if (description.Install.Release.Length > 0)
        {
            description.Kwargs.TryAdd("version", "");
        }

        var problem = Problem(name, description);
        return problem is null ? description : throw new FormatException(problem);
    }

    private static string? Problem(string name, AgentDescription agent)
    {
        if (agent.Name != name)
        {
            return $"name is '{agent.Name}', but the file is called {name}.yaml; make them equal";
        }

        if (agent.Run.Argv.Count == 0)
        {
            return "run.argv is empty; give the program and its arguments";
        }

        if (agent.Install.TimeoutSec is not (> 0 and <= 86_400))
        {
            return $"install.timeout_sec is {agent.Install.TimeoutSec}; give seconds above 0, at most 86400";
        }

        var arguments = agent.Run.Argv.Concat(agent.Run.Optional.SelectMany(optional => optional.Argv)).ToList();
        if (arguments.Any(argument => argument.Contains(Placeholders.Token, StringComparison.Ordinal)))
        {
            return "run.argv holds {token}, which every user of the container would see in the list of processes; use run.env or run.files";
        }

        if (agent.Run.Instruction == InstructionBy.File && !arguments.Any(argument => argument.Contains(Placeholders.InstructionFile, StringComparison.Ordinal)))
        {
            return "run.instruction is file, but no argument holds {instruction_file}";
        }

        if (agent.Install.Steps.FirstOrDefault(step => step.User is not ("root" or "agent")) is { } step)
        {
            return $"install.steps: user '{step.User}' is not possible; it is root or agent";
        }

        if (agent.Run.Optional.FirstOrDefault(optional => !agent.Kwargs.ContainsKey(optional.Kwarg)) is { } unknown)
        {
            return $"run.optional: kwarg '{unknown.Kwarg}' is not among kwargs";
        }

        var texts = arguments.Concat(agent.Run.Env.Values).Concat(agent.Run.Files.Values);
        return texts.Select(text => Placeholders.Unknown(text, agent.Kwargs.Keys)).FirstOrDefault(found => found is not null) is { } wrong
            ? $"run: {wrong} is not a placeholder; known are {string.Join(", ", Placeholders.Known)} and the names of kwargs"
            : null;
    }

    private static Dictionary<string, AgentDescription> ReadShipped()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var found = new Dictionary<string, AgentDescription>(StringComparer.Ordinal);
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Resources, StringComparison.Ordinal) && name.EndsWith(".yaml", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            var name = resource[Resources.Length..^".yaml".Length];
            found[name] = Read(name, reader.ReadToEnd());
        }

        return found;
    }

    private static ApplicationFailureException Invalid(string message) => new(message, FailureTypes.InvalidInput, nonRetryable: true);
}
