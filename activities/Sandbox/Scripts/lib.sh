# Shared by the scripts beside it. Plain sh, and builtins only: it must work when no process can be forked any more.

# _spark_stat PID: sets _spark_ppid, _spark_sid and _spark_born (clock ticks since boot).
_spark_stat() {
    _spark_line=
    { IFS= read -r _spark_line < "/proc/$1/stat"; } 2>/dev/null || return 1
    IFS=' '
    set -f
    set -- ${_spark_line##*) }
    set +f
    unset IFS
    [ "$1" != Z ] || return 1
    _spark_ppid=$2 _spark_sid=$4 _spark_born=${20}
}

# _spark_self: sets _spark_pid to the process that asks; in a subshell $$ is another one.
_spark_self() {
    _spark_pid=$BASHPID
    [ "$_spark_pid" ] || IFS=' ' read -r _spark_pid _spark_line < /proc/self/stat
}

# _spark_now: sets _spark_ticks to hundredths of a second since boot.
_spark_now() {
    IFS=' ' read -r _spark_line _ < /proc/uptime
    _spark_ticks=${_spark_line%.*}${_spark_line#*.}
}

# _spark_hunt ROOTS BORN SPARE: finds the descendants of the roots, also those orphaned on the way (their parent is 1 and they
# are no older than BORN), and stops them before anything is killed, so that nothing forks away. Lists have spaces around.
_spark_hunt() {
    _spark_tree=$1
    _spark_prey=
    _spark_more=1
    while [ "$_spark_more" ]; do
        _spark_more=
        for _spark_p in /proc/[0-9]*; do
            _spark_p=${_spark_p#/proc/}
            case "$_spark_tree$3" in *" $_spark_p "*) continue ;; esac
            _spark_stat "$_spark_p" || continue
            case "$_spark_tree" in
                *" $_spark_ppid "*) ;;
                *) [ "$_spark_ppid" = 1 ] && [ "$_spark_sid" != 1 ] && [ "$_spark_born" -ge "$2" ] || continue ;;
            esac
            kill -STOP "$_spark_p" 2>/dev/null
            _spark_tree="$_spark_tree$_spark_p "
            _spark_prey="$_spark_prey $_spark_p"
            _spark_more=1
        done
    done
}

# _spark_kill_tree PID BORN SPARE: kills a process and all its descendants.
_spark_kill_tree() {
    kill -STOP "$1" 2>/dev/null
    _spark_hunt " $1 " "$2" "$3"
    kill -KILL $_spark_prey "$1" 2>/dev/null
}

# _spark_thin SHELLS BORN SPARE: if processes run out, kills all descendants of the shells, but not the shells.
_spark_thin() {
    _spark_crowded || return 1
    _spark_hunt "$1" "$2" "$3"
    [ -z "$_spark_prey" ] || kill -KILL $_spark_prey 2>/dev/null
}

# _spark_crowded: whether the container is close to its limit of processes.
_spark_crowded() {
    for _spark_line in /sys/fs/cgroup/pids/pids /sys/fs/cgroup/pids; do
        { IFS= read -r _spark_count < "$_spark_line.current" && IFS= read -r _spark_limit < "$_spark_line.max"; } 2>/dev/null || continue
        [ "$_spark_limit" != max ] || return 1
        [ $((_spark_count * 4)) -gt $((_spark_limit * 3)) ]
        return
    done
    return 1
}
