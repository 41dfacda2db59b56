"""What parts of a test file are for."""

import ast


def is_test(node):
    return node.name.startswith("test")


def called(node):
    """Last part of what is called: open in io.open(…)."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def labels(tree):
    """Strings that only steer a test: given by parametrize and compared with a parameter of the function."""
    given, compared = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) == "parametrize":
            given.update(leaf.value for leaf in ast.walk(node) if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            parameters = {argument.arg for argument in node.args.args}
            for test in ast.walk(node):
                if isinstance(test, ast.If) and isinstance(test.test, ast.Compare) and isinstance(test.test.left, ast.Name):
                    if test.test.left.id in parameters and all(isinstance(op, (ast.Eq, ast.NotEq)) for op in test.test.ops):
                        compared.update(leaf.value for leaf in test.test.comparators if isinstance(leaf, ast.Constant))
    return given & compared


def is_main(node):
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def is_small(node):
    """An index or a slice, which point at a place and hold no answer."""
    return all(
        isinstance(leaf.value, int) and abs(leaf.value) < 100 for leaf in ast.walk(node) if isinstance(leaf, ast.Constant)
    ) and isinstance(node, (ast.Slice, ast.Constant, ast.UnaryOp))
