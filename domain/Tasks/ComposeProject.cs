using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>
/// A compose file as the engine's own compose has resolved it (<c>config --format json</c>): what of it must not run on a host of ours, and
/// the same file with our limits in it. Judged after resolving, since anchors, includes and extended files cannot hide anything there.
/// </summary>
public static class ComposeProject
{
    public const string File = "environment/docker-compose.yaml";

    /// <summary>The service in which the agent works.</summary>
    public const string Main = "main";

    /// <summary>Keys that reach beyond a service's own container, whatever their value.</summary>
    private static readonly string[] Beyond =
        ["privileged", "devices", "device_cgroup_rules", "gpus", "cgroup_parent", "cgroup", "userns_mode", "volumes_from", "runtime", "credential_spec", "external_links", "isolation", "oom_score_adj"];

    /// <summary>Keys with which a service would share a part of the host or of a container that is not its own.</summary>
    private static readonly string[] Shared = ["network_mode", "pid", "ipc", "uts"];

    /// <summary>Where older files mount the folders of logs, tests and solution.</summary>
    private static readonly string[] LogFolders = ["/logs", "/tests", "/solution", "/oracle"];

    /// <summary>Tables of things that services share, which may lead to the host.</summary>
    private static readonly string[] Common = ["volumes", "networks", "secrets", "configs"];

    /// <summary>Tables of what a project makes besides containers.</summary>
    private static readonly string[] Made = ["networks", "volumes"];

    /// <summary>What must not run, one line each, which names file, service and field; none where all may.</summary>
    /// <param name="config">The resolved file.</param>
    /// <param name="folder">Where the task's <c>environment/</c> lies on this host: files from there may be mounted.</param>
    /// <param name="allowed">Capabilities that a service may add.</param>
    public static IReadOnlyList<string> Problems(JsonObject config, string folder, IReadOnlyCollection<string> allowed)
    {
        List<string> problems = [];
        var services = Table(config, "services");
        if (!services.ContainsKey(Main))
        {
            problems.Add($"{File}: there is no service '{Main}', in which the agent would work; name one so");
        }

        foreach (var (name, service) in services.Select(pair => (pair.Key, pair.Value as JsonObject ?? [])))
        {
            void Refuse(string field, string why) => problems.Add($"{File}: service '{name}': {field} {why}");
            foreach (var key in Beyond.Where(key => service[key] is { } value && (value is JsonValue said ? Truth(said) : !IsEmpty(value))))
            {
                Refuse(key, "is refused: it reaches beyond the container; remove it");
            }

            foreach (var key in Shared.Where(key => Text(service[key]) is { } mode && mode is not ("none" or "bridge" or "private" or "shareable") && !mode.StartsWith("service:", StringComparison.Ordinal)))
            {
                Refuse($"{key}: {Text(service[key])}", "is refused: it shares what is not the task's; remove it");
            }

            foreach (var added in Texts(service["cap_add"]).Where(added => !allowed.Contains(Capability(added))))
            {
                Refuse($"cap_add: {added}", "is refused: a container here does not get this capability; remove it, or allow it by the setting Sandbox:ComposeCapabilities of the host");
            }

            foreach (var option in Texts(service["security_opt"]).Where(option => !option.StartsWith("no-new-privileges", StringComparison.Ordinal)))
            {
                Refuse($"security_opt: {option}", "is refused: it loosens the container; remove it");
            }

            foreach (var mount in Items(service["volumes"]).OfType<JsonObject>())
            {
                if (Text(mount["type"]) == "bind" && !IsLog(name, Text(mount["target"])) && !IsBelow(Text(mount["source"]), folder))
                {
                    Refuse($"volumes: {Text(mount["source"])}", "is refused: it mounts a path of the host; copy what it holds into environment/");
                }
            }
        }

        foreach (var (kind, one) in Common.SelectMany(kind => Table(config, kind).Select(pair => (kind, pair))))
        {
            var value = one.Value as JsonObject ?? [];
            if (value["external"] is JsonValue external && Truth(external))
            {
                problems.Add($"{File}: {kind}: {one.Key}: external is refused: it belongs to the host; remove it");
            }
            else if (value["driver_opts"] is JsonObject { Count: > 0 } || (Text(value["driver"]) is { } driver && driver is not ("local" or "bridge")))
            {
                problems.Add($"{File}: {kind}: {one.Key}: its driver is refused: it can reach the host; remove driver and driver_opts");
            }
            else if (Text(value["file"]) is { } file && !IsBelow(file, folder))
            {
                problems.Add($"{File}: {kind}: {one.Key}: {file} is a path of the host; put the file into environment/");
            }
            else if (kind is "secrets" or "configs" && value["environment"] is not null)
            {
                problems.Add($"{File}: {kind}: {one.Key}: environment is refused: it reads a variable of the host; put the value into a file in environment/");
            }
        }

        return problems;
    }

