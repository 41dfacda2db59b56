# One per connection of a worker: takes requests on its input, answers on its output. It dies with the connection; the
# shell and its running command do not. Only builtins on the way of a command and its output, where it is bash and that is short.
# $1 folder of commands, in memory (their output may be long: it lies on disk beside it), $2 number of the connection,
# $3 bytes of output printed at first, $4 folder the shell starts in. The first line of its input is the mark of a line of ours: everyone can read arguments.
if [ -z "$BASH_VERSION" ] && command -v bash >/dev/null 2>&1; then exec bash "$0" "$@"; fi
_spark_dir=$1 _spark_out=${1%/*}/out _spark_reply=$1/reply.$2 _spark_cap=$3 _spark_home=$4
IFS= read -r _spark_mark || exit 1
. "${_spark_dir%/*}/lib.sh"
[ -p "$_spark_dir/in" ] || mkfifo -m 600 "$_spark_dir/in" || exit 1
mkfifo -m 600 "$_spark_reply" || exit 1
exec 7<> "$_spark_dir/in" 9<> "$_spark_reply"

_spark_newline='
' _spark_tab='	'

# _spark_read: sets said to the output in one line where a builtin can, else prints it as it is.
_spark_read() {
    head -c "$_spark_cap" "$file" 2>/dev/null
    printf '\n'
}
if [ -n "$BASH_VERSION" ]; then
    # Quoted, since other shells cannot even parse it. The read stops early at a null and where there is more.
    eval '_spark_read() {
        if IFS= read -r -d "" -n 3000 said < "$file"; then
            said=
            head -c "$_spark_cap" "$file" 2>/dev/null
            printf "\n"
        else
            said=${said//\\/\\\\} said=${said//"$_spark_newline"/\\n} said=${said//"$_spark_tab"/\\t}
        fi
    }'
fi

_spark_say() {
    while IFS=' ' read -r verb id rest <&9; do
        case $verb in
            done)
                file=$_spark_out/$id.cut
                [ -e "$file" ] || file=$_spark_out/$id.output
                said=
                if [ -s "$file" ]; then _spark_read; fi
                { IFS= read -r line; IFS= read -r folder; } < "$_spark_dir/$id.rc"
                printf '%s done %s %s %s\t%s\n' "$_spark_mark" "$id" "$line" "$folder" "$said" ;;
            tail)
                file=$_spark_out/$id.cut
                if ! { IFS= read -r size < "$_spark_out/$id.size"; } 2>/dev/null; then
                    file=$_spark_out/$id.output
                    size=$(wc -c < "$file")
                    # A chatty command must not fill the disk: output that will not be read is dropped.
                    if [ "$size" -gt $((_spark_cap * 4)) ] && { head -c "$_spark_cap" "$file"; tail -c "$_spark_cap" "$file"; } > "$_spark_out/$id.part"; then
                        mv "$_spark_out/$id.part" "$_spark_out/$id.cut"
                        printf '%s\n' "$size" > "$_spark_out/$id.size"
                        : > "$file"
                        file=$_spark_out/$id.cut
                    fi
                fi
                tail -c "$rest" "$file"
                printf '\n%s tail %s %s\n' "$_spark_mark" "$id" $size ;;
            said)
                # One process more for users who watch, unless the container is close to its limit of processes.
                if [ -s "$_spark_out/$id.output" ] && ! _spark_crowded; then
                    tail -c 400 "$_spark_out/$id.output"
                    printf '\n%s said %s\n' "$_spark_mark" "$id"
                fi ;;
            *) printf '\n%s %s %s %s\n' "$_spark_mark" "$verb" "$id" "$rest" ;;
        esac
    done
}
_spark_say &
_spark_voice=$!

# _spark_lives: whether there is a shell. A file that is empty is being written by one.
_spark_lives() {
    [ -e "$_spark_dir/shell.pid" ] || return 1
    IFS= read -r _spark_active < "$_spark_dir/shell.pid" || return 0
    [ -e "/proc/$_spark_active" ]
}

_spark_shell() {
    if _spark_lives; then return; fi
    _spark_last=
    { IFS= read -r _spark_last < "$_spark_dir/last"; } 2>/dev/null
    _spark_kind=sh
    if command -v bash >/dev/null 2>&1; then _spark_kind=bash; fi
    _spark_new=
    if command -v setsid >/dev/null 2>&1; then _spark_new=setsid; fi
    $_spark_new $_spark_kind "${_spark_dir%/*}/shell.sh" "$_spark_dir" "$_spark_home" "$_spark_last" < /dev/null > /dev/null 2>&1 7<&- 9<&- &
    printf '%s\n' $! > "$_spark_dir/shell.pid"
}

# _spark_breathe: makes room if commands have used up the limit of processes.
_spark_breathe() {
    _spark_crowded || return
    # The shell may be waiting for room itself: what it forks meanwhile must not be taken for one too many.
    { IFS= read -r _spark_active < "$_spark_dir/shell.pid"; } 2>/dev/null && kill -STOP "$_spark_active" 2>/dev/null
    { IFS= read -r _spark_next < "$_spark_dir/next"; } 2>/dev/null
    _spark_roots=" "
    for _spark_line in "$_spark_dir"/*.pid; do
        if [ ! -e "${_spark_line%.pid}.rc" ] && { IFS=' ' read -r _spark_p _spark_begun < "$_spark_line"; } 2>/dev/null; then _spark_roots="$_spark_roots$_spark_p "; fi
    done
    if { IFS= read -r _spark_since < "$_spark_dir/shell.since"; } 2>/dev/null; then
        # What earlier commands left comes first: the one that runs now may be innocent. Shells stay in any case.
        _spark_prey=
        _spark_thin " " "$_spark_since" " $$ $_spark_voice $_spark_active $_spark_next$_spark_roots"
        [ "$_spark_prey" ] || _spark_thin "$_spark_roots$_spark_active " "$_spark_since" " $$ $_spark_voice $_spark_next "
    fi
    kill -CONT "$_spark_active" 2>/dev/null
}

# _spark_settle: waits for room after processes were killed. The dead count until their parent has seen them, and that is the
# container's init for most: on a busy machine it needs its time.
_spark_settle() {
    _spark_now
    _spark_until=$((_spark_ticks + 300))
    while [ "$_spark_ticks" -lt "$_spark_until" ] && _spark_crowded; do _spark_now; done
}

# _spark_poke ID: answers if the command is over; after a kill, records the end and restarts the shell.
_spark_poke() {
    _spark_breathe
    if { IFS= read -r _spark_line < "$_spark_dir/$1.rc"; } 2>/dev/null; then printf 'done %s\n' "$1" >&9; return; fi
    if { IFS=' ' read -r _spark_runs _spark_began < "$_spark_dir/$1.pid"; } 2>/dev/null; then
        if [ -e "/proc/$_spark_runs" ]; then
            printf 'said %s\n' "$1" >&9
            return
        fi
        if _spark_lives; then return; fi
        # The command and its shell were killed together: only the broker can still record the end.
        _spark_code=137 _spark_why=-
        [ ! -e "$_spark_dir/$1.timeout" ] || _spark_code=124 _spark_why=timeout
        _spark_now
        printf '%s %s %s\n%s\n' $_spark_code $(((_spark_ticks - _spark_began) * 10)) "$_spark_why" "$_spark_home" > "$_spark_dir/$1.rc"
        _spark_shell
        printf 'done %s\n' "$1" >&9
        return
    fi
    if [ -e "$_spark_dir/$1.waiter" ]; then
        _spark_shell
        printf '%s\n' "$1" >&7
    fi
}

_spark_kill() {
    { IFS=' ' read -r _spark_runs _spark_began < "$_spark_dir/$1.pid"; } 2>/dev/null || return
    IFS= read -r _spark_active < "$_spark_dir/shell.pid"
    _spark_stat "$_spark_runs" || return
    _spark_kill_tree "$_spark_runs" "$_spark_born" " $_spark_active $$ $_spark_voice "
}

_spark_shell
printf 'ready %s\n' "$2" >&9
while IFS=' ' read -r verb id count; do
    case $verb in
        run)
            if [ -e "$_spark_dir/$id.waiter" ]; then
                while [ "$count" -gt 0 ]; do IFS= read -r _spark_line; count=$((count - 1)); done
            else
                while [ "$count" -gt 0 ]; do IFS= read -r _spark_line; printf '%s\n' "$_spark_line"; count=$((count - 1)); done > "$_spark_dir/$id.script"
            fi
            printf '%s\n' "$_spark_reply" > "$_spark_dir/$id.waiter"
            _spark_breathe
            _spark_settle
            if [ -e "$_spark_dir/$id.pid" ]; then
                { IFS=' ' read -r _spark_runs _spark_began < "$_spark_dir/$id.pid"; } 2>/dev/null
                _spark_now
                printf 'running %s %s\n' "$id" $(((_spark_ticks - _spark_began) * 10)) >&9
                _spark_poke "$id"
            else
                _spark_shell
                printf '%s\n' "$id" >&7
            fi ;;
        poke) _spark_poke "$id" ;;
        tail) printf 'tail %s %s\n' "$id" "$count" >&9 ;;
        timeout)
            : > "$_spark_dir/$id.timeout"
            _spark_kill "$id" ;;
        kill) _spark_kill "$id" ;;
    esac
done
kill "$_spark_voice" 2>/dev/null
rm -f "$_spark_reply"
