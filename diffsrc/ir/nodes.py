"""Expression nodes, at two levels; a `Graph` makes them.

*As written*: `Const`, `Var`, `Call`, `If` with its `Result`s, binary and in the user's order, never
rewritten. *Normal*: n-ary `Sum` and `Prod`, built by the arithmetic operators of `Node`, which is
what rules use; `Number` is exact, `Ref` is a value that the user named and that sums leave whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from diffsrc.ir.exact import Exact

if TYPE_CHECKING:
    from diffsrc.ir.blocks import Block
    from diffsrc.ir.graph import Graph


class Type(NamedTuple):
    """What a value is: its kind and the size of each axis.

    Sizes are normal nodes: those of an argument `dim`s, one that is the number 1 that of a unit
    axis. Where ranks are not known, as in code of pointwise operations, there are none.
    """

    kind: str
    axes: tuple[Node, ...] = ()


FLOAT = Type("float")
BOOL = Type("bool")
COMPLEX = Type("complex")  # compared with `is`: there is no other of that kind


class Node:
    """An immutable expression; arithmetic on it builds normal nodes.

    `operands` are the nodes that it is computed from; of an `If` the condition, not the arms.
    """

    __slots__ = ("graph", "operands", "serial", "type")

    graph: Graph
    operands: tuple[Node, ...]
    serial: int
    type: Type

    def __init__(self, graph: Graph, type_: Type, operands: tuple[Node, ...] = ()) -> None:
        self.graph = graph
        self.serial = len(graph.table)
        self.type = type_
        self.operands = operands

    def __add__(self, other: Node | Exact) -> Node:
        return self.graph.sum((self, other))

    def __radd__(self, other: Exact) -> Node:
        return self.graph.sum((other, self))

    def __sub__(self, other: Node | Exact) -> Node:
        return self.graph.sum((self, -other))

    def __rsub__(self, other: Exact) -> Node:
        return self.graph.sum((other, -self))

    def __neg__(self) -> Node:
        return self.graph.scaled(self, -1)

    def __mul__(self, other: Node | Exact) -> Node:
        return self.graph.product((self, other))

    def __rmul__(self, other: Exact) -> Node:
        return self.graph.product((other, self))

    def __truediv__(self, other: Node | Exact) -> Node:
        return self.graph.product((self, self.graph.power(other, -1)))

    def __rtruediv__(self, other: Exact) -> Node:
        return self.graph.product((other, self.graph.power(self, -1)))

    def __pow__(self, exponent: Node | Exact) -> Node:
        return self.graph.power(self, exponent)

    def __rpow__(self, base: Exact) -> Node:
        return self.graph.power(base, self)

    def __bool__(self) -> bool:
        raise TypeError("an expression has no truth value; compare with `is`")


class Const(Node):
    """A literal as the user wrote it; `Const(2)` and `Const(2.0)` are two."""

    __slots__ = ("value",)

    value: int | float | complex | str | bool | None


class Var(Node):
    """A parameter, or a name that is read live: a global, a closure variable."""

    __slots__ = ("name",)

    name: str


class Call(Node):
    """An operation on nodes; `options` hold what is not a value, such as the spelling.

    `params` say what an operation on arrays does beside its arguments: axes, labels, slices.
    """

    __slots__ = ("args", "op", "options", "params")

    op: str
    args: tuple[Node, ...]
    options: tuple[object, ...]
    params: tuple[Any, ...]


class Template(str):
    """A spelling with holes for the arguments: `np.sum({0}, axis=0)`, `{0}.T`."""

    __slots__ = ()


class If(Node):
    """Two arms of which one is evaluated; its values are its `Result` nodes."""

    __slots__ = ("condition", "orelse", "then")

    condition: Node
    then: Block
    orelse: Block


class Result(Node):
    """The value number `index` of an `If`."""

    __slots__ = ("index", "of")

    of: If
    index: int


class Number(Node):
    """An exact rational of the normal level."""

    __slots__ = ("value",)

    value: Exact


class Ref(Node):
    """An atom of the normal level: a sum that the user gave a name, or a product too large."""

    __slots__ = ("value",)

    value: Node


class Sum(Node):
    """`constant + sum(coefficient * term)`, like terms combined, ordered by serial."""

    __slots__ = ("constant", "terms")

    constant: Exact
    terms: tuple[tuple[Node, Exact], ...]


class Prod(Node):
    """`coefficient * prod(base ** exponent)`, equal bases combined, ordered by serial.

    `core` is the same without the coefficient, where somebody asked for it.
    """

    __slots__ = ("coefficient", "core", "factors")

    coefficient: Exact
    core: Node | None
    factors: tuple[tuple[Node, Exact], ...]
