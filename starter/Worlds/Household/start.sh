#!/bin/sh
# The image's entrypoint: the world beside whatever else is to run.
"${WORLD_PYTHON:-python3}" /opt/world/serve.py > /var/lib/world/serve.log 2>&1 &
exec "$@"
