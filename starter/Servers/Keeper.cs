namespace Spark.Temporal.Starter.Servers;

/// <summary>
/// A small process beside each server that commands share. It ends server and worker when no command uses them any more, however the
/// commands ended: one that is killed can end nothing itself. It looks every second and starts <c>spark down</c> for the rest.
/// </summary>
internal static class Keeper
{
    // A session is a file with a process's number as its name and its start as its content (StateFolder.Join). A dead one's number may be
    // somebody else's by now, so both are compared, as ProcessMark does; without /proc the number must do. A folder that is gone holds no
    // sessions, no record and no lock: what runs for it is ended from here.
    private const string Script = """
        folder=$1 server=$2; shift 2
        started=
        cd /
        stat() { { read -r line <"/proc/$1/stat"; } 2>/dev/null; }
        alive() {
            [ -r /proc/self/stat ] || { kill -0 "$1" 2>/dev/null; return; }
            stat "$1" || return 1
            set -- "$2" ${line##*) }
            [ "$2" != Z ] && [ "$2" != X ] && [ "${21}" = "$1" ]
        }
        owned() {
            for session in "$folder"/sessions/*; do
                [ -f "$session" ] || continue
                start=
                { read -r start <"$session"; } 2>/dev/null
                alive "${session##*/}" "$start" && return 0
            done
            return 1
        }
        started_at() { stat "$1" && set -- ${line##*) } && started=${20}; }
        started_at "$server"
        while alive "$server" "$started"; do
            if [ ! -d "$folder" ]; then
                kill -INT "$server"
                for step in 1 2 3 4 5; do sleep 1; alive "$server" "$started" || exit 0; done
                kill -KILL "$server"
                exit 0
            fi
            owned || "$@"
            sleep 1
        done
        # A server that ended in order took its record with it. One that was killed may leave a worker.
        [ -f "$folder/up.json" ] && ! owned && "$@"
        """;

    // The keeper is there before the server: whoever starts both may be killed at any time. It is nobody's child, and the server keeps the
    // process that it is started in.
    private const string Launcher = """
        keeper=$1 folder=$2 log=$3; shift 3
        ( sh -c "$keeper" spark-keeper "$folder" "$$" "$SPARK_KEEPER" ${SPARK_KEEPER_DLL:+"$SPARK_KEEPER_DLL"} down --state "$folder" --if-unused >>"$log" 2>&1 & )
        exec "$@"
        """;

    /// <summary>How a server is started together with its keeper.</summary>
    /// <param name="folder">State folder; who starts the server has joined it before.</param>
    /// <param name="program">The server.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Gets the variables that are needed.</param>
    public static (string Program, IReadOnlyList<string> Arguments) With(
        StateFolder folder, string program, IReadOnlyList<string> arguments, Dictionary<string, string?> environment)
    {
        string[] names = [OperatingSystem.IsWindows() ? "spark.exe" : "spark", "spark.dll"];
        var (spark, before) = WorkerProcess.Command(names.Select(name => Path.Combine(AppContext.BaseDirectory, name)).First(File.Exists));
        environment["SPARK_KEEPER"] = spark;
        environment["SPARK_KEEPER_DLL"] = before.Count > 0 ? before[0] : null;
        return ("/bin/sh", ["-c", Launcher, "spark-server", Script, folder.Path, folder.KeeperLog, program, .. arguments]);
    }
}
