"""Arrays that change in place where a mask says so: `b[b < 0] = 0` is a new value of `b`."""

from __future__ import annotations

import ast
import sys

from diffsrc.errors import UnsupportedSyntax
from diffsrc.ir import COMPLEX, Node, Result, Var, reachable
from diffsrc.ir.arrays import WHOLE, Hole
from diffsrc.ir.shapes import hold, is_given, is_unit
from diffsrc.ops.arrays import ARRAYS
from diffsrc.ops.integers import is_float
from diffsrc.ops.memory import is_new, shown_in
from diffsrc.parse.arrays import NeedsRanks
from diffsrc.parse.patterns import Patterns
from diffsrc.parse.values import (
    Frame,
    Items,
    Local,
    Method,
    Partial,
    Record,
    Static,
    Table,
    Value,
)
from diffsrc.specialise import argument_of

_IN_PLACE = (ast.Add, ast.Sub, ast.Mult, ast.Div)
_ADVICE = "Write b = np.where(mask, value, b) instead."


class Masks(Patterns):
    """Reads assignments to the items of an array that a mask chooses."""

    def masked(
        self, target: ast.Subscript, written: ast.expr | None, operator: ast.operator | None = None
    ) -> bool:
        """Read `name[mask] = written`, or with an operator before the sign; False if it is none."""
        name = target.value
        if not isinstance(name, ast.Name) or written is None:
            return False
        array = self.expression(name)
        if not isinstance(array, Node):
            return False
        self.not_guessed(array, target)
        if array not in self.arrays:
            return self._no_array(array, target)
        mask = self._mask(target)
        if mask is None:
            return False
        self.check_owned(array, name, target)
        self._check_same_shape(array, mask, target)
        value = self._value(written, mask)
        mask = self._stretched(mask, array, target)
        self._check_kind(array, value, target)
        if operator is not None:
            if not isinstance(operator, _IN_PLACE):
                self.refuse(
                    "This operator, in place, is understood with +, -, * and / only.",
                    target,
                    _ADVICE,
                )
            made = self.binary(operator, array, value, target)
            assert isinstance(made, Node)
            value = made
        for node in (array, mask, value):
            self.assume_ranks(node)
        made = self.node("select", (mask, value, array), target, "np.where")
        self.bind(name.id, made, target, None)
        return True

    def _no_array(self, value: Node, target: ast.Subscript) -> bool:
        if any(node in self.guesses for node in reachable((value,))):
            name = target.value.id if isinstance(target.value, ast.Name) else "this"
            self.not_known(repr(name), target)
        return self.refuse(
            "A number has no items: Python would raise.",
            target,
            "Call the derivative with an array, or write the choice with np.where.",
        )

    def _mask(self, target: ast.Subscript) -> Node | None:
        """The truth values in `b[mask]`, `b[np.where(mask)]`, None where it is something else."""
        index = target.slice
        numpy = sys.modules.get("numpy")
        if isinstance(index, ast.Call) and len(index.args) == 1 and not index.keywords:
            function = self.expression(index.func)
            known = function.value if isinstance(function, Static) else None
            if numpy is not None and (known is numpy.where or known is numpy.nonzero):
                index = index.args[0]
        if isinstance(index, ast.Slice | ast.Tuple | ast.Starred):
            return None
        mask = self.expression(index)
        self.ask_for_mask(mask)
        if isinstance(mask, Node) and mask.type.kind == "bool" and mask in self.arrays:
            return mask
        return None

    def _value(self, written: ast.expr, mask: Node) -> Node:
        """What is assigned: a number, or `other[mask]` with the same mask."""
        if isinstance(written, ast.Subscript):
            other = self.expression(written.value)
            known = isinstance(other, Node) and other in self.arrays
            chosen = self._mask(written) if known else None
            if chosen is mask:
                assert isinstance(other, Node)
                self._check_same_shape(other, mask, written)
                return other
            if chosen is not None:
                self.refuse("The items of this array are chosen by another mask.", written, _ADVICE)
        value = self.numeric(self.expression(written), written)
        if value in self.arrays:
            self.refuse(
                "An array is assigned to what a mask chooses.",
                written,
                "Assign a number, or other[mask] with the same mask.",
            )
        return value

    # What must hold for this to be a choice

    def check_owned(self, array: Node, name: ast.Name, target: ast.AST) -> None:
        """Refuse to change what others may see; an argument that is the only array is not seen."""
        if self.owns(array):
            return
        outer = self.frame.caller is None and self.depth == 0
        argument = array.name if isinstance(array, Var) and outer else None
        if argument in dict(self.signature.arguments) and self._holders(array) == 1:
            self.changed.setdefault(array, self.place(target))
            return
        self.refuse(
            "An array is changed in place here, and others may see it.",
            target,
            f"Write {name.id} = np.where(mask, value, {name.id}) instead.",
        )

    def owns(self, value: Node) -> bool:
        """Whether an array was made in this call of a function, and has one name only."""
        if not is_new(value):
            return False
        return self.made_in.get(value) is self.frame and self._holders(value) == 1

    def _holders(self, value: Node) -> int:
        """How many names there are for a value, or for what it is an item of."""
        count = 0
        frame: Frame | None = self.frame
        while frame is not None:
            count += sum([_holds(held, value) for held in frame.env.values()])
            frame = frame.caller or frame.outer
        return count

    def _check_same_shape(self, array: Node, mask: Node, target: ast.AST) -> None:
        """Refuse where a mask may have another shape: `np.where` would broadcast."""
        if self.graph.ranked:
            self._hold_shapes(array, mask, target)
        elif self.array_leaves(array) != self.array_leaves(mask):
            raise NeedsRanks(
                UnsupportedSyntax(
                    "The mask and the array are not made of the same arrays: they may differ in "
                    "shape.",
                    self.place(target),
                    _ADVICE,
                )
            )

    def _hold_shapes(self, array: Node, mask: Node, target: ast.AST) -> None:
        """Refuse a mask that has not the first axes of the array; of other lengths NumPy raises."""
        pairs = list(zip(mask.type.axes, array.type.axes, strict=False))
        units = any(is_unit(a) is not is_unit(b) for a, b in pairs)
        if units or len(mask.type.axes) > len(array.type.axes):
            self.refuse(
                "The mask and the array differ in shape: NumPy would raise.",
                target,
                "Make the mask one of the array's first axes.",
            )
        for own, other in pairs:
            hold(own, other)

    def _stretched(self, mask: Node, array: Node, target: ast.AST) -> Node:
        """A mask of the first axes, as `np.where` wants it: with unit axes for the rest."""
        rank = len(mask.type.axes)
        missing = len(array.type.axes) - rank
        if missing <= 0 or not self.graph.ranked:
            return mask
        spec = (*[WHOLE] * rank, *[("new",)] * missing)
        text = f"{{0}}[{', '.join([*[':'] * rank, *['None'] * missing])}]"
        made = self.made(ARRAYS["np.index"], {"a": Hole(0), "spec": spec}, [mask], text, target)
        assert isinstance(made, Node)
        return made

    def _check_kind(self, array: Node, value: Node, target: ast.AST) -> None:
        """Refuse what NumPy would turn into another kind of number."""
        if value.type is COMPLEX and array.type is not COMPLEX:
            self.refuse(
                "A complex number is assigned to items of a real array: NumPy would raise.",
                target,
                "Take its .real first.",
            )
        if array.type.kind == "bool":
            self.refuse("Items of truth values are assigned to.", target, _ADVICE)
        if not is_float(array, self.known_floats):
            self._assume_floats(array, target)

    def _assume_floats(self, array: Node, target: ast.AST) -> None:
        """Note that an array is one of floats, or refuse: to integers, NumPy rounds down."""
        for leaf in self.array_leaves(array):
            source, value = self.live_value(leaf)
            if source is None or value is None:
                self.not_known("the dtype of this array", target)
            if value.dtype.kind != "f":  # type: ignore[attr-defined] # an array
                self.refuse(
                    "An item of an array of integers is assigned to: NumPy would round.",
                    target,
                    "Make it an array of floats first: b = 1.0 * b.",
                )
            self.assume(source.attribute("dtype").attribute("kind"), "f")

    def assume_ranks(self, node: Node) -> None:
        """Note which of the values below are arrays, and which are none."""
        for below in reachable((node,), stop=self.assumed):
            is_var = isinstance(below, Var) and below.type.kind == "float"
            # What is read on the way to a number is none.
            is_read = below in self.live and argument_of(self.live[below][1]).kind == "number"
            if below not in self.assumed and (is_var or is_read):
                self.assume_number(below)
            self.assumed.add(below)

    def check_changed(self) -> None:
        """Refuse an argument that changed in place where another array may be the same."""
        for array, place in self.changed.items():
            others = [n for n in self.arrays if isinstance(n, Var) or n in self.live]
            if others != [array]:
                raise UnsupportedSyntax(
                    "An array that is an argument is changed in place here, and another may be "
                    "the same.",
                    place,
                    "Write x = np.where(mask, value, x) instead.",
                )


def _holds(held: Value, value: Node) -> bool:
    """Whether a value is another, or has it as an item."""
    match held:
        case Items(items=items):
            return any(_holds(item, value) for item in items)
        case Table(items=table):
            return any(_holds(item, value) for item in table.values())
        case Record(fields=named) | Local(defaults=named):
            return any(_holds(item, value) for item in named.values())
        case Method(receiver=receiver):
            return _holds(receiver, value)
        case Partial(args=args, keywords=keywords):
            return any(_holds(item, value) for item in (*args, *keywords.values()))
        case Node():
            return value in _sources(held)
        case _:
            return False


def _sources(node: Node) -> set[Node]:
    """The values that a value may be the same array as: those it may be a view of, or is one of."""
    found: set[Node] = set()
    todo = [node]
    while todo:
        below = todo.pop()
        if below in found:
            continue
        found.add(below)
        todo += below.operands if is_given(below) else shown_in(below)
        if isinstance(below, Result):
            arms = [arm for arm in (below.of.then, below.of.orelse) if not arm.fails]
            todo += [arm.results[below.index] for arm in arms]
    return found
