"""Cuts redacted Python tests to their length and checks once more for answers that the rules let pass."""

import ast
import builtins
import contextlib
import importlib
import io
import keyword
import pathlib
import re
import sys

from structure import is_test


class Shortener(ast.NodeTransformer):
    """Gives up what helps least, level by level, for tests that are too long."""

    def __init__(self, level):
        self.level = level

    def visit_FunctionDef(self, node):
        self._drop_docstring(node, 1)
        if self.level >= 3 and not is_test(node):
            node.body = [ast.Expr(ast.Constant(...))]
        if self.level >= 4 and is_test(node):
            node.body = [part for part in ast.walk(node) if isinstance(part, ast.Assert)][:3] or [ast.Expr(ast.Constant(...))]
        return self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Module(self, node):
        self._drop_docstring(node, 1)
        return self.generic_visit(node)

    def visit_ClassDef(self, node):
        self._drop_docstring(node, 1)
        return self.generic_visit(node)

    def visit_Assert(self, node):
        if self.level >= 2:
            node.msg = None
        return node

    def _drop_docstring(self, node, level):
        if self.level >= level and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Expr(ast.Constant(...))]


def render(tree, level):
    shortened = Shortener(level).visit(ast.parse(ast.unparse(tree))) if level else tree
    return ast.fix_missing_locations(shortened)


def imported(module):
    """A module of the standard library; some print as they load, some are missing here."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return [importlib.import_module(module)]
    except Exception:
        return []


def spoken(tree):
    """Names that belong to Python and its libraries, not to the task."""
    names = {"pytest", "mark", "parametrize", "fixture", "self", "main", *dir(builtins), *keyword.kwlist}
    kinds = [str, bytes, int, float, list, dict, set, tuple, pathlib.Path, re.Pattern, re.Match]
    for node in ast.walk(tree):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for module in modules:
            names.update(module.split("."))
            if module.split(".")[0] in sys.stdlib_module_names:
                kinds.extend(imported(module))
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update(alias.name for alias in node.names)
    return names.union(*map(dir, kinds))


def names(tree):
    for node in ast.walk(tree):
        yield from (getattr(node, field) for field in ("id", "attr", "arg", "name", "asname") if isinstance(getattr(node, field, None), str))


def scrub(tree, answers):
    """The last check: a literal or name that the oracle's output shows to be an answer goes, whatever rule kept it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = answers.without_secrets(node.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and answers.is_secret_number(repr(node.value)):
            node.value = ...
    text = ast.unparse(ast.fix_missing_locations(tree))
    known = spoken(tree)
    secret = [name for name in dict.fromkeys(names(tree)) if name not in known and answers.without_secrets(name) != name]
    for number, name in enumerate(secret, 1):
        text = re.sub(rf"\b{name}\b", f"hidden_{number}", text)
    return text
