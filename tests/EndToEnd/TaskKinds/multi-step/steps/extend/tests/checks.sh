check() { [ "$(wc -l < /app/list.txt)" = 3 ] && [ -e /app/made-by-setup ] && [ ! -e /tests/only-in-count ]; }
