"""The environment process: plays the world for each connection, one line per action, and keeps the record.

It runs as root, and root owns its game and its record: the agent, another user, can only act.
"""

import json
import os
import socketserver
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from world import World  # noqa: E402

HOME = "/var/lib/world"
SOCKET = "/run/world/act.sock"
LIMIT = 4096


class Game:
    def __init__(self):
        self.world = World.read(f"{HOME}/game.json")
        self.lock = threading.Lock()
        self.record = f"{HOME}/record.jsonl"
        if os.path.exists(self.record):
            # The process was started again: the world continues from the record.
            with open(self.record, encoding="utf-8") as lines:
                for line in lines:
                    self.world.do(json.loads(line)["action"])

    def act(self, text):
        with self.lock:
            if not text:
                return self.world.intro()
            seen = self.world.do(text)
            with open(self.record, "a", encoding="utf-8") as record:
                record.write(json.dumps({"action": text, "observation": seen}) + "\n")
                record.flush()
                os.fsync(record.fileno())
            return seen


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline(LIMIT).decode("utf-8", "replace").strip()
        self.wfile.write(self.server.game.act(line).encode("utf-8") + b"\n")


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


def main():
    os.makedirs(os.path.dirname(SOCKET), mode=0o755, exist_ok=True)
    if os.path.exists(SOCKET):
        os.unlink(SOCKET)
    with Server(SOCKET, Handler) as server:
        server.game = Game()
        os.chmod(SOCKET, 0o666)
        server.serve_forever()


main()
