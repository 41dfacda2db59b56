"""ALFWorld's game with the interface of world.py: actions go to TextWorld, and its answers come back."""

import json
import os

import textworld
from alfworld.agents.environment.alfred_tw_env import AlfredDemangler

HELP = """You can say what the game understands, such as: look, inventory, go to NAME, open NAME, close NAME,
take NAME from NAME, move NAME to NAME (or put NAME in/on NAME), clean, heat or cool NAME with NAME, use NAME, examine NAME, help"""


class World:
    def __init__(self, game, folder):
        self.game = game
        infos = textworld.EnvInfos(won=True, admissible_commands=True)
        self.env = textworld.start(os.path.join(folder, game["game_file"]), infos, wrappers=[AlfredDemangler(shuffle=False)])
        self.first = self.env.reset().feedback.strip()
        self.steps = 0
        self.won = False

    @classmethod
    def read(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls(json.load(file), os.path.dirname(path))

    def intro(self):
        return f"{self.game['goal']['text']}\n\n{self.first}"

    def over(self):
        return self.won or self.steps >= self.game["max_steps"]

    def do(self, text):
        words = " ".join(text.split())
        if words in ("help", ""):
            return HELP
        if self.won:
            return "The task is done."
        if self.steps >= self.game["max_steps"]:
            return "No more actions are left."
        self.steps += 1
        state, _, _ = self.env.step(words)
        self.won = bool(state.won)
        return state.feedback.strip() + ("\nThe task is done." if self.won else "")
