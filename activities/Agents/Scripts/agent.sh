# Starts an agent: puts its files where it looks for them, hands it its instruction, becomes it.
# $1 its folder, $2 how it gets the instruction, the rest: the program and its arguments.
dir=$1 how=$2
shift 2
number=0
while IFS= read -r path; do
    number=$((number + 1))
    case $path in "~/"*) path=${HOME:-/root}/${path#"~/"} ;; esac
    mkdir -p "$(dirname "$path")"
    cat "$dir/file-$number" > "$path"
    chmod 600 "$path"
done < "$dir/files"
if [ "$how" = stdin ]; then exec "$@" < "$dir/instruction.md"; fi
exec "$@"
