"""What an operation on arrays is, and the tables that the other files of this folder fill."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from diffsrc.ir import Call, Graph, Node, Type
from diffsrc.ir.arrays import Hole, expanded, in_shape
from diffsrc.ir.shapes import size_of
from diffsrc.ir.shaping import stacked

Axis = int | tuple[int, ...] | None


class Parameter(NamedTuple):
    """A parameter of an operation.

    `kind` is "array"; "static" for what decides the code; "list" for arrays that are joined;
    "sizes" for a shape, an integer or a tuple of such; "index" for integers that take items;
    "dtype" for a kind of floats, "masked" for that or truth values, "kind" for one that changes
    values; "switched" for an array and a
    truth value that decides the code, in a pair; "refused" for what is not understood but left
    out; "rest" for all arrays that follow; "graph" for the graph, which nobody passes. One that is
    `spread` takes all arguments that follow, in a method.
    """

    name: str
    kind: str
    has_default: bool
    default: object
    spread: bool = False


class ShapeOf(NamedTuple):
    """The shape of an array among the arguments of a call."""

    place: int


class ArrayOperation(NamedTuple):
    """One function on arrays.

    Attributes:
        name: the key, also `Call.op`.
        spellings: every name of the function; the first is the one that is written.
        method: its name as a method of arrays, or "".
        parameters: in their order.
        define: the normal form of its value; of several values a tuple.
        fields: what several values are called as attributes, if they are.
    """

    name: str
    spellings: tuple[str, ...]
    method: str
    parameters: tuple[Parameter, ...]
    define: Callable[..., Node | tuple[Node, ...]]
    fields: tuple[str, ...] = ()


ARRAYS: dict[str, ArrayOperation] = {}
METHODS: dict[str, ArrayOperation] = {}
KINDS = {
    ":": "static",
    "*": "list",
    "#": "sizes",
    "!": "index",
    "-": "refused",
    "~": "rest",
    "^": "dtype",
    "?": "masked",
    "%": "kind",
    "@": "graph",
    "&": "switched",
}
# Where the functions are found, by what stands for it in spellings.
MODULES = {
    "np": "numpy",
    "np.linalg": "numpy.linalg",
    "operator": "operator",
    "scipy.special": "scipy.special",
    "scipy.linalg": "scipy.linalg",
    "scipy.integrate": "scipy.integrate",
    "np.polynomial.polynomial": "numpy.polynomial.polynomial",
}
# How the kind of truth values is written.
TRUTHS = frozenset({"bool", '"bool"'})
DEFAULTS: dict[str, object] = {"()": (), "None": None, "True": True, "False": False}


def array(  # noqa: PLR0913 - a row of the table
    name: str,
    spellings: str,
    parameters: str,
    define: Callable[..., Node | tuple[Node, ...]],
    *,
    method: str = "",
    fields: str = "",
) -> None:
    """Enter a function; of its parameters `:axis=None` is static, `-out` refused.

    `*arrays` is a list of arrays, `~arrays` are all that follow, `#shape` is a shape, `#shape..` takes
    all arguments that follow in a method, `^dtype` is a kind of floats, `?dtype` that or `bool`,
    `@graph` the graph.
    """
    made = ArrayOperation(
        f"np.{name}",
        tuple(spellings.split()),
        method,
        _parameters(parameters),
        define,
        tuple(fields.split()),
    )
    ARRAYS[made.name] = made
    if method:
        METHODS[method] = made


def _parameters(text: str) -> tuple[Parameter, ...]:
    made = []
    for part in text.split():
        kind = KINDS.get(part[0], "array")
        dotted, equals, default = part.lstrip("".join(KINDS)).partition("=")
        name = dotted.rstrip(".")
        value: object = DEFAULTS.get(default, default)
        if isinstance(value, str) and value.lstrip("-").isdigit():
            value = int(value)
        has_default = bool(equals) or kind in {"refused", "dtype", "masked"}
        made.append(Parameter(name, kind, has_default, value if equals else None, name != dotted))
    return tuple(made)


# How a primitive is written: its text, with holes for its arguments.
PRIMITIVES: dict[str, Callable[[Call], str]] = {}
# Those that have no derivative: places, counts, truth values.
STEPS: set[str] = set()


def primitive(name: str, text: Callable[[Call], str], *, derived: bool = True) -> None:
    """Enter an operation that definitions are made of; one that `ir.arrays` does not build."""
    PRIMITIVES[name] = text
    if not derived:
        STEPS.add(name)


def applied(name: str, *args: Node, params: tuple[object, ...] = (), type_: Type) -> Call:
    """A primitive of arguments that are normal."""
    return args[0].graph.call(name, *args, params=params or (name,), type_=type_)


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


def truths(a: Any) -> Node:
    """Whether items are not zero."""
    found: Node = a if a.type.kind == "bool" else a.graph.call("ne", a, a.graph.zero)
    return found


def over(reduce: Callable[[Node, tuple[int, ...]], Node]) -> Callable[..., Node]:
    """A reduction with `axis` and `keepdims`."""

    def define(a: Node, axis: Axis, keepdims: bool) -> Node:  # as NumPy has it
        axes = axes_of(a, axis)
        left = tuple(size for i, size in enumerate(a.type.axes) if i not in axes)
        # What does not depend on `a` has no axes: `x.max(axis=1) - x.min(axis=1)` of one column.
        value = in_shape(reduce(a, axes), left)
        if not keepdims:
            return value
        kept = tuple(a.graph.one if i in axes else size for i, size in enumerate(a.type.axes))
        return in_shape(expanded(value, axes, len(kept)), kept)

    return define


def define(
    graph: Graph,
    operation: ArrayOperation,
    params: Iterable[tuple[str, Any]],
    args: Sequence[Node],
) -> Node | tuple[Node, ...]:
    """The normal form of a call whose arguments `params` have holes for `args`."""

    def filled(tree: Any) -> Any:
        if isinstance(tree, Hole):
            return args[tree.index]
        if isinstance(tree, ShapeOf):
            return args[tree.place].type.axes
        if type(tree) is tuple:
            return tuple([filled(item) for item in tree])
        return tree

    given = {name: filled(tree) for name, tree in params}
    values: list[Any] = [
        graph if p.kind == "graph" else _argument(graph, p.kind, given[p.name])
        for p in operation.parameters
        if p.kind not in {"refused", "dtype", "masked"}
    ]
    found = operation.define(*values)
    for p in operation.parameters:
        if p.kind == "masked":
            dtype = given.get(p.name)
            like = dtype is None and operation.name.endswith("_like")
            if dtype in TRUTHS or (like and values[0].type.kind == "bool"):
                return truths(found)
    return found


def _argument(graph: Graph, kind: str, value: Any) -> Any:
    """An argument as definitions want it: arrays for lists of numbers, normal nodes for sizes."""
    match kind:
        case "array" if isinstance(value, tuple):
            return stacked(graph, [_argument(graph, "array", item) for item in value])
        case "list" | "rest" if isinstance(value, tuple):
            return tuple([_argument(graph, "array", item) for item in value])
        case "sizes" if isinstance(value, tuple):
            return tuple([_argument(graph, "sizes", item) for item in value])
        case "sizes" if isinstance(value, Node):
            return size_of(value)
        case _:
            return value


def array_operation_of(function: object) -> ArrayOperation | None:
    """The operation that a function object of NumPy or SciPy means; nothing is imported."""
    name = str(getattr(function, "__name__", ""))
    owner = getattr(function, "__self__", None)
    if (type(owner).__module__, type(owner).__name__) == ("numpy", "ufunc"):
        return ARRAYS.get(f"np.{getattr(owner, '__name__', '')}.{name}")
    return next((o for o, f in _functions().get(name, ()) if f is function), None)


def _functions() -> dict[str, list[tuple[ArrayOperation, object]]]:
    """The functions of the modules that are loaded, by their names."""
    loaded = tuple(name for name in MODULES.values() if name in sys.modules)
    return _functions_of(loaded, len(ARRAYS))


@cache
def _functions_of(
    loaded: tuple[str, ...], count: int
) -> dict[str, list[tuple[ArrayOperation, object]]]:
    del count  # one more may come to the table
    found: dict[str, list[tuple[ArrayOperation, object]]] = {}
    for operation in ARRAYS.values():
        for spelling in operation.spellings:
            prefix, _, name = spelling.rpartition(".")
            module = MODULES.get(prefix)
            if module in loaded:
                function = getattr(sys.modules[module], name, None)
                own = getattr(function, "__name__", name)
                found.setdefault(own, []).append((operation, function))
    return found
