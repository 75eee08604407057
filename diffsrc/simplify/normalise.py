"""From as-written nodes to normal ones: what a value is, apart from how it was written.

`x*x*x` becomes `x^3` and `(a + b) + c` one sum. A sum that the user gave a name stays whole
(`Ref`), a named product is known by its monomial: `(sigma / r)**6` is `sigma^6 r^-6`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

from diffsrc.ir import (
    COMPLEX,
    Call,
    Const,
    Exact,
    Graph,
    Node,
    Number,
    Prod,
    Ref,
    Sum,
    Type,
    Var,
    as_fraction,
    filled,
)
from diffsrc.ir.arrays import exchanged, in_shape, is_primitive, view
from diffsrc.ir.complex import absolute, conjugate, imaginary_part, is_complex, real_part
from diffsrc.ir.shapes import is_given, is_unit
from diffsrc.ops.arrays import ARRAYS, define
from diffsrc.ops.complex import PARTS
from diffsrc.ops.integers import LEAVES, LOGICAL, Truth, may_be_integer

# What is the same formula for real and for complex numbers.
RATIONAL = frozenset(
    {"add", "sub", "sum", "mul", "div", "neg", "pos", "constant", "square", "reciprocal"}
    | {"complex", "rect", "wofz", "lambertw", "select"}
)
# What is asked of an array beside its values.
LENGTHS = frozenset({"dim", "count"})
SHAPES = frozenset({"dim", "size"})
# What the builders of `ir.complex` give where they can do no more.
BUILT = frozenset({*PARTS, "abs"})


class Normaliser:
    """Gives the normal form of nodes; `named` are the nodes to which the user gave names.

    Attributes:
        forms: the normal forms that were asked for.
        written: the first node that was written for a form.
        conditions: those of the user's `if`s, which Python decides, as he wrote them.
    """

    def __init__(self, graph: Graph, named: Iterable[Node]) -> None:
        self.graph = graph
        self.named = frozenset(named)
        self.forms: dict[Node, Node] = {}
        self.written: dict[Node, Node] = {}
        self.conditions: set[Node] = set()
        self.is_boolean = Truth()
        # What stands for named arrays, and their forms.
        self.inner: dict[Ref, Node] = {}
        self.outer: dict[Node, Ref] = {}

    def __call__(self, node: Node) -> Node:
        form = self.forms.get(node)
        if form is None:
            form = filled(self.forms, node, self._form)
        return form

    def of_rule(self, node: Node) -> Node:
        """The normal form of what a rule gives, whose way of writing is not to be kept."""
        before = len(self.written)
        form = self(node)
        while len(self.written) > before:
            self.written.popitem()
        return form

    def _form(self, node: Node) -> Node:
        form = self._of(node)
        if node.type.axes and isinstance(form, Call) and not form.options and form is not node:
            self._measured(form, node)
        self.graph.prefer(form)
        if form is not node:
            # What lacks axes is not the value that the user has.
            repeated = not is_as_large(form, node)
            whole = node in self.named and self._is_whole(form)
            if not repeated and (whole or is_quotient(node, form)):
                inner, form = form, self.graph.ref(node)
                self.inner[form] = inner
                self.outer.setdefault(inner, form)
                if inner.type.axes:
                    self.graph.named.setdefault(inner, form)
                    self.graph.inner[form] = inner
                    self.written.setdefault(inner, node)
                    for order, sign in exchanged(inner)[1:]:
                        self.graph.turned[form, order] = form if sign > 0 else -form
                        if order == (1, 0) and sign > 0:
                            self.graph.symmetric.add(form)
            # A complex value whose imaginary part is 0 is not the real one.
            complete = node.type is not COMPLEX or form.type is COMPLEX
            if complete and not (
                repeated or isinstance(form, Number | Var) or _is_of_squeezed(node)
            ):
                self.written.setdefault(form, node)
        return form

    def _measured(self, form: Call, own: Node) -> None:
        """Lengths that only a value itself tells are asked of it as the user wrote it."""
        pairs = list(zip(form.type.axes, own.type.axes, strict=False))
        if isinstance(own, Call) and own.op == "np.squeeze":
            return  # it may lack the axis that it is asked for
        if len(form.type.axes) != len(own.type.axes) or form.type.axes == own.type.axes:
            return
        axes = []
        for size, written in pairs:
            asked = isinstance(size, Call) and size.op in LENGTHS and not is_given(size.args[0])
            if asked and size is not written:
                self.graph.held[size, written] = True  # they are the same
            axes.append(written if asked else size)
            if asked and form.op == "view" and form.params[len(axes) - 1] is not None:
                inner = form.args[0]
                known = list(inner.type.axes)
                known[form.params[len(axes) - 1]] = written
                inner.type = inner.type._replace(axes=tuple(known))
        form.type = form.type._replace(axes=tuple(axes))

    def _is_whole(self, form: Node) -> bool:
        if form.type is COMPLEX and isinstance(form, Prod):
            # A real multiple of a sum: `z` in `(z * w).real`, not what it is made of.
            parts = [(b, e) for b, e in form.factors if b.type is COMPLEX]
            return len(parts) == 1 and isinstance(parts[0][0], Sum) and parts[0][1] == 1
        if form.type.axes:
            return bool(form.operands) and not isinstance(form, Ref)
        # A product that starts at 1 has no name for it.
        return isinstance(form, Sum) or (isinstance(form, Number) and form.value != 1)

    def _of(self, node: Node) -> Node:
        match node:
            case Call() if node.op in LEAVES:
                return node
            case Call() if not node.options and is_primitive(node):
                return node
            case Call(op="dtype"):
                return node  # as it is written: a value may be a number that has none
            case Call() if node.op in ARRAYS or node.op in SHAPES or node.op == "np.part":
                return self._of_arrays(node)
            case Call():
                args = tuple([self.forms[arg] for arg in node.args])
                form = self._call(node, args)
                if not self.graph.ranked:
                    return form
                if len(node.args) > 1 and node.type.axes:
                    self._rely_on(node.args, form)
                return unrooted(form)
            case Const():
                value = node.value
                if isinstance(value, int | float) and math.isfinite(value):
                    return self.graph.number(as_fraction(value))
                if isinstance(value, complex) and value.imag and math.isfinite(value.imag):
                    return as_fraction(value.imag) * self.graph.imaginary()
                return node
            case _:
                return node

    def _rely_on(self, args: tuple[Node, ...], form: Node) -> None:
        """Note which axes are taken to be as long as those that are in a form no more.

        In `np.ones(3) * v` and `x * v / x` nothing but `v` is left, which must not be one item that
        is repeated.
        """
        left = {below for part in pointwise(form) for below in pointwise(part)}
        before = {below for arg in args for below in (arg, *pointwise(self.forms[arg]))}
        for place, own in enumerate(reversed(form.type.axes)):
            if not is_unit(own):
                gone = _sizes_at(place, before) - _sizes_at(place, left)
                for size in sorted(gone, key=lambda n: n.serial):
                    self.graph.spread[own, size] = None

    def _of_arrays(self, node: Call) -> Node:
        """What a function on arrays computes, by the primitives."""
        if node.op in SHAPES:
            (arg,) = node.args
            if node.op == "size":
                return self.graph.product(arg.type.axes)
            size: Node = arg.type.axes[node.params[0]]
            return size
        if node.op == "np.part":
            whole = node.args[0]
            assert isinstance(whole, Call)
            part: Node = self._defined(whole)[node.params[0]]  # type: ignore[index] # of several
            return repeated_only(part)
        if node.op in LOGICAL and all(map(self.is_boolean, node.args)):
            return node  # as below
        found = self._defined(node)
        return node if isinstance(found, tuple) else repeated_only(found)

    def _defined(self, node: Call) -> Node | tuple[Node, ...]:
        args = [in_shape(self._as_number(arg), arg.type.axes) for arg in node.args]
        return define(self.graph, ARRAYS[node.op], node.params, args)

    def _as_number(self, arg: Node) -> Node:
        """A normal argument; powers of truth values are numbers, though their own values."""
        form = self.forms[arg]
        if form.type.kind != "bool" or not form.type.axes or self.is_boolean(arg):
            return form
        type_ = Type("int", form.type.axes)
        return self.graph.call("as_integers", form, params=("int",), type_=type_)

    def _call(self, node: Call, args: tuple[Node, ...]) -> Node:
        if node.op in {"add", "sub"} and all(map(self.is_boolean, node.args)):
            # NumPy's sum of truth values is `or`, Python's is not: what the user wrote stays.
            return node
        if self.graph.complex and (node.type is COMPLEX or is_complex(node.args)):
            if node.op in BUILT and not node.options and args == node.args:
                return node  # as a builder left it
            found = self._complex_call(node.op, args)
            if found is not None:
                return found
            args = as_complex(node, args, embedded=True)
        if node.op in {"add", "sub", "mul"} and node.type.axes:
            a, b = args
            args = unled(a, b), unled(b, unled(a, b))
        match node.op, args:
            case "add", (a, b):
                return over_denominator(a + b)
            case "sub", (a, b):
                return over_denominator(a - b)
            case "mul", (a, b):
                return a * b
            case "div", (a, b):
                return a / b
            case "neg", (a,):
                return -a
            case (("pos" | "constant" | "float"), (a,)):
                return a
            case (("fsum" | "sum"), _):
                return self.graph.sum(args)
            case "sumprod", _:
                half = len(args) // 2
                return self.graph.sum([args[i] * args[half + i] for i in range(half)])
            case "pow", (a, b):
                if isinstance(b, Ref) and isinstance(b.value, Call) and b.value.op == "constant":
                    b = self.forms[b.value.args[0]]
                return a**b
            case "square", (a,):
                return a**2
            case "sqrt", (a,):
                return a ** Fraction(1, 2)
            case "reciprocal", (a,):
                # That of an integer is one in NumPy: 0, but for 1 and -1.
                (arg,) = node.args
                if isinstance(arg, Const) and type(arg.value) is int:
                    return self.graph.number(int(1 / arg.value))
                return self.graph.call("reciprocal", a) if may_be_integer(arg) else 1 / a
            case "select", (Number() as condition, a, b):
                return a if condition.value else b
            case "registered", _:
                # Whose function may tell 1 from True and from 1.0.
                args = tuple(
                    own if isinstance(own, Const) else arg
                    for own, arg in zip(node.args, args, strict=True)
                )
                return self.graph.call(node.op, *args, options=node.options)
            case (("copysign" | "atan2"), _):
                return self.graph.call(node.op, *map(signed, node.args, args))
            case (("custom" | "stop"), _):
                return self.graph.call(node.op, *args, options=node.options)
            case _:
                return self.graph.call(node.op, *args)

    def _complex_call(self, op: str, args: tuple[Node, ...]) -> Node | None:
        """What only complex values have: parts of them, and values made of parts."""
        match op, args:
            case "real", (z,):
                return real_part(z)
            case "imag", (z,):
                return imaginary_part(z)
            case "conj", (z,):
                return conjugate(z)
            case "abs", (z,):
                return absolute(z) if z.type is COMPLEX else self.graph.call("abs", z)
            case "complex", (a, b):
                return a + self.graph.imaginary() * b
            case "complex", (a,) if a.type is COMPLEX:
                return a
        return None


def unled(node: Node, beside: Node) -> Node:
    """A value without unit axes put in front, where the other has as many axes in any case.

    `x[:, None] - x[None]` is then the opposite of what it is with its axes exchanged.
    """
    if isinstance(node, Call) and node.op == "view" and node.params[:1] == (None,):
        rank = len(node.params)
        first = next((i for i, axis in enumerate(node.params) if axis is not None), rank)
        if first < rank <= len(beside.type.axes):
            return view(node, tuple(range(first, rank)))
    return node


def is_as_large(form: Node, node: Node) -> bool:
    """Whether a normal form has all axes that the value has, but for unit axes in front."""
    units = [[*map(is_unit, n.type.axes)] for n in (form, node)]
    rank = max(map(len, units))
    form_units, own_units = ([True] * (rank - len(own)) + own for own in units)
    return form_units == own_units


def repeated_only(node: Node) -> Node:
    """What is repeated along axes, without these: values beside it have them."""
    if isinstance(node, Call) and node.op == "broadcast":
        return node.args[0]
    return node


def signed(own: Node, arg: Node) -> Node:
    """A normal argument, with the sign that the user's zero has."""
    negated = isinstance(own, Call) and own.op == "neg"
    zero = own.args[0] if isinstance(own, Call) and negated else own
    if not isinstance(zero, Const) or type(zero.value) is not float or zero.value:
        return arg
    value = -zero.value if negated else zero.value
    return own.graph.const(value) if math.copysign(1.0, value) < 0 else arg


