using System.Text.Json.Nodes;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>
/// Reads <c>environment/docker-compose.yaml</c> before anything is started: what it says of the agent's container becomes the task's settings, and
/// what must not run on a host of ours is a finding that names file and service.
/// </summary>
public static class ComposeReader
{
    /// <summary>Capabilities that a container has anyway.</summary>
    private static readonly string[] Usual = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "NET_BIND_SERVICE", "SYS_CHROOT"];

    /// <summary>The task's settings with those of the file.</summary>
    /// <param name="text">Content of the file.</param>
    /// <param name="task">Settings of <c>task.toml</c>.</param>
    /// <param name="builds">Whether there is a Dockerfile, which then makes the image.</param>
    /// <param name="findings">What was noticed.</param>
    public static TaskSettings Read(string text, TaskSettings task, bool builds, TaskFindings findings)
    {
        if (ComposeYaml.Read(text, ComposeVariables.Of(task), out var line, out var problem) is not { } yaml)
        {
            findings.Refuse(TaskRefusal.Unreadable, ComposeProject.File, line, problem, "correct the file at this line");
            return task;
        }

        if (yaml.Root["services"] is not JsonObject services || services.Any(pair => pair.Value is not (null or JsonObject)))
        {
            findings.Error(ComposeProject.File, yaml.Lines.GetValueOrDefault("services"), "services is not a table of services", "write each service as a table below services");
            return task;
        }

        if (!services.ContainsKey(ComposeProject.Main))
        {
            findings.Error(ComposeProject.File, yaml.Lines["services"], "there is no service 'main', in which the agent would work", "name one so");
            return task;
        }

        List<string> others = [.. services.Select(pair => pair.Key).Where(name => name != ComposeProject.Main)];
        Refuse(yaml, services, others.Count > 0, findings);
        if (yaml.Root.ContainsKey("include") && others.Count == 0)
        {
            findings.NotSupported(ComposeProject.File, yaml.Lines["include"], "include beside the service main alone", "write what it includes into this file");
        }

        var main = services[ComposeProject.Main] as JsonObject ?? [];
        return new ComposeMain(main, yaml.Lines, others.Count == 0, findings).Over(task, builds, others);
    }

    private static void Refuse(ComposeYaml yaml, JsonObject services, bool several, TaskFindings findings)
    {
        var config = yaml.Root.DeepClone().AsObject();
        foreach (var (name, service) in config["services"]!.AsObject().Select(pair => (pair.Key, Service: pair.Value as JsonObject)))
        {
            if (service?["volumes"] is JsonArray volumes)
            {
                service["volumes"] = new JsonArray([.. volumes.Select(Mount).Select(mount => (JsonNode?)mount)]);
            }

            if (service?["deploy"] is JsonObject deploy && ((deploy["resources"] as JsonObject)?["reservations"] as JsonObject)?["devices"] is JsonArray { Count: > 0 })
            {
                findings.NotSupported(ComposeProject.File, yaml.Lines.GetValueOrDefault($"services.{name}.deploy"), $"service '{name}': a task that needs devices", "run it on a machine with Harbor and GPUs");
            }
        }

        foreach (var problem in ComposeProject.Problems(config, ComposeVariables.Context, Usual))
        {
            var words = problem[(ComposeProject.File.Length + 2)..];
            var split = words.LastIndexOf("; ", StringComparison.Ordinal);
            var (message, remedy) = (words[..split], words[(split + 2)..]);
            var name = services.Select(pair => pair.Key).FirstOrDefault(key => words.StartsWith($"service '{key}': ", StringComparison.Ordinal));
            var field = name is null ? "" : words[(name.Length + 12)..].Split(' ', ':')[0];
            var line = yaml.Lines.GetValueOrDefault($"services.{name}.{field}");

            // The sandbox host has the last word on capabilities, where its own compose starts the services.
            if (several && field == "cap_add")
            {
                findings.Warning(ComposeProject.File, line, message, remedy);
            }
            else
            {
                findings.Refuse(TaskRefusal.Forbidden, ComposeProject.File, line, message, remedy);
            }
        }
    }

    /// <summary>A mount in its long form.</summary>
    public static JsonObject Mount(JsonNode? volume)
    {
        if (volume is JsonObject table)
        {
            var mount = table.DeepClone().AsObject();
            if (ComposeValues.Text(mount["type"]) == "bind" && ComposeValues.Text(mount["source"]) is { } path)
            {
                mount["source"] = Absolute(path);
            }

            return mount;
        }

        var parts = (volume?.ToString() ?? "").Split(':');
        return parts switch
        {
            [var target] => new JsonObject { ["type"] = "volume", ["target"] = target },
            [['/' or '.' or '~', ..] source, var target, ..] => new JsonObject { ["type"] = "bind", ["source"] = Absolute(source), ["target"] = target },
            [var source, var target, ..] => new JsonObject { ["type"] = source.Length == 0 ? "bind" : "volume", ["source"] = source, ["target"] = target },
            _ => [],
        };
    }

    /// <summary>A path as it is below the folder of the file, without steps up.</summary>
    public static string Absolute(string path)
    {
        var done = new List<string>();
        foreach (var part in (path.StartsWith('/') || path.StartsWith('~') ? path : $"{ComposeVariables.Context}/{path}").Split('/'))
        {
            if (part == ".." && done.Count > 0)
            {
                done.RemoveAt(done.Count - 1);
            }
            else if (part is not ("" or "." or ".."))
            {
                done.Add(part);
            }
        }

        return $"{(path.StartsWith('~') ? "" : "/")}{string.Join('/', done)}";
    }
}
