"""Says what the three programs of a blueprint do: reads request.json beside it, writes facts to standard output.

The programs are not run. Names are followed as far as a reader would without running: import aliases, strings held by names
of the module, helpers called by tests.
"""

import ast
import json
import re

SHORTEST_WORD = 3
MOST = 2000
FAILING = {"pytest.fail", "self.fail"}
EXISTENCE = {"exists", "is_file", "isfile", "is_dir", "isdir", "stat", "getsize", "access", "lexists"}
ALIKE = {"isclose", "approx", "allclose", "assertAlmostEqual", "assertEqual", "assert_allclose", "assert_array_equal", "assertListEqual", "assertDictEqual"}
ORDERED = {"sorted", "len", "sum", "min", "max", "any", "all", "set", "frozenset", "bool"}
LISTING = {"os.listdir", "os.scandir", "os.walk", "glob.glob", "glob.iglob"}
LISTING_METHODS = {"iterdir", "glob", "rglob"}


def first(values):
    """Each value once, in the order of first appearance, at most MOST."""
    return list(dict.fromkeys(values))[:MOST]


def dotted(node):
    """The name a call has in its source: np.random.rand, or None for what has no name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else f"?.{node.attr}"
    return None


class Module:
    """One source."""

    def __init__(self, source):
        self.tree = ast.parse(source)
        self.aliases = {}
        self.held = {}
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        self.functions = {node.name: node for node in ast.walk(self.tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
        self.docstrings = set()
        for node in ast.walk(self.tree):
            self._note(node)

    def _note(self, node):
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.aliases[alias.asname or alias.name.split(".")[0]] = alias.name if alias.asname else alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                self.aliases[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            self.held.setdefault(node.targets[0].id, node.value)
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and ast.get_docstring(node, clean=False) is not None:
            self.docstrings.add(node.body[0].value)

    def name(self, call):
        name = dotted(call.func)
        if name is None:
            return ""
        head, _, rest = name.partition(".")
        whole = self.aliases.get(head, head)
        return f"{whole}.{rest}" if rest else whole

    def texts(self, node, depth=0):
        """The strings in an expression, names of the source that hold strings resolved."""
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value
            elif isinstance(part, ast.Name) and depth < 3 and part.id in self.held:
                yield from self.texts(self.held[part.id], depth + 1)

    def imports(self):
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield "." * node.level + (node.module or "")
            elif isinstance(node, ast.Call) and self.name(node) in {"__import__", "importlib.import_module", "runpy.run_path", "runpy.run_module"}:
                yield from self.texts(node)

    def strings(self):
        return (node.value for node in ast.walk(self.tree)
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in self.docstrings)

    def calls(self):
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                given = [*node.args, *(keyword.value for keyword in node.keywords)]
                texts = first(text for part in (node.func, *given) for text in self.texts(part))[:20]
                yield {"name": self.name(node), "line": node.lineno, "strings": texts, "arguments": len(given)}

    def _is_set(self, node, depth=0):
        if isinstance(node, (ast.Set, ast.SetComp)):
            return True
        if isinstance(node, ast.Call):
            return self.name(node) in {"set", "frozenset"} or self._is_listing(node)
        return isinstance(node, ast.Name) and depth < 3 and node.id in self.held and self._is_set(self.held[node.id], depth + 1)

    def _is_listing(self, node):
        return self.name(node) in LISTING or isinstance(node.func, ast.Attribute) and node.func.attr in LISTING_METHODS

    def unordered(self):
        """Lines where the order of a set or of a folder becomes the order of something."""
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)) and self._is_set(node.iter) and not self._sorted_later(node):
                yield node.iter.lineno
            elif isinstance(node, ast.Call) and (self.name(node) in {"list", "tuple", "enumerate", "random.choice", "random.sample"} or
                                                 isinstance(node.func, ast.Attribute) and node.func.attr in {"join", "choice", "sample", "shuffle"}):
                if any(self._is_set(part) for part in node.args) and not self._sorted_later(node):
                    yield node.lineno

    def _sorted_later(self, node):
        """Whether the expression is inside sorted(...), sum(...) or a set."""
        up = self.parents.get(node)
        while up is not None and isinstance(up, ast.expr):
            if isinstance(up, ast.SetComp) or isinstance(up, ast.Call) and self.name(up) in ORDERED:
                return True
            up = self.parents.get(up)
        return False

    def tests(self):
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test"):
                yield self._test(node)

    def _test(self, node):
        parts = [part for function in self._reached(node) for part in ast.walk(function)]
        checks = [part for part in parts if self._is_check(part)]
        return {
            "name": node.name,
            "line": node.lineno,
            "asserts": len(checks),
            "content_asserts": sum(map(self._looks_at_content, checks)),
            "mentions": first(self._mentions(parts)),
            "expected": first(value for part in parts for value in self._expected(part)),
            "keys": first(self._keys(parts)),
        }

    def _reached(self, node):
        """The test, and the functions and fixtures of the file that it uses."""
        todo, seen = [node], []
        while todo:
            function = todo.pop()
            seen.append(function)
            used = {part.id for part in ast.walk(function) if isinstance(part, ast.Name)} | {argument.arg for argument in function.args.args}
            todo += [self.functions[name] for name in sorted(used) if name in self.functions and self.functions[name] not in seen + todo]
        return seen

    def _is_check(self, node):
        if isinstance(node, ast.Call):
            return self.name(node) in FAILING or self.name(node).split(".")[-1].startswith("assert") or self.name(node) == "pytest.raises"
        return isinstance(node, (ast.Assert, ast.Raise))

    def _looks_at_content(self, check):
        if isinstance(check, ast.Raise):
            return True
        if isinstance(check, ast.Call):
            return True
        return self._is_telling(check.test)

    def _is_telling(self, test):
        """Whether a condition can only hold for some contents: a comparison of something read, not of a file's being there."""
        if isinstance(test, ast.BoolOp):
            parts = [self._is_telling(part) for part in test.values]
            return all(parts) if isinstance(test.op, ast.Or) else any(parts)
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return self._is_telling(test.operand)
        if isinstance(test, ast.Constant):
            return False
        if all(isinstance(part, (ast.Constant, ast.Compare, ast.cmpop, ast.Tuple, ast.List, ast.Load, ast.BinOp, ast.operator)) for part in ast.walk(test)):
            return False
        if isinstance(test, ast.Call):
            name = self.name(test).split(".")[-1]
            return name not in EXISTENCE | {"isinstance", "len", "hasattr", "callable", "bool", "read", "read_text", "read_bytes", "load", "loads", "strip"}
        if isinstance(test, ast.Compare):
            return not self._is_about_size(test) and not self._is_absence(test)
        return False

    def _is_about_size(self, test):
        """x.stat().st_size > 0, len(text) > 0, len(text) >= 1."""
        left = test.left
        sized = isinstance(left, ast.Call) and self.name(left).split(".")[-1] in {"len", "getsize"} or isinstance(left, ast.Attribute) and left.attr == "st_size"
        small = all(isinstance(part, ast.Constant) and part.value in (0, 1) for part in test.comparators)
        return sized and small and all(isinstance(op, (ast.Gt, ast.GtE, ast.NotEq)) for op in test.ops)

    def _is_absence(self, test):
        """x is not None, x != ""."""
        return all(isinstance(part, ast.Constant) and part.value in (None, "") for part in test.comparators) and \
            all(isinstance(op, (ast.IsNot, ast.NotEq)) for op in test.ops)

    def _mentions(self, parts):
        for part in parts:
            for text in (getattr(part, "name", None), getattr(part, "id", None), getattr(part, "attr", None),
                         part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else None):
                if isinstance(text, str):
                    yield from (word.lower() for word in re.findall(r"[^\W_]+", text) if len(word) >= SHORTEST_WORD)

    def _expected(self, node):
        """Literals that a result is compared with for equality or nearness."""
        if isinstance(node, ast.Compare) and any(isinstance(op, (ast.Eq, ast.In)) for op in node.ops):
            yield from self._literals([node.left, *node.comparators])
        elif isinstance(node, ast.Call) and self.name(node).split(".")[-1] in ALIKE:
            yield from self._literals(node.args)
        elif isinstance(node, ast.Call) and self.name(node) == "abs" and node.args and isinstance(node.args[0], ast.BinOp):
            yield from self._literals([node.args[0].left, node.args[0].right])

    def _literals(self, nodes, depth=0):
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, (int, float, str)) and not isinstance(node.value, bool):
                yield node.value if isinstance(node.value, str) else repr(node.value)
            elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
                yield from self._literals(node.elts, depth)
            elif isinstance(node, ast.Dict):
                yield from self._literals(node.values, depth)
            elif isinstance(node, ast.UnaryOp):
                yield from self._literals([node.operand], depth)
            elif isinstance(node, ast.Name) and depth < 3 and node.id in self.held:
                yield from self._literals([self.held[node.id]], depth + 1)
            elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and depth < 3 and node.value.id in self.held:
                yield from self._literals([self.held[node.value.id]], depth + 1)
            elif isinstance(node, ast.Call) and self.name(node).split(".")[-1] == "approx":
                yield from self._literals(node.args[:1], depth)

    def _keys(self, parts):
        """Names under which a test looks something up."""
        for part in parts:
            if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Constant) and isinstance(part.slice.value, str):
                yield part.slice.value
            elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "get" and part.args:
                yield from (text for text in [getattr(part.args[0], "value", None)] if isinstance(text, str))


def facts(source):
    try:
        module = Module(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as broken:
        line = getattr(broken, "lineno", None)
        return {"parses": False, "error": f"{broken.args[0] if broken.args else broken}" + (f" (line {line})" if line else "")}
    return {
        "parses": True,
        "imports": first(module.imports()),
        "strings": first(module.strings()),
        "calls": list(module.calls())[:MOST],
        "unordered_lines": sorted(set(module.unordered())),
        "tests": list(module.tests())[:MOST],
    }


def main():
    with open("request.json", encoding="utf-8") as file:
        request = json.load(file)
    print(json.dumps({part: facts(request[part]) for part in ("data_builder", "oracle", "tests")}))


main()
