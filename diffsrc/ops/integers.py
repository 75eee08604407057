"""What is an integer, or an array of integers, where its arguments are."""

from __future__ import annotations

from diffsrc.ir import Call, Const, Node, Result, reachable

# Reads of values from outside.
LEAVES = frozenset({"attribute", "item", "raise"})
# What gives integers, of floats too.
INTEGERS = (
    frozenset({"dim", "size", "count", "np.dim", "np.arange", "np.searchsorted", "np.digitize"})
    | frozenset({"np.argsort", "np.argpartition", "np.argmax", "np.argmin", "np.nanargmax"})
    | frozenset({"np.nanargmin", "np.nonzero", "np.flatnonzero", "np.count_nonzero"})
    | frozenset({"np.whole_number", "np.as_integers"})
)
# What NumPy computes of truth values as one: `m @ n` is whether any place has both.
LOGICAL = frozenset(
    {"np.matmul", "np.dot", "np.vdot", "np.inner", "np.einsum", "np.tensordot"}
    | {"np.linalg_matmul", "np.vecdot", "np.matvec", "np.vecmat", "np.multi_dot"}
    | {"np.convolve", "np.correlate", "np.diff", "np.ediff1d"}
)
# What has the dtype of its first argument.
KEEPING = frozenset(
    {"np.index", "np.view", "np.T", "np.mT", "np.transpose", "np.reshape", "np.ravel"}
    | {"np.swapaxes", "np.moveaxis", "np.squeeze", "np.expand_dims", "np.broadcast_to"}
    | {"np.flatten", "np.copy", "np.sort", "np.triu", "np.tril", "np.roll", "np.flip"}
    | {"np.repeat", "np.tile", "np.max", "np.min", "np.zeros_like", "np.ones_like", "scatter"}
)
# What gives truth values of such.
LOGICAL_TOO = LOGICAL | frozenset(
    {"add", "mul", "pos", "abs", "max", "min", "maximum", "minimum", "fmax", "fmin", "clip"}
    | {"np.outer", "np.kron", "np.concatenate", "np.stack", "np.array"}
    | {"np.vstack", "np.hstack", "np.dstack", "np.column_stack", "np.r_", "np.c_"}
)
# What takes items of its first argument.
TAKING = frozenset({"np.index", "np.take", "np.take_along", "np.take_along_axis"})
# What NumPy computes of integers as an integer.
INTEGRAL = frozenset(
    {
        "add",
        "sub",
        "sum",
        "mul",
        "neg",
        "pos",
        "constant",
        "pow",
        "square",
        "reciprocal",
        "floordiv",
        "mod",
        "fmod",
        "abs",
        "sign",
        "max",
        "min",
        "maximum",
        "minimum",
        "fmax",
        "fmin",
        "clip",
        "select",
        "floor",
        "ceil",
        "trunc",
        "round",
        "nan_to_num",
    }
)


def may_be_integer(node: Node) -> bool:
    """Whether a written value may be an integer: where nothing in it makes it a float."""
    seen: set[Node] = set()
    todo = [node]
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, Const) and type(node.value) is float:
            return False
        if isinstance(node, Call) and node.op not in LEAVES:
            if node.op not in INTEGRAL:
                return False
            todo += node.args
    return True


def is_float(node: Node, known: dict[Node, bool] | None = None) -> bool:
    """Whether a written value is no integer, and no array of them, whatever its arguments are.

    What is `known` of other values is not looked for again, and is added to.
    """
    known = {} if known is None else known
    for below in reachable((node,), arms=False, stop=known.keys()):
        if below in known:
            continue
        if not isinstance(below, Call) or below.op in LEAVES or below.type.kind == "bool":
            known[below] = isinstance(below, Const) and type(below.value) is float
        elif below.op not in INTEGRAL:
            known[below] = True
        elif below.op in {"max", "min"}:
            known[below] = all(known[arg] for arg in below.args)
        else:
            known[below] = any(known[arg] for arg in below.args[below.op == "select" :])
    return known[node]


class Truth:
    """Which written values are truth values, or arrays of them, asked once of each."""

    def __init__(self) -> None:
        self._known: dict[Node, bool] = {}

    def __call__(self, root: Node) -> bool:
        for node in reachable((root,), stop=self._known.keys()):
            if node not in self._known:
                self._known[node] = self._holds(node)
        return self._known[root]

    def _holds(self, node: Node) -> bool:
        known = self._known
        if node.graph.is_logical(node):
            return True
        if isinstance(node, Result):
            arms = [arm for arm in (node.of.then, node.of.orelse) if not arm.fails]
            return all(known[arm.results[node.index]] for arm in arms)
        if not isinstance(node, Call):
            return False
        if node.op == "select":
            return all(known[arm] for arm in node.args[1:])
        if node.op in KEEPING:
            return known[node.args[0]]
        return node.op in LOGICAL_TOO and all(known[arg] for arg in node.args)
