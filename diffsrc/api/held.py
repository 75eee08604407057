"""What the code of a derivative needs arrays to hold: floats, or integers that take items.

NumPy cuts floats off without a word where it puts them among integers, lets integers of few bits
leave their range, and computes with narrow floats in their precision.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from diffsrc.api.differing import differing
from diffsrc.emit.expressions import Printer
from diffsrc.emit.precisions import DOUBLE
from diffsrc.ir import Call, Const, Node, Program, Result, blocks, reachable
from diffsrc.ops.integers import INTEGERS, KEEPING, TAKING
from diffsrc.simplify.contents import Contents

# What NumPy computes of integers in their own range.
ARITHMETIC = frozenset(
    {"add", "sub", "sum", "mul", "neg", "pow", "square"}
    | {"np.matmul", "np.dot", "np.vdot", "np.inner", "np.outer", "np.einsum", "np.tensordot"}
    | {"np.prod", "np.cumprod", "np.kron", "np.cross", "np.convolve", "np.correlate"}
)
# What takes items, or repeats them, by its arguments but the first.
PLACED = TAKING | {"np.repeat", "np.tile", "np.roll", "np.eye", "np.arange"}
# What moves numbers, or makes them from nothing, and does not compute.
MOVING = KEEPING | DOUBLE | INTEGERS | TAKING | {"select", "scalar", "constant"}
CASTS = frozenset({"np.astype", "np.typed", "np.typed_copy"})


class Held(NamedTuple):
    """What arrays must hold, or must not, as they are written.

    Attributes:
        floats: those that must not hold integers.
        wide: those that must not hold integers of less than 64 bits.
        data: those that are made floats, of which it does not derive.
        live_data: those from outside, which cannot be.
        whole: those that stay integers, and whether they are made those of 64 bits.
        narrow: those of data alone of which it computes what the function does not: in their
            precision, though the function may have a wider one there.
    """

    floats: tuple[str, ...]
    wide: tuple[str, ...]
    data: tuple[str, ...]
    live_data: tuple[str, ...]
    whole: tuple[tuple[str, bool], ...]
    narrow: tuple[str, ...]

    def conditions(self) -> list[str]:
        """What must not be."""
        floats = ((f"{text}.dtype.kind", '"f"') for text in self.floats)
        wide = ((f"{text}.dtype.itemsize", "8") for text in self.wide)
        return [*differing(floats), *differing(wide)]

    def words(self) -> str:
        """The same for who reads an error."""
        floats = f", with floats in {' and '.join(self.floats)}" if self.floats else ""
        wide = f", with 64 bits in {' and '.join(self.wide)}" if self.wide else ""
        return floats + wide


def held_by(
    program: Program,
    parsed: Program,
    given: Sequence[Node],
    live: Sequence[Node],
    wrt: Sequence[Node],
) -> Held:
    """What the arrays that are `given`, and those from outside, need to hold for a written program.

    `parsed` is the user's.
    """
    new = _New(program, parsed, wrt)
    derived = set(wrt)
    data = [node for node in dict.fromkeys(given) if node not in derived]
    integers, taking, own = new.multiplied(), new.taking(), new.own()
    narrow = new.computed_of_data()
    printer = Printer({})

    def texts(nodes: Iterable[Node]) -> tuple[str, ...]:
        return tuple(map(printer, nodes))

    made_floats = texts(n for n in data if n in integers - taking - own)
    taken = texts(n for n in data if n in integers & taking - own)
    both = texts(n for n in data if n in integers & taking & own)
    wrapping = texts(n for n in data if n in integers & own - taking)
    outside = (n for n in dict.fromkeys(live) if n in integers - derived)
    return Held(
        (*texts(_needing_floats(program, wrt)), *made_floats, *wrapping),
        (*taken, *both),
        made_floats,
        texts(outside),
        (*((text, True) for text in taken), *((text, False) for text in (*wrapping, *both))),
        texts(n for n in data if n in narrow),
    )


def _needing_floats(program: Program, wrt: Iterable[Node]) -> list[Node]:
    """The arrays that it derives by among whose integers the code would put floats.

    NumPy cuts them off without a word then; only `+=` raises, unless it is of a single item. Nor
    may it hold integers whose squares leave their range, where `np.sqrt(x @ x)` is for the norm.
    """
    calls = _calls(program)
    arrays = [node for node in dict.fromkeys(wrt) if node.type.axes]
    needed: set[Node] = set()
    for node in filter(_cuts_off, calls):
        # Zeros are like the argument, or like a value on the way that is made of it.
        below = reachable(node.args[-1:] if node.op in CASTS else node.args[:1])
        needed.update([array for array in arrays if array in below] or arrays)
    for node in calls:
        vector = _measured(node)
        if vector in arrays:
            needed.add(vector)
    return [node for node in arrays if node in needed]


class _New:
    """What a written program computes that the user's function does not.

    Attributes:
        written: what the user's function computes.
        calls: what else the program does.
    """

    def __init__(self, program: Program, parsed: Program, wrt: Sequence[Node]) -> None:
        self.written = _calls(parsed)
        own = {*self.written}
        self.calls = [node for node in _calls(program) if node not in own]
        self.wrt = wrt
        self.contents = Contents()

    def multiplied(self) -> set[Node]:
        """The arrays whose integers it would compute with where the function does not.

        `np.sum((X * w) ** 2)` squares floats, its gradient `2 * w * (X**2).sum(axis=0)` what `X`
        holds: of bytes, squares leave their range without a word, and so does what is below zero.
        What it derives by is one of floats.
        """
        return self._of_integers(self.calls)

    def own(self) -> set[Node]:
        """Those of which the user computes integers, which leave their range with his."""
        return self._of_integers(self.written)

    def taking(self) -> set[Node]:
        """Those that take items, which floats cannot."""
        places = (node.args[1:] for node in self.written if node.op in PLACED)
        return _made_of({arg for args in places for arg in args})

    def _of_integers(self, calls: Iterable[Call]) -> set[Node]:
        """The arrays of integers that arithmetic is of."""
        floats, is_float = {*self.wrt}, self.contents.is_float
        return _made_of({n for n in calls if n.op in ARITHMETIC and not is_float(n, floats)})

    def computed_of_data(self) -> set[Node]:
        """The arrays of which it computes something alone.

        `np.sum(((a - y) / sigma)**2)` divides floats of 64 bits by `sigma`, the gradient by
        `sigma**2`, which is computed in the precision of `sigma`. What meets an array that it
        derives by has the precision of that.
        """
        derived = [node for node in self.wrt if node.type.axes]
        found: set[Node] = set()
        for node in self.calls:
            computes = node.op not in MOVING and node.type.kind == "float"
            if computes and not self.contents.have_common(node, derived):
                found.update(self.contents.arrays_in(node))
        return {node for node in found if node.type.kind == "float"}


def _made_of(nodes: Iterable[Node]) -> set[Node]:
    """The arrays whose dtype may be that of values."""
    found = {*nodes}
    todo = [*found]
    while todo:
        new = [part for part in _of_dtype(todo.pop()) if part not in found]
        found.update(new)
        todo += new
    return {n for n in found if n.type.axes and n.type.kind == "float"}


def _of_dtype(node: Node) -> Sequence[Node]:
    """The operands whose dtypes may be that of a value: no indices, no conditions."""
    if isinstance(node, Result):
        arms = [arm for arm in (node.of.then, node.of.orelse) if not arm.fails]
        return [arm.results[node.index] for arm in arms]
    if not isinstance(node, Call) or node.op in INTEGERS or node.type.kind == "bool":
        return ()
    if node.op in TAKING or node.op == "scatter":
        return node.args[:1]
    return node.args[node.op == "select" :]


def _calls(program: Program) -> list[Call]:
    roots = [n for block in blocks(program.body) for n in (*block.values(), *block.roots())]
    return [node for node in reachable(roots) if isinstance(node, Call)]


def _measured(node: Call) -> Node | None:
    """The vector whose length it is, as the root of a product."""
    (square,) = node.args if node.op == "sqrt" else (None,)
    if not (isinstance(square, Call) and square.op == "np.matmul"):
        return None
    a, b = square.args
    return a if a is b else None


def _cuts_off(node: Call) -> bool:
    """Whether a float in it becomes an integer where arrays hold these."""
    if node.op in CASTS:
        return node.args[0].type.kind == "float" and "{1}.dtype" in str(node.options)
    if node.op != "scatter":
        return False
    for place, line in node.params:
        if "put_along_axis" in line or line.startswith("= "):
            return True
        at_all = line.startswith("np.")  # np.add.at, or np.subtract.at
        held = [node.args[int(hole)] for hole in re.findall(r"{(\d+)}", f"{place}{line}")]
        # The last is what is added. Indices for all axes are those of one item.
        *indices, value = held
        one = place.startswith(".flat") or place.count(",") + 1 == len(node.type.axes)
        spread = ":" in place or "..." in place or "None" in place
        several = spread or any(n.type.axes for n in indices)
        whole = isinstance(value, Const) and value.value in {-1, 1}
        if not whole and (at_all or (one and not several)):
            return True
    return False
