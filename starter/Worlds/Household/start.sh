#!/bin/sh
# The image's entrypoint: starts the world, then the container's command.
"${WORLD_PYTHON:-python3}" /opt/world/serve.py > /var/lib/world/serve.log 2>&1 &
exec "$@"
