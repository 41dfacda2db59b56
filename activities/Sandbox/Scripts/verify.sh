# Makes ready for the verifier, as root. $1 staged tests, $2 "services" to stop also what the agent left running,
# "-" where none are put in place; $3 "image" where /tests is of the image.
. /.spark/lib.sh
dir=/.spark/sh
# Twice: the child that ends its command meanwhile is the shell then.
for round in 1 2; do
    { IFS= read -r active < "$dir/shell.pid"; } 2>/dev/null && _spark_stat "$active" || break
    # The shell must not go on when its command ends.
    kill -STOP "$active" 2>/dev/null
    for file in "$dir"/*.pid; do
        id=${file%.pid}
        [ "$id" != "$dir/shell" ] && [ ! -e "$id.rc" ] || continue
        IFS=' ' read -r runs began < "$file"
        if _spark_stat "$runs"; then _spark_kill_tree "$runs" "$_spark_born" " $active $$ "; fi
    done
    # The child that waits for the next command.
    if { IFS= read -r next < "$dir/next"; } 2>/dev/null; then kill -KILL "$next" 2>/dev/null; fi
    if [ "$2" = services ] && { IFS= read -r since < "$dir/shell.since"; } 2>/dev/null; then
        _spark_kill_tree "$active" "$since" " $$ "
    fi
    kill -KILL "$active" 2>/dev/null
done
# Files of the agent where the verdict is read must not count as one. The folder itself stays: some tests look at its identity.
for folder in /logs /logs/verifier; do
    [ ! -L "$folder" ] || rm -f "$folder"
done
[ -d /logs/verifier ] || mkdir -p /logs/verifier
for left in /logs/verifier/* /logs/verifier/.[!.]* /logs/verifier/..?*; do
    if [ -e "$left" ] || [ -L "$left" ]; then rm -rf "$left"; fi
done
chmod 777 /logs/verifier
if [ "$1" = - ]; then exit; fi
if [ "$3" != image ]; then
    if [ -e /tests ] || [ -L /tests ]; then rm -rf /tests 2> /dev/null; fi
    if [ -d /tests ] && [ ! -L /tests ]; then
        # A volume: it cannot go, but is empty now.
        cp -R "$1/." /tests/
        rm -rf "$1"
    else
        mv "$1" /tests
    fi
else
    mkdir -p /tests
    cp -R "$1/." /tests/
    rm -rf "$1"
fi
chmod 755 /tests
