# Runs a command once, however often it is called: the first call makes the folder and runs it, later ones wait for its end.
# $1 folder, $2 seconds it may take, $3 bytes of output printed from each end, the rest: the command.
folder=$1 seconds=$2 bytes=$3
shift 3
. /.spark/lib.sh
if mkdir "$folder" 2>/dev/null; then
    _spark_self
    printf '%s\n' "$_spark_pid" > "$folder/runner"
    _spark_now
    began=$_spark_ticks
    if [ "$#" = 1 ]; then
        first=
        { IFS= read -r first < "$1"; } 2>/dev/null
        case $first in
            '#!'*) ;;
            *) if command -v bash >/dev/null 2>&1; then set -- bash "$1"; else set -- sh "$1"; fi ;;
        esac
    fi
    "$@" < /dev/null > "$folder/output" 2>&1 &
    child=$!
    _spark_stat "$child"
    born=$_spark_born
    (
        # Told to end, it takes its clock along; what it has not started yet is not $!.
        trap '[ "$!" = "$child" ] || kill -KILL $!; exit' TERM
        sleep "$seconds" &
        wait $!
        trap '' TERM
        _spark_self
        : > "$folder/timeout"
        _spark_kill_tree "$child" "$born" " $_spark_pid "
    ) < /dev/null > /dev/null 2>&1 &
    watch=$!
    wait "$child" 2>/dev/null
    code=$?
    [ -e "$folder/timeout" ] || kill -TERM "$watch" 2>/dev/null
    _spark_now
    why=-
    if [ -e "$folder/timeout" ]; then why=timeout code=124; fi
    # Kept, and not read again: a file can be rewritten by whoever finds it.
    line="$code $(((_spark_ticks - began) * 10)) $why"
    printf '%s\n' "$line" > "$folder/code"
else
    while ! { IFS= read -r line < "$folder/code"; } 2>/dev/null; do
        if { IFS= read -r runner < "$folder/runner"; } 2>/dev/null && [ ! -e "/proc/$runner" ]; then
            # Its runner was killed, so this call records the end.
            printf '137 0 -\n' > "$folder/code"
        fi
        sleep 0.1 2>/dev/null || sleep 1
    done
    IFS= read -r line < "$folder/code"
fi
size=0
if [ -s "$folder/output" ]; then
    size=$(wc -c < "$folder/output")
    if [ "$size" -le $((bytes * 2)) ]; then
        cat "$folder/output"
    else
        head -c "$bytes" "$folder/output"
        tail -c "$bytes" "$folder/output"
    fi
fi
printf '\n%s %s\n' "$line" $size
# The engine's own account of the end.
exit "${line%% *}"
