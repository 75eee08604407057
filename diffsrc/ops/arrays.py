"""The functions of NumPy that are no pointwise operations, defined by the primitives of `ir.arrays`.

A definition gives the normal form of a call, and with it its type. What the user wrote stays as it
is written; his text is a call of an operation of this table, with the structure of its arguments.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from diffsrc.ir import Node
from diffsrc.ir.arrays import Labels, contract, expanded, total, transposed, view
from diffsrc.ir.shapes import is_unit, same

Axis = int | tuple[int, ...] | None


class Parameter(NamedTuple):
    """A parameter of an operation.

    `kind` is "array"; "static" for what decides the code; "list" for arrays that are joined;
    "sizes" for a shape; "refused" for what is not understood but left out.
    """

    name: str
    kind: str
    has_default: bool
    default: object


class ArrayOperation(NamedTuple):
    """One function on arrays.

    Attributes:
        name: the key, also `Call.op`.
        spellings: every name of the function; the first is the one that is written.
        method: its name as a method of arrays, or "".
        parameters: in their order.
        define: the normal form of its value.
    """

    name: str
    spellings: tuple[str, ...]
    method: str
    parameters: tuple[Parameter, ...]
    define: Callable[..., Node]


ARRAYS: dict[str, ArrayOperation] = {}
METHODS: dict[str, ArrayOperation] = {}
KINDS = {":": "static", "*": "list", "#": "sizes", "-": "refused"}
# Where the functions are found, by what stands for it in spellings.
MODULES = {
    "np": "numpy",
    "np.linalg": "numpy.linalg",
    "operator": "operator",
    "scipy.special": "scipy.special",
    "scipy.linalg": "scipy.linalg",
    "scipy.integrate": "scipy.integrate",
}
DEFAULTS = {"None": None, "True": True, "False": False}


def array(
    name: str, spellings: str, parameters: str, define: Callable[..., Node], *, method: str = ""
) -> None:
    """Enter a function; of its parameters `:axis=None` is static, `-out` refused."""
    made = ArrayOperation(
        f"np.{name}", tuple(spellings.split()), method, _parameters(parameters), define
    )
    ARRAYS[made.name] = made
    if method:
        METHODS[method] = made


def _parameters(text: str) -> tuple[Parameter, ...]:
    made = []
    for part in text.split():
        kind = KINDS.get(part[0], "array")
        name, equals, default = part.lstrip("".join(KINDS)).partition("=")
        value: object = DEFAULTS.get(default, default)
        if isinstance(value, str) and value.lstrip("-").isdigit():
            value = int(value)
        made.append(Parameter(name, kind, bool(equals) or kind == "refused", value))
    return tuple(made)


# Parts of definitions


def axes_of(node: Node, axis: Axis) -> tuple[int, ...]:
    """The axes that an argument `axis` means, from 0 on.

    Raises:
        IndexError: there is no such axis.
        ValueError: one is named twice.
    """
    rank = len(node.type.axes)
    if axis is None:
        return tuple(range(rank))
    found = []
    for given in axis if isinstance(axis, tuple | list) else (axis,):
        if not -rank <= given < rank:
            raise IndexError(f"axis {given} is out of bounds for array of dimension {rank}")
        found.append(given % rank)
    if len(set(found)) < len(found):
        raise ValueError("duplicate value in 'axis'")
    return tuple(found)


def over(reduce: Callable[[Node, tuple[int, ...]], Node]) -> Callable[..., Node]:
    """A reduction with `axis` and `keepdims`."""

    def define(a: Node, axis: Axis, keepdims: bool) -> Node:  # noqa: FBT001 # as NumPy has it
        axes = axes_of(a, axis)
        value = reduce(a, axes)
        return expanded(value, axes, len(a.type.axes)) if keepdims else value

    return define


def count(a: Node, axes: tuple[int, ...]) -> Node:
    """How many elements are reduced to one."""
    return a.graph.product([a.type.axes[i] for i in axes])


def mean(a: Node, axes: tuple[int, ...]) -> Node:
    return total(a, axes) / count(a, axes)


def tensor(a: Node, b: Node, pairs: dict[int, int], batch: int = 0) -> Node:
    """The sum of products over pairs of axes, with the leading `batch` axes side by side."""
    rank_a, rank_b = len(a.type.axes), len(b.type.axes)
    of_a: list[int] = list(range(rank_a))
    of_b: list[int] = [rank_a + i for i in range(rank_b)]
    for i, j in pairs.items():
        of_b[j] = of_a[i]
    out = []
    for k in range(batch, 0, -1):
        i, j = rank_a - 2 - k, rank_b - 2 - k
        if i >= 0 and j >= 0:
            if is_unit(a.type.axes[i]):
                of_a[i] = of_b[j]
            else:
                of_b[j] = of_a[i]
        out.append(of_a[i] if i >= 0 else of_b[j])
    out += [label for i, label in enumerate(of_a) if i not in pairs and label not in out]
    out += [
        label for j, label in enumerate(of_b) if j not in pairs.values() and label not in out
    ]
    sizes: dict[int, Node] = {}
    for node, labels in ((a, of_a), (b, of_b)):
        for size, label in zip(node.type.axes, labels, strict=True):
            sizes[label] = same(sizes.get(label, size), size)
    units = {label for label, size in sizes.items() if is_unit(size)}

    def labels(node: Node, own: list[int]) -> Labels:
        return tuple(
            None if is_unit(size) or label in units else label
            for size, label in zip(node.type.axes, own, strict=True)
        )

    kept = tuple(None if label in units else label for label in out)
    value = contract(a.graph, [(a, labels(a, of_a)), (b, labels(b, of_b))], kept, sizes)
    return with_rank(value, len(out))


def with_rank(node: Node, rank: int) -> Node:
    """A value with unit axes in front, as many as it lacks."""
    missing = rank - len(node.type.axes)
    return expanded(node, range(missing), rank) if missing > 0 else node


def matmul(a: Node, b: Node) -> Node:
    rank_a, rank_b = len(a.type.axes), len(b.type.axes)
    if not rank_a or not rank_b:
        raise ValueError("matmul: Input operand does not have enough dimensions")
    if rank_a == 1 or rank_b == 1:
        return tensor(a, b, {rank_a - 1: max(rank_b - 2, 0)})
    return tensor(a, b, {rank_a - 1: rank_b - 2}, max(rank_a, rank_b) - 2)


def dot(a: Node, b: Node) -> Node:
    rank_a, rank_b = len(a.type.axes), len(b.type.axes)
    if not rank_a or not rank_b:
        return a * b
    return tensor(a, b, {rank_a - 1: max(rank_b - 2, 0)})


def transpose(a: Node, axes: tuple[int, ...] | None) -> Node:
    rank = len(a.type.axes)
    return view(a, tuple(reversed(range(rank))) if axes is None else axes_of(a, axes))


# fmt: off
array("sum",       "np.sum",       "a :axis=None -dtype -out :keepdims=False",  over(total), method="sum")
array("mean",      "np.mean",      "a :axis=None -dtype -out :keepdims=False",  over(mean),  method="mean")
array("matmul",    "np.matmul operator.matmul", "a b",                          matmul)
array("dot",       "np.dot",       "a b -out",                                  dot,         method="dot")
array("transpose", "np.transpose np.permute_dims", "a :axes=None",              transpose)
array("T",         "",             "a",                                         lambda a: transpose(a, None))
array("mT",        "np.matrix_transpose", "a",                                  transposed)
# fmt: on


class Hole(NamedTuple):
    """The place of a node among the arguments of a call."""

    index: int


def define(
    operation: ArrayOperation, params: Iterable[tuple[str, Any]], args: Sequence[Node]
) -> Node:
    """The normal form of a call whose arguments `params` have holes for `args`."""

    def filled(tree: Any) -> Any:
        if isinstance(tree, Hole):
            return args[tree.index]
        if type(tree) is tuple:
            return tuple([filled(item) for item in tree])
        return tree

    return operation.define(*(filled(tree) for _, tree in params))


def array_operation_of(function: object) -> ArrayOperation | None:
    """The operation that a function object of NumPy or SciPy means; nothing is imported."""
    module = getattr(function, "__module__", None)
    name = getattr(function, "__name__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    if module.partition(".")[0] not in {"numpy", "scipy", "_operator"}:
        return None
    return next((o for o, f in _functions().get(name, ()) if f is function), None)


def _functions() -> dict[str, list[tuple[ArrayOperation, object]]]:
    """The functions of the modules that are loaded, by their names."""
    loaded = tuple(name for name in MODULES.values() if name in sys.modules)
    return _functions_of(loaded, len(ARRAYS))


@cache
def _functions_of(loaded: tuple[str, ...], _: int) -> dict[str, list[tuple[ArrayOperation, object]]]:
    found: dict[str, list[tuple[ArrayOperation, object]]] = {}
    for operation in ARRAYS.values():
        for spelling in operation.spellings:
            prefix, _, name = spelling.rpartition(".")
            module = MODULES[prefix]
            if module in loaded:
                function = getattr(sys.modules[module], name, None)
                own = getattr(function, "__name__", name)
                found.setdefault(own, []).append((operation, function))
    return found
