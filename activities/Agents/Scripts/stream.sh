# Runs a command once, as once.sh does, and prints its output as it grows; who comes back later gets it from its start.
# $1 folder, $2 seconds it may take, $3 bytes printed per end by once.sh, the rest: the command.
folder=$1
sh /.spark/once.sh "$@" > /dev/null 2>&1 &
sent=0
while :; do
    ended=
    [ -e "$folder/code" ] && ended=1
    size=$({ wc -c < "$folder/output"; } 2>/dev/null) || size=0
    if [ "$size" -gt "$sent" ]; then
        tail -c +$((sent + 1)) "$folder/output" | head -c $((size - sent))
        sent=$size
    fi
    [ -n "$ended" ] && break
    sleep 0.3 2>/dev/null || sleep 1
done
# The runner makes the file before it writes the line.
while ! { IFS= read -r line < "$folder/code"; } 2>/dev/null; do sleep 0.1 2>/dev/null || sleep 1; done
printf '\n%s %s\n' "$line" "$sent"
