"""Programs: blocks of named values around the expression graph.

Names, places and order live here and never on nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple, Protocol, Self, TypeVar

from diffsrc.errors import Place
from diffsrc.ir.graph import Graph
from diffsrc.ir.nodes import Call, If, Node, Var

Known = TypeVar("Known")


class Let:
    """The user's name for a value, and where it was given."""

    __slots__ = ("name", "node", "place")

    def __init__(self, name: str, node: Node, place: Place | None = None) -> None:
        self.name = name
        self.node = node
        self.place = place


class Assert:
    """`assert condition, message`, kept in its place among the `Let`s."""

    __slots__ = ("condition", "message", "place")

    def __init__(self, condition: Node, message: Node | None, place: Place | None = None) -> None:
        self.condition = condition
        self.message = message
        self.place = place


class Bind(NamedTuple):
    """A value that arms below need: it is computed before them, once.

    Two of one value are equal: arms that are joined compute it once too.
    """

    node: Node


class Fail:
    """`raise error`: the end of a block that gives no results."""

    __slots__ = ("error", "place")

    def __init__(self, error: Node, place: Place | None = None) -> None:
        self.error = error
        self.place = place


class Block:
    """Statements in the user's order, then results, or a `Fail` instead."""

    __slots__ = ("fail", "results", "statements")

    def __init__(
        self,
        statements: tuple[Let | Bind | Assert, ...],
        results: tuple[Node, ...],
        fail: Fail | None = None,
    ) -> None:
        self.statements = statements
        self.results = results
        self.fail = fail

    @property
    def fails(self) -> bool:
        return self.fail is not None

    @property
    def lets(self) -> Iterator[Let]:
        return (s for s in self.statements if isinstance(s, Let))

    def values(self) -> Iterator[Node]:
        """What is computed here whatever the results need: the `Let`s and `Bind`s."""
        return (s.node for s in self.statements if not isinstance(s, Assert))

    def roots(self) -> Iterator[Node]:
        """What the block must compute: checks, results, the error.

        Not yet the `Let`s and `Bind`s, which are computed where these need them.
        """
        for statement in self.statements:
            if isinstance(statement, Assert):
                yield statement.condition
                if statement.message is not None:
                    yield statement.message
        yield from self.results
        if self.fail is not None:
            yield self.fail.error


class Parameter(NamedTuple):
    """A parameter of the user's function.

    `kind` is the name of the `inspect.Parameter` kind. `node` is its value in the program: a `Var`,
    or None for a static argument, whose value the program has been specialised to.
    """

    name: str
    kind: str
    node: Node | None
    has_default: bool = False
    default: object = None
    default_text: str = ""
    annotation: str | None = None


class Free(NamedTuple):
    """A name that the program reads from outside its parameters.

    `own` names are found in the function's own globals or closure cells, under `var.name`, and are
    live. Others (of a helper in another module, a bound receiver) are given to the emitted function
    under `var.name`. `holder` is the globals dict, closure cell or object that has it under `name`,
    None where the function was read as text; `value` is the value when it was read.
    """

    var: Var
    value: object
    holder: object
    name: str
    own: bool


class Assumption(NamedTuple):
    """Something outside that was read while parsing and decided the code.

    `holder` is a globals dict, a closure cell, an object, or None when `name` is a parameter;
    `path` is the way from there: attributes, items (`[0]`), `fget()` for the function of a cached
    property. The derivative is made anew when it no longer holds.
    """

    holder: object
    name: str
    path: tuple[str, ...]
    expected: object


class Asked(NamedTuple):
    """A question about the kind of what was read, whose answer decided the code.

    Attributes:
        own: the class that it has now; None where that is not known.
        question: "is" (`==` too), "isinstance", "type", "bool", "hasattr", "callable", ...
        about: what it was compared with; the classes, or the name of the attribute.
    """

    node: Node
    own: object
    question: str
    about: object
    answer: bool


Structure = int | tuple["Structure", ...]


class Container(tuple["Structure", ...]):  # noqa: SLOT001 - a tuple has no room for slots
    """Structures that are returned in a list, a dict, a named tuple or a dataclass.

    Attributes:
        kind: "list", "dict", "named tuple" or "dataclass".
        names: the keys of the dict, or the fields that are given.
        model: the text of an object, of which all other fields are taken.
        title: the name of its class.
    """

    kind: str
    names: tuple[object, ...]
    model: str
    title: str

    def __new__(
        cls,
        parts: Iterable[Structure],
        kind: str,
        names: tuple[object, ...] = (),
        model: str = "",
        title: str = "",
    ) -> Self:
        made = super().__new__(cls, parts)
        made.kind, made.names, made.model, made.title = kind, names, model, title
        return made

    @property
    def parameter(self) -> str:
        """The parameter that the model is in."""
        return self.model.partition("[")[0].partition(".")[0]

    def steps(self) -> Iterator[str]:
        """How each part is written after the name of the whole."""
        if self.kind == "list":
            yield from (f"[{i}]" for i in range(len(self)))
        elif self.kind == "dict":
            yield from (f"[{name!r}]" for name in self.names)
        else:
            yield from (f".{name}" for name in self.names)


