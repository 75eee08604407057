"""Which dtype NumPy gives a value, as far as that is known before the arguments are."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from diffsrc.ir import Call, Const, Node, reachable
from diffsrc.ir.shapes import is_given
from diffsrc.ops.integers import KEEPING

# What makes floats of integers, the smallest that hold them.
ELEMENTWISE = frozenset(
    {"sqrt", "cbrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p"}
    | {"logaddexp", "logaddexp2", "hypot", "radians", "degrees"}
    | {"sin", "cos", "tan", "asin", "acos", "atan", "atan2"}
    | {"sinh", "cosh", "tanh", "asinh", "acosh", "atanh"}
)
# What has the dtype that NumPy promotes those of its arguments to.
PROMOTING = frozenset(
    {"add", "sub", "mul", "pow", "neg", "abs", "square", "maximum", "minimum", "fmax", "fmin"}
    | {"np.matmul", "np.dot", "np.vdot", "np.inner", "np.outer", "np.einsum", "np.tensordot"}
    | {"np.concatenate", "np.stack"}
)
# What keeps floats as they are, but makes other dtypes of integers than they have.
WIDENING = frozenset(
    {"div", "np.sum", "np.mean", "np.prod", "np.std", "np.var", "np.cumsum", "np.norm", "np.trace"}
    | {"np.inv", "np.solve"}
)
# What NumPy makes float64 of nothing but lengths.
DOUBLE = frozenset({"np.eye", "np.identity", "np.zeros", "np.ones"})
FLOATS = ELEMENTWISE | {"div", "np.mean", "np.std", "np.var", "np.norm", "np.inv", "np.solve"}
NUMBERS = frozenset({"dim", "np.dim", "size", "pi", "e", "tau", "euler_gamma", "inf", "nan"})
# Spellings that have a dtype of their own.
# A dtype among the arguments in the text of a call, by keyword or not; and what has one of its own.
DTYPE = re.compile(
    r"dtype|float_power|[\"']|np\.(u?int|float|bool|half|single|double|long|complex)"
    r"|, (int|float|bool|complex)\b"
)
MOST = 200  # values that are looked at


class Precisions:
    """What is known of the values of one program."""

    def __init__(self) -> None:
        self._numbers: dict[Node, bool] = {}
        self._floats: dict[Node, bool] = {}
        self._doubles: dict[Node, bool] = {}

    def is_number(self, node: Node) -> bool:
        """Whether a value is a number of Python's, which has the dtype of what it meets."""
        known = self._numbers
        for below in reachable((node,), arms=False, stop=known.keys()):
            if below not in known:
                known[below] = isinstance(below, Const) or (
                    isinstance(below, Call)
                    and (
                        below.op in NUMBERS
                        or str(below.options[:1]).startswith("('math.")
                        or (not below.options and all(map(known.get, below.args)))
                    )
                )
        return known[node]

    def is_float(self, node: Node) -> bool:
        """Whether an array holds floats, whatever the arguments hold."""
        known = self._floats
        for below in reachable((node,), arms=False, stop=known.keys()):
            if below not in known:
                own = isinstance(below, Call) and below.op in FLOATS
                parts = (part for part in parts_of(below) if not self.is_number(part))
                known[below] = own or self.is_double(below) or any(map(known.get, parts))
        return known[node]

    def is_double(self, node: Node) -> bool:
        """Whether a value has the dtype float64 or more, whatever the arguments have."""
        known = self._doubles
        for below in reachable((node,), arms=False, stop=known.keys()):
            if below not in known:
                known[below] = self._makes_double(below) or any(map(known.get, parts_of(below)))
        return known[node]

    def _makes_double(self, node: Node) -> bool:
        if not isinstance(node, Call) or _has_dtype(node):
            return False
        if node.op in DOUBLE:
            return True
        if node.op not in ELEMENTWISE or not parts_of(node):
            return False
        # Of literals alone it may be computed in front, and a number of Python's.
        sized = any(isinstance(n, Call) for n in node.args)
        return sized and all(map(self.is_number, node.args))

    def fits(self, node: Node, array: Node, *, any_double: bool) -> bool:
        """Whether an array of floats keeps its dtype if it meets a value.

        With `any_double` what is float64 in any case is taken to have room for all arguments.
        """
        inside = _promoted_to(array)
        wide = self.is_double(array)
        seen = {node}
        todo = [node]
        while todo:
            below = todo.pop()
            if below in inside or self.is_number(below) or below.type.kind == "bool":
                continue
            parts = parts_of(below)
            if wide:
                given = is_given(below)
                stays = bool(parts) or self.is_double(below) or (given and any_double)
            else:
                stays = bool(parts) and self._stays(below, parts)
            if not stays or len(seen) > MOST:
                return False
            new = [part for part in parts if part not in seen]
            seen.update(new)
            todo += new
        return True

    def _stays(self, node: Node, parts: Sequence[Node]) -> bool:
        """Whether a value of parts that fit an array of floats, maybe narrow ones, fits too."""
        arrays = [part for part in parts if not self.is_number(part)]
        if isinstance(node, Call) and (node.op in KEEPING or node.op in ELEMENTWISE):
            return len(parts) == len(arrays) == 1 or any(map(self.is_float, arrays))
        # Two dtypes of integers may be promoted beyond the floats that each of them fits.
        return any(map(self.is_float, arrays))


def _has_dtype(node: Call) -> bool:
    """Whether a call says itself which dtype it gives."""
    return bool(node.options) and DTYPE.search(str(node.options[0])) is not None


def _promoted_to(array: Node) -> Collection[Node]:
    """Values whose dtypes NumPy has promoted to that of an array: those that are near."""
    found = {array: None}
    todo = [array]
    for node in todo:
        new = [part for part in parts_of(node) if part not in found]
        found.update(dict.fromkeys(new))
        todo += new
        if len(found) > MOST:
            break
    return found.keys()


def parts_of(node: Node) -> Sequence[Node]:
    """The operands whose dtypes decide that of a value, which is at least theirs."""
    if not isinstance(node, Call) or _has_dtype(node):
        return ()
    if node.op in KEEPING:
        return node.args[:1]
    if node.op == "select" and node.options:
        return node.args[1:]
    if node.op in ELEMENTWISE and not str(node.options[:1]).startswith("('np."):
        return ()
    return node.args if node.op in PROMOTING | ELEMENTWISE | WIDENING else ()
