check() { [ "$(head -n 1 /app/list.txt)" = one ] && [ ! -e /tests/only-in-count ]; }
