check() { [ "$(cat /app/count.txt)" = "$WANTED" ] && [ -e /tests/only-in-count ]; }