    /// <summary>The file as it is started: names, labels and limits are ours, nothing of it listens on the host.</summary>
    /// <param name="config">The resolved file, without <see cref="Problems"/>.</param>
    /// <param name="run">What the containers get.</param>
    public static JsonObject Limited(JsonObject config, ComposeRun run)
    {
        var limited = config.DeepClone().AsObject();
        limited["name"] = run.Project;
        foreach (var (name, service) in Table(limited, "services").Select(pair => (pair.Key, pair.Value!.AsObject())).ToList())
        {
            Limit(service, run);
            if (name == Main)
            {
                MakeMain(service, run);
            }
        }

        foreach (var kind in Made)
        {
            foreach (var (name, value) in Table(limited, kind).ToList())
            {
                var one = value as JsonObject ?? [];
                if (value is null)
                {
                    limited[kind]![name] = one;
                }

                one["name"] = $"{run.Project}_{name}";
                one["labels"] = Pairs(run.Labels);
                if (kind == "networks" && !run.Internet)
                {
                    one["internal"] = true;
                }
            }
        }

        return limited;
    }

    /// <summary>Names of the services, the agent's first.</summary>
    public static IReadOnlyList<string> Services(JsonObject config) => [.. Table(config, "services").Select(pair => pair.Key).OrderBy(name => name == Main ? 0 : 1)];

    private static void Limit(JsonObject service, ComposeRun run)
    {
        service["labels"] = Pairs(run.Labels);
        service["restart"] = "no";
        service["init"] = true;
        service["cap_drop"] = new JsonArray("ALL");
        service["cap_add"] = new JsonArray([.. run.Capabilities.Concat(Texts(service["cap_add"]).Select(Capability)).Distinct(StringComparer.Ordinal).Select(one => JsonValue.Create(one))]);
        service["security_opt"] = run.NewPrivileges ? [] : new JsonArray("no-new-privileges");
        service["cpus"] = run.Cpus;
        service["mem_limit"] = run.MemoryBytes;
        service["memswap_limit"] = run.MemoryBytes;
        service["pids_limit"] = run.Pids;
        service["logging"] = new JsonObject { ["driver"] = "json-file", ["options"] = new JsonObject { ["max-size"] = "1m", ["max-file"] = "1" } };
        service.Remove("container_name");
        service.Remove("deploy");
        service.Remove("mem_reservation");
        if (service["ports"] is { } ports)
        {
            // Trials run side by side: nothing of them may take a port of the host.
            service["expose"] = new JsonArray([.. Texts(service["expose"]).Concat(Items(ports).OfType<JsonObject>().Select(port => port["target"]?.ToString() ?? "")).Where(port => port.Length > 0).Distinct(StringComparer.Ordinal).Select(port => JsonValue.Create(port))]);
            service.Remove("ports");
        }
    }

    private static void MakeMain(JsonObject main, ComposeRun run)
    {
        main.Remove("build");
        main.Remove("healthcheck");
        main["image"] = run.Image;
        main["pull_policy"] = "never";
        main["container_name"] = run.Project;
        main["user"] = "0";
        main["entrypoint"] = new JsonArray([.. run.Entrypoint.Select(word => JsonValue.Create(Plain(word)))]);
        main["command"] = new JsonArray([.. run.Command.Select(word => JsonValue.Create(Plain(word)))]);
        var environment = main["environment"] as JsonObject ?? [];
        main["environment"] = environment.DeepClone();
        foreach (var (name, value) in run.Environment)
        {
            main["environment"]![name] = Plain(value);
        }

        if (run.WorkingDirectory is { } folder)
        {
            main["working_dir"] = folder;
        }

        main["tmpfs"] = new JsonArray([.. Texts(main["tmpfs"]).Concat(run.Memory.Select(pair => $"{pair.Key}:{pair.Value}")).Select(mount => JsonValue.Create(mount))]);
        main["volumes"] = new JsonArray([.. Items(main["volumes"]).OfType<JsonObject>().Where(mount => !IsLog(Main, Text(mount["target"]))).Select(mount => mount.DeepClone())]);
    }

    /// <summary>Older files mount the folders of logs, tests and solution themselves; here they come and go by the engine.</summary>
    public static bool IsLog(string service, string? target) =>
        service == Main && target is not null && LogFolders.Any(folder => FolderPath.IsIn(target, folder));

    /// <summary>Compose would take a dollar for a variable.</summary>
    private static string Plain(string value) => value.Replace("$", "$$", StringComparison.Ordinal);

    private static bool IsBelow(string? path, string folder) =>
        path is not null && !path.Contains("/../", StringComparison.Ordinal) && FolderPath.IsIn(path, folder.TrimEnd('/'));

    private static string Capability(string name) => name.ToUpperInvariant() is var upper && upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper[4..] : upper;

    private static JsonObject Table(JsonObject config, string key) => config[key] as JsonObject ?? [];

    private static bool Truth(JsonValue value) => value.ToString() is not ("false" or "" or "0");

    private static bool IsEmpty(JsonNode value) => value is JsonArray { Count: 0 } or JsonObject { Count: 0 };

    private static string? Text(JsonNode? node) => node is JsonValue value ? value.ToString() : null;

    private static IEnumerable<JsonNode?> Items(JsonNode? node) => node as JsonArray ?? [];

    private static IEnumerable<string> Texts(JsonNode? node) => node is JsonValue one ? [one.ToString()] : Items(node).Select(item => item?.ToString() ?? "");

    private static JsonObject Pairs(IReadOnlyDictionary<string, string> pairs) => new(pairs.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
}