def as_complex(node: Call, args: tuple[Node, ...], *, embedded: bool) -> tuple[Node, ...]:
    """The normal arguments of a complex call, complex where that decides which value it is.

    A value may be complex whose form is not, as `(1j * x)**2` is `-x**2`: on which side of a cut it
    lies, the user's own value knows. `cmath.sqrt(x)` of a real `x` is not the root that `math` has:
    the argument is complex if `embedded`.
    """
    if node.type is not COMPLEX or node.op in RATIONAL:
        return args
    if node.op == "pow" and isinstance(args[1], Number) and args[1].value.denominator == 1:
        return args
    graph = node.graph
    args = tuple(
        graph.ref(own) if own.type is COMPLEX and arg.type is not COMPLEX else arg
        for own, arg in zip(node.args, args, strict=True)
    )
    if not embedded or is_complex(args):
        return args
    return tuple([graph.call("complex", arg) for arg in args])


def _sizes_at(place: int, nodes: Iterable[Node]) -> set[Node]:
    """The lengths of an axis of values, counted from the last; no unit axes."""
    sizes = (n.type.axes[~place] for n in nodes if len(n.type.axes) > place)
    return {size for size in sizes if not is_unit(size)}


def pointwise(form: Node) -> tuple[Node, ...]:
    """A value, and what it is a sum or product of."""
    return (form, *form.operands) if isinstance(form, Sum | Prod) else (form,)


