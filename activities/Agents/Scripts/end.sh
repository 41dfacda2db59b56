# Ends what once.sh runs under a folder, and all that it started; once.sh itself stays and records the end. $1 the folder.
. /.spark/lib.sh
IFS= read -r runner < "$1/runner" || exit 0
for p in /proc/[0-9]*; do
    p=${p#/proc/}
    _spark_stat "$p" || continue
    [ "$_spark_ppid" = "$runner" ] || continue
    born=$_spark_born
    # The runner's clock is a copy of the runner.
    case $(tr '\0' ' ' < "/proc/$p/cmdline") in "sh /.spark/once.sh "*) continue ;; esac
    _spark_kill_tree "$p" "$born" " $$ "
done
