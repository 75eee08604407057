"""The golden set's gradients by hand, and the measure of their length."""

import ast

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_OPERATIONS = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call)


def operations(source: str) -> int:
    """Number of operators, calls and comparisons (a chain is one) inside functions."""
    inside = {
        node
        for function in ast.walk(ast.parse(source))
        if isinstance(function, _FUNCTIONS)
        for statement in function.body
        for node in ast.walk(statement)
    }
    return sum(isinstance(node, _OPERATIONS) and not _is_number(node) for node in inside)


def _is_number(node: ast.AST) -> bool:
    """Whether the node is a signed literal such as -0.5."""
    match node:
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=ast.Constant(value=int() | float())):
            return True
        case _:
            return False