def is_quotient(node: Node, form: Node) -> bool:
    """Whether a value is a quotient of computed arrays, as `e / e.sum()`, that is best kept whole.

    The derivative of a softmax has it, not its numerator.
    """
    if not (form.type.axes and isinstance(form, Prod) and isinstance(node, Call)):
        return False
    above = [b for b, e in form.factors if e > 0 and not isinstance(b, Var)]
    below = [b for b, e in form.factors if e < 0]
    lengths = [isinstance(b, Call) and b.op in LENGTHS for b in below]
    computed = [
        bool(b.type.axes) and not (isinstance(b, Var) or of_length)
        for b, of_length in zip(below, lengths, strict=True)
    ]
    return node.op == "div" and bool(above) and any(computed)


def unrooted(node: Node) -> Node:
    """Even powers of norms and standard deviations as those of sums of squares and variances."""
    if not isinstance(node, Prod):
        return node
    from diffsrc.ops.arrays.reductions import ROOTS, squared  # only for who has arrays

    powers: dict[Node, Exact] = {}
    for base, exponent in node.factors:
        root = isinstance(base, Call) and base.op in ROOTS and exponent % 2 == 0
        new = squared(base) if root else base  # type: ignore[arg-type] # a call
        powers[new] = powers.get(new, 0) + (exponent // 2 if root else exponent)
    return node if dict(node.factors) == powers else node.graph.monomial(node.coefficient, powers)


def over_denominator(node: Node) -> Node:
    """`1 - 1 / (1 + t)` as `t / (1 + t)`, where that leaves one term: it does not cancel."""
    if not isinstance(node, Sum) or len(node.terms) > 1 or not node.constant:
        return node
    ((term, coefficient),) = node.terms
    for base, exponent in term.factors if isinstance(term, Prod) else ():
        if exponent == -1 and isinstance(base, Sum):
            numerator = node.constant * base + coefficient * term * base
            if not isinstance(numerator, Sum):
                return numerator / base
    return node


def _is_of_squeezed(node: Node) -> bool:
    """Whether it is the length of an axis that may have been squeezed out."""
    of = node.operands[0] if isinstance(node, Call) and node.op == "dim" else None
    return isinstance(of, Call) and of.op == "np.squeeze"