def filled_in(structure: tuple[Structure, ...], parts: Iterable[Structure]) -> Structure:
    """A structure of the same kind with other parts."""
    if isinstance(structure, Container):
        c = structure
        return Container(parts, c.kind, c.names, c.model, c.title)
    return type(structure)(parts)


def containers_of(structure: Structure) -> Iterator[Container]:
    """The lists, dicts and objects in what is returned."""
    if isinstance(structure, Container):
        yield structure
    if not isinstance(structure, int):
        for inner in structure:
            yield from containers_of(inner)


def leaves_of(structure: Structure, path: str = "") -> Iterator[tuple[str, int]]:
    """Where each number is in what is returned, `[1][0]`, and which it is."""
    if isinstance(structure, int):
        yield path, structure
        return
    steps = structure.steps() if isinstance(structure, Container) else None
    for i, inner in enumerate(structure):
        yield from leaves_of(inner, path + (next(steps) if steps else f"[{i}]"))


class Stack(tuple["Structure", ...]):
    """Structures that are returned as one array; the innermost along its last axis."""

    __slots__ = ()


class Program(NamedTuple):
    """A function as IR.

    Attributes:
        name: the function's name.
        graph: the graph of all its nodes.
        parameters: in the order of the signature, without those that are bound.
        body: one result each for what the function returns.
        doc: the user's docstring.
        free: names read from outside.
        assumptions: static things read from outside.
        asked: of a program as parsed, what kinds decided.
        library: "math" or "np" as the source has it, "" where it uses neither; of a derivative,
            what it is written with.
        scalar: whether it takes single numbers only.
        taken: names that mean something in the function, not to be used for new values.
        places: where a node was first written.
        structure: how the results are returned: the number of one, or a tuple of
            structures, which a `Stack` makes an array.
        hints: names for new values that say what they are, such as `d_u`.
        owners: of which value of the user's a new one is the adjoint.
        integers: what was read from outside and was an integer.
        respelt: arrays that decided how a function is spelled.
        rules: who reads the rules that users gave; None where it has no part with one.
    """

    name: str
    graph: Graph
    parameters: tuple[Parameter, ...]
    body: Block
    doc: str | None = None
    free: tuple[Free, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    asked: tuple[Asked, ...] = ()
    library: str = ""
    scalar: bool = False
    taken: frozenset[str] = frozenset()
    places: Mapping[Node, Place] = {}
    structure: Structure = 0
    hints: Mapping[Node, str] = {}
    owners: Mapping[Node, Node] = {}
    integers: frozenset[Node] = frozenset()
    respelt: frozenset[Node] = frozenset()
    rules: UserRules | None = None


class UserRules(Protocol):
    """Reads the derivatives that users have told of functions of theirs.

    Such calls are `registered`, with the function as the first argument where it is no library's;
    `custom`, the value and then what it is derived by; and `stop`, a constant to derivatives.
    """

    names_in_rules: dict[Node, str]

    def partials(self, node: Call) -> Sequence[Node | None]:
        """The partial derivatives by each of `node.args`; None where there is none."""

    def completed(self, program: Program) -> Program:
        """The program with what rules read outside: names, assumptions."""


def reachable(
    roots: Iterable[Node],
    *,
    arms: bool = True,
    stop: AbstractSet[Node] = frozenset(),
) -> list[Node]:
    """All nodes below `roots`, operands before their users; `stop` nodes are not entered."""
    order: list[Node] = []
    done: set[Node] = set()
    # A node whose operands are on the stack above it has None on top.
    stack: list[Node | None] = list(reversed(list(roots)))
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())  # type: ignore[arg-type] # a node
            continue
        if node in done:
            continue
        done.add(node)
        below = node.operands
        if not below or node in stop:
            order.append(node)
            continue
        if arms and isinstance(node, If):
            below = (*below, *node.then.roots(), *node.orelse.roots())
        stack += (node, None)
        for child in reversed(below):
            if child not in done:
                stack.append(child)
    return order


def filled(known: dict[Node, Known], node: Node, give: Callable[[Node], Known]) -> Known:
    """`known[node]`; what is not known yet is given, operands before their users."""
    todo = [] if node in known else [node]
    while todo:
        last = todo[-1]
        if last in known:
            todo.pop()
            continue
        missing = [operand for operand in last.operands if operand not in known]
        if missing:
            missing.reverse()
            todo += missing
        else:
            known[last] = give(last)
            todo.pop()
    return known[node]


def walk(roots: Iterable[Node]) -> Iterator[Node]:
    """The roots and all nodes below them outside arms, each once, in no order."""
    found: set[Node] = set()
    todo = list(roots)
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            yield node
            todo += node.operands


def blocks(block: Block) -> Iterator[Block]:
    """`block` and all blocks in it, the arms of its `If`s, outermost first."""
    seen: set[Node] = set()
    todo = [block]
    while todo:
        block = todo.pop()
        yield block
        roots = [*(let.node for let in block.lets), *block.roots()]
        if not any(root.graph.branches for root in roots):
            continue
        below = [node for node in reachable(roots, stop=seen) if node not in seen]
        seen.update(below)
        for node in below:
            if isinstance(node, If):
                todo += (node.orelse, node.then)
