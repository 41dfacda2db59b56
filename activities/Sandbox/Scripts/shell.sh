# The agent's shell: reads ids of commands from a FIFO and runs each in a child that inherits everything. A child that
# ends in good order becomes the shell and ends its parent; one that is killed leaves the parent, as it was before.
# $1 folder of commands, $2 folder to start in, $3 file whose state is restored (may be empty).
_spark_dir=$1 _spark_out=${1%/*}/out _spark_kept=${3:-env.0}
. "${_spark_dir%/*}/lib.sh"
cd -- "$2" 2>/dev/null || cd /
if [ -n "$3" ]; then
    . "$_spark_dir/$3" >/dev/null 2>&1
    cd -- "$PWD" 2>/dev/null
fi
shift $#

# Records which process is the shell; written only when it changes, so that no reader finds it empty.
_spark_here() {
    { IFS= read -r _spark_line < "$_spark_dir/shell.pid"; } 2>/dev/null && [ "$_spark_line" = "$_spark_pid" ] && return
    printf '%s\n' "$_spark_pid" >| "$_spark_dir/shell.pid"
}

# The results of a command are written under its id, the exit code last: once it exists, all the others do.
_spark_finish() {
    _spark_now
    # The dead are children of this shell and count until it has seen them.
    if _spark_thin " $_spark_pid $_spark_parent " "$_spark_oldest" " "; then wait; fi
    _spark_note
}

_spark_note() {
    _spark_why=-
    if [ -e "$_spark_dir/$_spark_id.timeout" ]; then _spark_rc=124 _spark_why=timeout; fi
    _spark_here
    printf '%s %s %s\n%s\n' "$_spark_rc" "$(((_spark_ticks - _spark_began) * 10))" "$_spark_why" "$PWD" >| "$_spark_dir/$_spark_id.rc"
}

_spark_tell() {
    { IFS= read -r _spark_line < "$_spark_dir/$_spark_id.waiter"; } 2>/dev/null || return 0
    # Opened for both, so that a connection that went away cannot block the shell.
    printf 'done %s\n' "$_spark_id" 1<> "$_spark_line"
}

# A child shares its parent's memory until it writes to it, page by page, and each first time costs more than what is
# written. So it goes once through all that surrounds a command, in a folder of its own, while no command waits.
_spark_practise() {
    [ -e "$_spark_dir/practice/0.script" ] || return 0
    _spark_real=$_spark_dir _spark_dir=$_spark_dir/practice _spark_id=0 _spark_rc=0
    _spark_now
    _spark_began=$_spark_ticks
    printf '%s %s\n' 0 "$_spark_began" >| "$_spark_dir/0.pid"
    trap '_spark_rc=$?; eval "$_spark_over"' EXIT
    . "$_spark_dir/0.script" < /dev/null >> "$_spark_dir/0.output" 2>&1
    eval "if false; then $_spark_over
fi"
    trap - EXIT
    _spark_crowded
    _spark_note
    _spark_tell
    _spark_dir=$_spark_real _spark_id=
}

# Saves what a new shell needs if all shells are killed. This delays no command: the last one has been answered.
_spark_save() {
    # Not where the last one is: this one may never become whole.
    if [ "$_spark_kept" = env.0 ]; then _spark_kept=env.1; else _spark_kept=env.0; fi
    {
        export -p
        if [ -n "$BASH_VERSION" ]; then declare -f; fi
    } >| "$_spark_dir/$_spark_kept" 2>/dev/null
    printf '%s\n' "$_spark_kept" >| "$_spark_dir/last"
}

_spark_depth=0 _spark_kind=sh
if [ -n "$BASH_VERSION" ]; then _spark_kind=bash; fi
_spark_self
_spark_stat "$_spark_pid"
_spark_oldest=$_spark_born
[ -e "$_spark_dir/shell.since" ] || printf '%s\n' "$_spark_born" > "$_spark_dir/shell.since"
_spark_parent=0
_spark_here
if [ ! -d "$_spark_dir/practice" ]; then mkdir "$_spark_dir/practice"; fi
printf ':\n' >| "$_spark_dir/practice/0.script"
printf '%s\n' "$_spark_dir/practice/told" >| "$_spark_dir/practice/0.waiter"

# Text that runs itself, not a function: what a command declares must be global.
# The child is there before its command is, so that no command waits for a fork.
_spark_main='
exec 8<> "$_spark_dir/in"
while :; do
    _spark_id=
    _spark_parent=$_spark_pid
    (
        _spark_self
        printf "%s\n" "$_spark_pid" >| "$_spark_dir/next"
        _spark_practise
        while IFS= read -r _spark_id <&8; do
            [ -e "$_spark_dir/$_spark_id.pid" ] || break
            if [ -e "$_spark_dir/$_spark_id.rc" ]; then _spark_tell; fi
        done
        _spark_now
        _spark_began=$_spark_ticks
        printf "%s %s\n" "$_spark_id" "$_spark_began" >| "$_spark_dir/taken"
        printf "%s %s\n" "$_spark_pid" "$_spark_began" >| "$_spark_dir/$_spark_id.pid"
        exec 8<&-
        trap "_spark_rc=\$? _spark_options=\$BASHOPTS POSIXLY_CORRECT=1; \\eval \"\$_spark_over\"" EXIT
        . "$_spark_dir/$_spark_id.script" < /dev/null >> "$_spark_out/$_spark_id.output" 2>&1
        _spark_rc=$? _spark_options=$BASHOPTS POSIXLY_CORRECT=1
        eval "$_spark_over"
    )
    _spark_rc=$?
    _spark_parent=0
    _spark_here
    # A child that was killed before it took a command leaves nothing to tell.
    { IFS=" " read -r _spark_id _spark_began < "$_spark_dir/taken"; } 2>/dev/null || continue
    [ ! -e "$_spark_dir/$_spark_id.rc" ] || continue
    [ -e "$_spark_dir/$_spark_id.pid" ] || printf "%s %s\n" 0 "$_spark_began" >| "$_spark_dir/$_spark_id.pid"
    _spark_finish
    _spark_tell
    _spark_save
done
'

# What a command has defined under the names that are used here is taken away again before they are: in POSIX mode, which a
# variable turns on, no function stands before "unset" and "eval", and no alias where there is a backslash.
# After very many commands the nested children need more stack than there is: the shell starts anew from its saved state.
_spark_ours="unset builtin command alias unalias trap set eval exec exit kill printf read wait cd export declare shift shopt return continue break mkdir"
_spark_words="if then else elif fi case esac for while until do done in"
_spark_over='
\unset -f unset unalias eval shopt 2>/dev/null || \:
\unset POSIXLY_CORRECT
\unset -f '"$_spark_ours"' "[" : . 2>/dev/null || \:
\unalias '"$_spark_ours $_spark_words"' "[" : . 2>/dev/null || \:
case $_spark_options in *expand_aliases*) shopt -s expand_aliases ;; esac
trap - EXIT
set +eux
_spark_self
_spark_finish
_spark_tell
kill -KILL "$_spark_parent"
_spark_save
_spark_depth=$((_spark_depth + 1))
if [ "$_spark_depth" -ge 500 ]; then exec "$_spark_kind" "${_spark_dir%/*}/shell.sh" "$_spark_dir" "$PWD" "$_spark_kept" 8<&- < /dev/null > /dev/null 2>&1; fi
eval "$_spark_main"
exit
'

eval "$_spark_main"
