"""Takes the answers out of Python tests and leaves what they look at and how."""

import ast
import re

from answers import HIDDEN, SHORTEST_STRING
from structure import called, is_main, is_small, is_test, labels

TRUTH = re.compile(r"expect|truth|gold|oracle|answer|referenc|correct|solution|solve|wanted|compute|calc|true_", re.I)
PLACE = re.compile(r"path|file|dir|output|root|folder", re.I)
WORDS_FOR_PEOPLE = {"fail", "skip", "xfail", "AssertionError", "ValueError", "RuntimeError", "print"}
OPENING = {"open", "Path", "exists", "isfile", "isdir", "join", "joinpath", "glob", "read_csv", "load", "getsize", "stat", "PurePath"}
ALIKE = {"isclose", "approx", "allclose", "array_equal"}
PLAIN_STATEMENTS = 12


class Redactor(ast.NodeTransformer):
    """
    Works from the outside in: a helper that computes expected values loses its body; a literal stays only where the
    instruction says it or where it can only be structure (a path that is opened, a key that is looked up, a label).
    """

    def __init__(self, answers, tree):
        self.answers = answers
        self.labels = labels(tree)
        self.in_assert = False
        self.strict = False

    def visit_Module(self, node):
        node.body = self._body([part for part in node.body if not is_main(part)])
        return node

    def visit_ClassDef(self, node):
        node.body = self._body(node.body)
        return node

    def visit_FunctionDef(self, node):
        node.args.defaults = [self.visit(default) for default in node.args.defaults]
        node.decorator_list = [self.visit(decorator) for decorator in node.decorator_list]
        if is_test(node) or self._is_plain(node):
            node.body = self._body(node.body)
        else:
            node.body = [ast.Expr(ast.Constant(...))]
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        return self.generic_visit(node)

    def visit_Assign(self, node):
        names = " ".join(ast.unparse(target) for target in node.targets)
        node.value = self._assigned(names, node.value)
        return node

    def visit_AnnAssign(self, node):
        if node.value is not None:
            node.value = self._assigned(ast.unparse(node.target), node.value)
        return node

    def visit_Assert(self, node):
        self.in_assert = True
        node.test = self.visit(node.test)
        self.in_assert = False
        node.msg = None if node.msg is None else self._prose(node.msg)
        return node

    def visit_Compare(self, node):
        equal = self.in_assert and any(isinstance(op, (ast.Eq, ast.NotEq)) for op in node.ops)
        return self._strictly(equal, lambda: self.generic_visit(node))

    def visit_BinOp(self, node):
        return self._strictly(self.in_assert and isinstance(node.op, (ast.Sub, ast.Add)), lambda: self.generic_visit(node))

    def visit_Call(self, node):
        name = called(node)
        if name in WORDS_FOR_PEOPLE:
            node.args = [self._prose(argument) for argument in node.args]
            return node
        node.func = self.visit(node.func)
        if name == "parametrize":
            node.args = [node.args[0], *map(self.visit, node.args[1:])] if node.args else []
        elif name in OPENING:
            node.args = [self._place(argument) for argument in node.args]
        elif name == "get" and node.args:
            node.args = [self._key(node.args[0]), *map(self.visit, node.args[1:])]
        elif name in ("range", "round", "pop"):
            node.args = [self._index(argument) for argument in node.args]
        else:
            equal = name.startswith("assert") or name in ALIKE
            node.args = self._strictly(equal, lambda: [self.visit(argument) for argument in node.args])
        for named in node.keywords:
            if named.arg in ("encoding", "mode", "errors", "newline", "scope", "recursive", "key", "reverse", "indent", "shell", "check"):
                named.value = named.value if isinstance(named.value, ast.Constant) else self.visit(named.value)
            elif named.arg in ("ids", "reason", "msg", "match"):
                named.value = self._prose(named.value)
            else:
                named.value = self.visit(named.value)
        return node

    def visit_Subscript(self, node):
        node.value = self.visit(node.value)
        node.slice = self._key(self._index(node.slice))
        return node

    def visit_List(self, node):
        return self._container(node)

    def visit_Tuple(self, node):
        return self._container(node)

    def visit_Set(self, node):
        return self._container(node)

    def visit_Dict(self, node):
        node.keys = [None if key is None else self.visit(key) for key in node.keys]
        node.values = [self.visit(value) for value in node.values]
        seen, keys, values = set(), [], []
        for key, value in zip(node.keys, node.values):
            shape = (key and ast.dump(key), ast.dump(value))
            if shape not in seen:
                seen.add(shape)
                keys.append(key)
                values.append(value)
        node.keys, node.values = keys, values
        return node

    def visit_JoinedStr(self, node):
        node.values = [
            ast.Constant(self.answers.prose(part.value)) if isinstance(part, ast.Constant) else self.visit(part)
            for part in node.values
        ]
        return node

    def visit_FormattedValue(self, node):
        node.value = self.visit(node.value)
        return node

    def visit_Constant(self, node):
        if isinstance(node.value, bool) or node.value is None or node.value is ...:
            return node
        if isinstance(node.value, (int, float, complex)):
            return node if self._shows_number(node.value) else ast.Constant(...)
        if isinstance(node.value, bytes):
            return node if len(node.value) < SHORTEST_STRING and not node.value.isalnum() else ast.Constant(HIDDEN)
        return node if self._shows_string(node.value) else ast.Constant(HIDDEN)

    def _strictly(self, strict, visit):
        """
        Where a result is compared for equality the literal is the answer, even one that the instruction mentions (as an
        example, or as one of several choices).
        """
        before, self.strict = self.strict, self.strict or strict
        node = visit()
        self.strict = before
        return node

    def _shows_number(self, number):
        told = not isinstance(number, complex) and not self.strict and self.answers.is_told_number(number)
        return number in (0, 1) or told

    def _shows_string(self, text):
        if text in self.labels or (not self.strict and self.answers.is_told(text)):
            return True
        return len(text) < SHORTEST_STRING and not any(c.isalnum() for c in text)

    def _assigned(self, names, value):
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and PLACE.search(names):
            return self._place(value)
        if TRUTH.search(names) and not self._is_helper_call(value):
            return ast.Constant(...)
        return self.visit(value)

    def _is_helper_call(self, value):
        return isinstance(value, ast.Call) and not any(isinstance(leaf, ast.Constant) for leaf in ast.walk(value))

    def _container(self, node):
        if len(node.elts) > 2 and all(isinstance(part, ast.Constant) and isinstance(part.value, (int, float)) for part in node.elts):
            # A row of noughts and ones is an answer too.
            node.elts = [ast.Constant(...)]
            return node
        parts, seen = [], set()
        for part in map(self.visit, node.elts):
            shape = ast.dump(part)
            # Answers that look alike once they are hidden are shown once.
            if shape not in seen or isinstance(node, ast.Tuple) or not (HIDDEN in shape or "Ellipsis" in shape):
                parts.append(part)
            seen.add(shape)
        node.elts = parts
        return node

    def _place(self, node):
        """A path or a mode is not an answer, unless the oracle's output says otherwise (checked last)."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            looks = node.value.startswith(("/", "./", "../", "~")) or re.fullmatch(r"[\w.*/-]+\.\w{1,5}|[rwab+t]{1,3}|[\w-]+", node.value)
            return node if looks or self._shows_string(node.value) else ast.Constant(HIDDEN)
        return self.visit(node)

    def _key(self, node):
        is_name = isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[A-Za-z_]\w{0,40}", node.value)
        return node if is_name or isinstance(node, (ast.Slice, ast.Constant)) and is_small(node) else self.visit(node)

    def _index(self, node):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        return node if is_text or is_small(node) else self.visit(node)

    def _prose(self, node):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return ast.Constant(self.answers.prose(node.value))
        if isinstance(node, (ast.List, ast.Tuple)):
            node.elts = [self._prose(part) for part in node.elts]
            return node
        if isinstance(node, ast.BinOp):
            node.left, node.right = self._prose(node.left), self._prose(node.right)
            return node
        return self.visit(node)

    def _body(self, body):
        if not body or not isinstance(body[0], ast.Expr) or not isinstance(getattr(body[0].value, "value", None), str):
            return [self.visit(part) for part in body]
        first = " ".join(body[0].value.value.strip().split("\n\n")[0].split())
        return [ast.Expr(ast.Constant(self.answers.prose(first))), *(self.visit(part) for part in body[1:])]

    def _is_plain(self, node):
        """A helper that only loads or arranges what was submitted."""
        if TRUTH.search(node.name):
            return False
        parts = list(ast.walk(node))
        if sum(isinstance(part, ast.stmt) for part in parts) > PLAIN_STATEMENTS:
            return False
        sums = (ast.Mult, ast.Sub, ast.Pow, ast.Mod, ast.FloorDiv, ast.BitXor)
        return not any(
            isinstance(part, ast.AugAssign) or isinstance(part, ast.BinOp) and isinstance(part.op, sums) or isinstance(part, ast.Constant)
            and isinstance(part.value, (int, float)) and not isinstance(part.value, bool) and not self._shows_number(part.value) and abs(part.value) >= 10
            for part in parts
        )


def redact(source, answers):
    """The tests without their answers, as a tree."""
    tree = ast.parse(source)
    return ast.fix_missing_locations(Redactor(answers, tree).visit(tree))
