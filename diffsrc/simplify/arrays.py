"""Operations on arrays as they are written: `X.T @ r`, `r @ r`, `np.outer(a, b)`, `x.sum(axis=0)`.

Of a contraction of several factors two at a time are multiplied, those first that cost least.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import combinations

from diffsrc.ir import (
    Block,
    Call,
    Const,
    Exact,
    Graph,
    Node,
    Number,
    Prod,
    Ref,
    Result,
    Sum,
    Template,
    Type,
    Var,
    as_fraction,
    magnitude,
    reachable,
)
from diffsrc.ir.arrays import (
    Factor,
    Hole,
    Label,
    Labels,
    alike,
    contract,
    expanded,
    filled,
    is_exact,
    is_square,
    is_symmetric,
    labels_of,
    nested,
    sizes_of,
    total,
    transposed,
    view,
)
from diffsrc.ir.indices import are_apart, distinct_by, place_of
from diffsrc.ir.shapes import elements, is_unit, sizes_alike
from diffsrc.ops.arrays import PRIMITIVES
from diffsrc.ops.arrays.linear import numbers_of
from diffsrc.simplify.chains import Link, MatrixChain, chain_of, size_of, without_view
from diffsrc.simplify.contents import Contents
from diffsrc.simplify.written import has_minus, negated

Write = Callable[[Node], Node]

HOLE = re.compile(r"{(\d+)}")
# What a pass over the elements costs beside the same number of multiplications in BLAS.
POINTWISE = 4
ADDS = ("add", "subtract")  # without a minus, and with one
MAX_ORDERED = 5  # factors of which all orders are looked at
MAX_TERMS = 4  # of sums of matrices that are multiplied out
# What has items of its first argument, maybe in another order.
REORDERING = frozenset({"take_along", "partition", "index"})


class ArrayWriter:
    """Writes primitives; `write` gives their arguments as they are written.

    Some are `computed` in any case; the `parameters` are those of the program.
    """

    def __init__(  # noqa: PLR0913 - what it asks of the whole
        self,
        graph: Graph,
        write: Write,
        computed: Callable[[Node], bool],
        turns: Callable[[Node], bool],
        *,
        parameters: Iterable[Node],
        floats: Iterable[Node],
        own: Callable[[Node], bool],
    ) -> None:
        self.graph = graph
        self.whole = write
        self.computed = computed
        # Whether a contraction may be written with its axes in another order.
        self.turns = turns
        # The arrays that it derives by: numbers have their precision, not that of data.
        self.floats = [node for node in floats if node.type.axes]
        # What has a precision: an array, if there is one.
        given = [*self.floats, *(node for node in parameters if node.type.kind == "float")]
        self.like = max(given, key=lambda node: bool(node.type.axes), default=None)
        # Whether the user wrote a matrix product so.
        self.own = own
        self.contents = Contents()
        # Parts of chains of matrix products, and as what they were written; without their views.
        self.made: dict[Node, tuple[Node, Node]] = {}
        # Terms of sums that were multiplied out.
        self.gone: set[Node] = set()

    def write(self, node: Node) -> Node:
        """A value as it is written, with the axes that it has.

        One of the user's may have unit axes in front where its normal form has none.
        """
        return ranked(self.whole(node), len(node.type.axes))

    def __call__(self, node: Call) -> Node:
        match node.op:
            case "contract":
                return self._contraction(node)
            case "view":
                if self._is_turned(node):
                    return self._turned_contraction(node)
                return self._view(self.write(node.args[0]), node.params, node.type)
            case "eye" if len(node.args) == 2 and self.like is not None and self.like.type.axes:
                return self(node.graph.again(node, (*node.args, self.like)))
            case "dim":
                axis = node.params[0]
                text = "len({0})" if axis == 0 else f"{{0}}.shape[{axis}]"
                return spelled("dim", text, [self.write(node.args[0])], node.type)
            case "broadcast":
                return self._broadcast(node)
            case "reshape" if len(node.params) > 1 and (like := _owner(node.type.axes)) is not None:
                args = [self.write(node.args[0]), self.write(like)]
                return spelled("reshape", "{0}.reshape({1}.shape)", args, node.type)
            case "fill":
                return self._filled(node)
            case "index":
                args = [self.write(node.args[0]), *map(self._places, node.args[1:])]
                return spelled("index", f"{{0}}{items(node.params)}", args, node.type)
            case "mirrored":
                return self._mirrored(node)
            case "inv" if node in self.graph.factored and self.computed(
                factor := self.graph.factored[node]
            ):
                # That of the factor is needed in any case.
                args = [self.write(transposed(factor)), self.write(factor)]
                return spelled("matmul", "{0} @ {1}", args, node.type)
            case "cho_solve":
                return self._solved_by_factor(node)
            case "put" | "put_along":
                return self.scattered(node.graph.zero, [(1, node)])
            case "exclusive" | "running_back":
                # By the others it is derived only.
                plain, direct, careful = map(self.write, node.args[:3])
                arms = (Block((), (arm,)) for arm in (direct, careful))
                return node.graph.result(node.graph.if_(plain, *arms), 0)
            case "count":
                # As an int: one of NumPy's makes float64 of float32.
                text = "int(np.count_nonzero({0}))"
                return spelled("count_nonzero", text, [self.write(node.args[0])], node.type)
            case "logsumexp":
                args = [*map(self.write, node.args)]
                return spelled(node.op, PRIMITIVES[node.op](node), args, node.type, node.params)
        return spelled(node.op, PRIMITIVES[node.op](node), [*map(self.write, node.args)], node.type)

    def _solved_by_factor(self, node: Call) -> Node:
        """The solution of a system by a factor of its matrix, which is for the derivative only."""
        factor, right, *_ = node.args
        lower, scipy = node.params
        if scipy:
            args = [self.write(factor), self.write(right)]
            return spelled(node.op, PRIMITIVES[node.op](node), args, node.type)
        found = self.write(right)
        for matrix in (factor, transposed(factor))[:: 1 if lower else -1]:
            args = [self.write(matrix), found]
            found = spelled("solve", "np.linalg.solve({0}, {1})", args, node.type)
        return found

    def _mirrored(self, node: Call) -> Node:
        """A lower triangle and the same above the diagonal."""
        arg = self.write(node.args[0])
        lower = spelled("tril", "np.tril({0})", [arg], node.type)
        strict = spelled("tril", "np.tril({0}, -1)", [arg], node.type)
        rank = len(node.type.axes)
        spec = (*range(rank - 2), rank - 1, rank - 2)
        return node.graph.call("add", lower, self._view(strict, spec, node.type))

    def outer(self, column: Node, row: Node, type_: Type) -> Node:
        """All products of the elements of two vectors."""
        return spelled("outer", "np.outer({0}, {1})", [self.write(column), self.write(row)], type_)

    # Views

    def _view(self, arg: Node, spec: tuple[int | None, ...], type_: Type) -> Node:
        order = [axis for axis in spec if axis is not None]
        if isinstance(arg, Call) and arg.op == "np.view" and order == sorted(order):
            (before,) = arg.args
            if alike(before.type.axes, type_.axes):
                return before  # `x` for `x[:, 0][:, None]`
        rank = len(arg.type.axes)
        dropped = [axis for axis in range(rank) if axis not in order]
        if order != sorted(order):
            whole = tuple(order + dropped) if dropped else tuple(order)
            turned = Type(arg.type.kind, tuple(arg.type.axes[i] for i in whole))
            if whole == tuple(reversed(range(rank))):
                back = isinstance(arg, Call) and arg.options == ("{0}.T",)
                arg = arg.operands[0] if back else spelled("transpose", "{0}.T", [arg], turned)
            else:
                axes = ", ".join(map(str, whole))
                arg = spelled("transpose", f"{{0}}.transpose({axes})", [arg], turned)
            places = {axis: i for i, axis in enumerate(whole)}
            spec = tuple(None if axis is None else places[axis] for axis in spec)
            dropped = [places[axis] for axis in dropped]
        kept = _keeping(arg, spec)
        if kept is not None:
            return kept
        if not rank and spec:
            # It may be a number of Python.
            return spelled("view", f"np.reshape({{0}}, {(1,) * len(spec)})", [arg], type_)
        text = axes_text(spec, rank)
        return spelled("view", f"{{0}}[{text}]", [arg], type_) if text else arg

    def _is_turned(self, node: Call) -> bool:
        """Whether a view puts the axes of a contraction in another order, which it may have."""
        (arg,) = node.args
        whole = isinstance(arg, Call) and arg.op == "contract" and self.turns(arg)
        order = [axis for axis in node.params if axis is not None]
        return whole and order != sorted(order) and len(order) == len(arg.type.axes)

    def _turned_contraction(self, node: Call) -> Node:
        (arg,) = node.args
        assert isinstance(arg, Call)
        own, out = arg.params
        order = [axis for axis in node.params if axis is not None]
        turned = arg.graph.call(
            "contract",
            *arg.args,
            params=(own, tuple(out[axis] for axis in order)),
            type_=Type("float", tuple(arg.type.axes[axis] for axis in order)),
        )
        places = iter(range(len(order)))
        spec = tuple(None if axis is None else next(places) for axis in node.params)
        return self._view(self.write(turned), spec, node.type)

    def _broadcast(self, node: Call) -> Node:
        arg, *sizes = node.args
        if isinstance(arg, Number):
            whole = self._repeated(arg, sizes, node.type)
            if whole is not None:
                return whole
        return self._broadcast_to(node)

    def _places(self, index: Node) -> Node:
        """Indices, integers also where one number is repeated."""
        if isinstance(index, Call) and index.op == "broadcast":
            return self._broadcast_to(index)
        return self.write(index)

    def _broadcast_to(self, node: Call) -> Node:
        arg, *sizes = node.args
        like = _owner(sizes)
        if like is not None:
            args = [self.write(arg), self.write(like)]
            return spelled("broadcast_to", "np.broadcast_to({0}, {1}.shape)", args, node.type)
        holes = ", ".join(f"{{{i + 1}}}" for i in range(len(sizes)))
        shape = f"({holes},)" if len(sizes) == 1 else f"({holes})"
        args = [self.write(arg), *map(self.write, sizes)]
        return spelled("broadcast_to", f"np.broadcast_to({{0}}, {shape})", args, node.type)

    def _repeated(self, number: Number, sizes: Sequence[Node], type_: Type) -> Node | None:
        """A number in a shape, in the precision of an array whose lengths these are, or of one.

        One that not all precisions have, in that of what is derived by.
        """
        owner = _owner(sizes)
        name = "zeros_like" if number.value == 0 else "ones_like"
        if owner is not None and (owner in self.floats or not self.floats):
            dtype = ", dtype=float" if owner.type.kind == "bool" else ""
            text = f"np.{name}({{0}}{dtype})"
            made = spelled(name, text, [self.write(owner)], type_)
        elif owner is not None:
            args = [self.write(self.floats[0]), self.write(owner)]
            made = spelled(name, f"np.{name}({{0}}, shape={{1}}.shape)", args, type_)
        else:
            below = (n for n in reachable(sizes) if isinstance(n, Var) and n.type.axes)
            like: Node | None = next((n for n in below if n.type.kind == "float"), None)
            exact = is_exact(number.value)
            if not exact and self.floats:
                like = self.floats[0]
            elif like is None and exact:
                like = self.like
            if like is None:
                return None
            holes = "".join(f"{{{i + 1}}}, " for i in range(len(sizes)))
            shape = f"({holes.rstrip() if len(sizes) == 1 else holes[:-2]})"
            args = [self.write(like), *map(self.write, sizes)]
            made = spelled(name, f"np.{name}({{0}}, shape={shape})", args, type_)
        if number.value in {0, 1}:
            return made
        return self.graph.call("mul", self.write(number), made)

    def _filled(self, node: Call) -> Node:
        """A value repeated to the shape, and in the precision, of another."""
        value, like = node.args
        known = value.value if isinstance(value, Number) else None
        for number, function in ((1, "ones_like"), (0, "zeros_like")):
            if known == number:
                return spelled(function, f"np.{function}({{0}})", [self.write(like)], node.type)
        ones = spelled("ones_like", "np.ones_like({0})", [self.write(like)], like.type)
        return node.graph.call("mul", self.write(value), ones)

    def in_precision(self, arms: Sequence[Node], condition: Node) -> Sequence[Node]:
        """The numbers that a condition of arrays chooses from, in the precision of derivatives.

        NumPy makes float64 of two numbers of Python.
        """
        numbers = [arm.value if isinstance(arm, Const) else None for arm in arms]
        # Those that all precisions have need one array; of others none is to lose digits.
        exact = all(isinstance(n, int | float) and is_exact(as_fraction(n)) for n in numbers)
        likes = self._likes(condition)[: 1 if exact else None]
        if not likes:
            return arms
        whole = (i for i, n in enumerate(numbers) if isinstance(n, int | float) and n % 1 == 0)
        place = next(whole, -1)
        at = max(place, 0)
        arm, number = arms[at], numbers[at]
        if isinstance(number, int | float):
            arm = arm.graph.const(float(number))
        if place >= 0 and self.floats and len(likes) == 1:
            text = "{1}.dtype.type({0})"
        else:
            # Of integers `x.dtype.type(0.5)` would be 0.
            holes = ", ".join(f"{{{i + 1}}}" for i in range(len(likes)))
            text = f"np.result_type({holes}, 1.0).type({{0}})"
        typed = spelled("type", text, [arm, *likes], arm.type)
        return [typed if i == at else other for i, other in enumerate(arms)]

    def where_true(self, condition: Node, arms: Sequence[Node], type_: Type) -> Node | None:
        """`(x > 0).astype(x.dtype)`, where 1 is chosen if an array says so, else 0."""
        values = [arm.value if isinstance(arm, Const) else None for arm in arms]
        likes = self._likes(condition)
        if values != [1, 0] or not likes:
            return None
        args = [condition, likes[0]]
        return spelled("astype", "{0}.astype({1}.dtype)", args, type_)

    def as_floats(self, written: Node) -> Node:
        """Truth values, and what is computed of them, in the precision of derivatives."""
        return as_floats(written, next(iter(self._likes(written)), None))

    def _likes(self, condition: Node) -> list[Node]:
        """Arrays that have the precision of derivatives; where they are numbers, of data."""
        if self.floats:
            return [*map(self.write, self.floats)]
        # An argument, or what is made of numbers.
        below = reachable((condition,))
        given = [n for n in below if n.type.axes and n.type.kind == "float"]
        arguments = [n for n in given if isinstance(n, Var)]
        return [*arguments[:1]] or given[-1:]

    # Sums of items

    def scattered(self, rest: Node, puts: Sequence[tuple[Exact, Call]]) -> Node:
        """What is added to items of one array, after the rest; lines of their own."""
        first = puts[0][1]
        like = first.args[1]
        graph = first.graph
        if rest is graph.zero:
            start = self._zeros(like, first.args[0])
        else:
            start = self._fresh(filled(rest, like), like)
        args: list[Node] = [start]
        lines: list[tuple[str, str]] = []
        places = [place_of(node.params) if node.op == "put" else None for _, node in puts]
        apart = are_apart(places)
        if apart:
            puts = [puts[i] for i in sorted(range(len(puts)), key=lambda i: places[i] or ())]
        bare = [self._signed(own, node) for own, node in puts]
        if rest is graph.zero and not apart and all(node.op == "put" for node, *_ in bare):
            # What is put into zeros first is set: one without a minus, if there is one.
            plus = next((i for i, (_, minus, _) in enumerate(bare) if not minus), 0)
            bare.insert(0, bare.pop(plus))
        for node, minus, value in bare:
            fresh = rest is graph.zero and (apart or not lines)
            line = self._put if node.op == "put" else self._put_along
            lines.append(line(node, value, args, minus=minus, fresh=fresh))
        return graph.call("scatter", *args, params=tuple(lines), options=("",), type_=like.type)

    def _signed(self, own: Exact, node: Call) -> tuple[Call, bool, Node]:
        """What is put without its factor, whether it is subtracted, and the value as written."""
        core, factor = node.graph.split(node.args[0])
        coefficient = own * factor
        written = self.write(magnitude(coefficient) * core)
        minus = has_minus(written, set())
        if minus:
            written = negated(written, set())
        node = node.graph.again(node, (core, *node.args[1:]))
        return node, (coefficient < 0) != minus, written

    def _minus(self, value: Node, written: Node) -> Node:
        """A value with a minus: in front of what others have without one, else inside."""
        constant = isinstance(written, Call) and any(isinstance(a, Const) for a in written.args)
        if isinstance(value, Prod) and not (constant or self.turns(value)):
            return value.graph.call("neg", written)
        return negated(written, set())

    def _fresh(self, rest: Node, like: Node) -> Node:
        """What floats are added to: integers, truth values and other precisions are converted."""
        start = self.write(rest)
        arrays = self.contents.arrays_in(like)
        below: list[Node] = [n for n in arrays if n.type.kind == "float"]
        others = below and not self.contents.have_common(rest, below)
        if not others and self.contents.is_float(start, (like, self.write(like))):
            return start
        if isinstance(like, Var | Ref):
            below = [self.write(like)]
        text = "{0}.astype({1}.dtype)" if len(below) == 1 else "{0}.astype(float)"
        args = [start, *below] if len(below) == 1 else [start]
        return spelled("typed_copy", text, args, like.type)

    def _put(
        self, node: Call, value: Node, args: list[Node], *, minus: bool, fresh: bool
    ) -> tuple[str, str]:
        """The line that adds to items; of zeros that are `fresh` it sets them."""
        at = node.args[2:]
        first = len(args)
        args += (value, *map(self._places, at))
        parts = [_shifted(part, first) for part in subscripts(node.params)]
        text = ", ".join(parts)
        if distinct_by(node.params, at) is None:
            if len(at) == 1:
                args[first] = _with_axes_of(value, at[0])
            if len(parts) > 1:
                text = f"np.s_[{text}]" if any(":" in part for part in parts) else f"({text})"
            return "", f"np.{ADDS[minus]}.at({{name}}, {text}, {{{first}}})"
        target = _shifted(items(node.params), first)
        if fresh:
            args[first] = self._minus(node.args[0], value) if minus else value
            return target, f"= {{{first}}}"
        return target, f"{'-' if minus else '+'}= {{{first}}}"

    def _put_along(
        self, node: Call, value: Node, args: list[Node], *, minus: bool, fresh: bool
    ) -> tuple[str, str]:
        """The line that adds to items along one axis; to zeros that are `fresh` it sets them."""
        _, like, at = node.args
        axis, unique = node.params
        rank = len(like.type.axes)
        first = len(args)
        if fresh and unique and rank > 1:
            args += (self._minus(node.args[0], value) if minus else value, self.write(at))
            return "", f"np.put_along_axis({{name}}, {{{first + 1}}}, {{{first}}}, axis={axis})"
        args += (value, self.write(at))
        places = []
        for i, size in enumerate(like.type.axes):
            if i == axis:
                places.append(f"{{{first + 1}}}")
                continue
            length = self.write(size)
            grid = spelled("arange", "np.arange({0})", [length], Type("float", (size,)))
            places.append(
                f"{{{len(args)}}}" + ("[:" + ", None" * (rank - 1 - i) + "]") * (i < rank - 1)
            )
            args.append(grid)
        text = ", ".join(places)
        if unique:
            return f"[{text}]", f"{'-' if minus else '+'}= {{{first}}}"
        text = f"({text})" if rank > 1 else text
        return "", f"np.{ADDS[minus]}.at({{name}}, {text}, {{{first}}})"

    def zeros_as(self, arm: Node, arms: Sequence[Node]) -> Node:
        """Zeros for a zero that stands for an array where another arm of a choice is taken."""
        if not (isinstance(arm, Const) and arm.value == 0):
            return arm
        other = next(n for n in arms if n.type.axes)
        alike = (n for n in reachable((other,)) if isinstance(n, Var) and n.type == other.type)
        like = next(alike, other)
        return spelled("zeros_like", "np.zeros_like({0})", [like], other.type)

    def _zeros(self, like: Node, value: Node) -> Node:
        """Zeros of a shape: like a value that has a name, or of lengths."""
        while isinstance(like, Call) and like.op in REORDERING:
            if like.args[0].type.axes != like.type.axes:
                break
            like = like.args[0]
        if isinstance(like, Var | Ref):
            return spelled("zeros_like", "np.zeros_like({0})", [self.write(like)], like.type)
        arrays = self.contents.arrays_in(like)
        if not arrays:
            # It is made of numbers, which may be integers.
            text = "np.zeros_like({0}, dtype=np.result_type({0}, 1.0))"
            return spelled("zeros_like", text, [self.write(like)], like.type)
        if len(arrays) == 1:
            # It has the precision of the array that it is made of; one of data may hold no floats.
            (value,) = arrays
            if value.type.axes == like.type.axes:
                return self._zeros_like(value, "", (), like.type, exact=value in self.floats)
        elif not value.type.axes or len(like.type.axes) > 2:
            # Whose precision is not known from the value, or whose shape is long to say.
            return spelled("zeros_like", "np.zeros_like({0})", [self.write(like)], like.type)
        sizes = [self.write(size) for size in like.type.axes]
        holes = ", ".join(f"{{{i + 1}}}" for i in range(len(sizes)))
        shape = f", shape=({holes},)" if len(sizes) == 1 else f", shape=({holes})"
        exact = self.contents.is_float(self.write(value), self.floats)
        return self._zeros_like(value, shape, sizes, like.type, exact=exact)

    def _zeros_like(
        self, value: Node, shape: str, sizes: Sequence[Node], type_: Type, *, exact: bool
    ) -> Node:
        """Zeros of floats like an array, which holds floats for sure if that is `exact`."""
        dtype = "" if exact else ", dtype=np.result_type({0}, 1.0)"
        text = f"np.zeros_like({{0}}{shape}{dtype})"
        return spelled("zeros_like", text, [self.write(value), *sizes], type_)

    # Contractions

    @cached_property
    def size_class(self) -> Callable[[Node], Node]:
        """Gives for each length of an axis one that stands for all that are as long.

        That of the rows of a matrix if it is one, else that of its columns.
        """
        root = sizes_alike(self.graph)
        found: dict[Node, Node] = {}
        for node in self.graph.table.values():
            if isinstance(node, Call) and node.op == "dim" and not isinstance(root(node), Number):
                rows = len(node.args[0].type.axes) > 1 and node.params == (0,)
                if rows or (node.params != (0,) and root(node) not in found):
                    found[root(node)] = node
        return lambda size: found.get(root(size), root(size))

    def _contraction(self, node: Call) -> Node:
        own: tuple[Labels, ...]
        own, out = node.params
        factors = list(zip(node.args, own, strict=True))
        spread = self._spread_out(node, factors, out)
        if spread is not None:
            return spread
        if len(factors) == 1:
            return self._sum(*factors[0], out, node.type)
        if len(factors) == 2:
            through = self._through(factors, out)
            return self._pair(node, factors, out) if through is None else self.write(through)
        multiplied_out = self._multiplied_out(node, factors, out)
        if multiplied_out is not None:
            return multiplied_out
        links = chain_of(factors, out)
        if links is not None:
            chain = self._chain(links)
            for i, j in chain.turned:
                self._multiplied(chain, i, j)
            return self._multiplied(chain, 0, len(links) - 1)
        sizes = sizes_of(factors)
        one, other = self._first_pair(factors, out, sizes)
        rest = [factor for factor in factors if factor is not one and factor is not other]
        part, labels = self._part(one, other, rest, out, sizes)
        return self._rest([(part, labels), *rest], out, node)

    def _is_computed(self, node: Node) -> bool:
        """Whether the user has a value, maybe with its axes in another order."""
        node = without_view(node)
        return node not in self.gone and self.computed(node)

    def _chain(self, links: list[Link]) -> MatrixChain:
        made = self.made.keys() - self.gone
        return MatrixChain(links, self._is_computed, made, self.size_class)

    def _multiplied(self, chain: MatrixChain, i: int, j: int) -> Node:
        """The product of some factors of a chain."""
        if i == j:
            link = chain.links[i]
            return self.turned(link.node, link.labels, link.axes)
        k = chain.division(i, j)
        part = chain.part(i, j)
        if k is None or self.own(part):
            return self.write(part)
        known, written = self.made.get(without_view(part), (part, None))
        if written is not None and known is not part and len(written.type.axes) == 2:
            return self._view(written, (1, 0), chain.type_of(i, j))
        args = [self._multiplied(chain, i, k), self._multiplied(chain, k + 1, j)]
        product = spelled("matmul", "{0} @ {1}", args, chain.type_of(i, j))
        self.made.setdefault(without_view(part), (part, product))
        return product

    def _spread_out(self, node: Call, factors: list[Factor], out: Labels) -> Node | None:
        """Of a sum of arrays that have fewer axes than itself, a sum of contractions.

        `a.T @ p - a.sum(axis=0)[:, None] * c` for that of `a[..., None] * (p[:, None] - c)`. Or of
        one with an identity in it: `A @ B + A` for `A @ (B + np.eye(n))`.
        """
        sizes = sizes_of(factors)
        for i, (arg, labels) in enumerate(factors):
            if not isinstance(arg, Sum) or arg.constant or len(factors) < 2:
                continue
            whole = sum(not is_unit(size) for size in arg.type.axes)
            rank = [sum(not is_unit(s) for s in t.type.axes) for t in arg.operands]
            if max(rank) >= whole and not any(map(_is_identity, arg.operands)):
                continue
            rest = factors[:i] + factors[i + 1 :]
            terms = (
                c * contract(node.graph, [(t, labels_of(t.type.axes, labels)), *rest], out, sizes)
                for t, c in arg.terms
            )
            return self.write(node.graph.sum(terms))
        return None

    def _through(self, factors: list[Factor], out: Labels) -> Node | None:
        """The factors with those of one that is a product, where the user has that of others.

        `(d_y * y).sum(axis=1)` with `y = p @ v` for `(p * d_p).sum(axis=1)` with `d_p = d_y @ v.T`.
        """
        sizes = sizes_of(factors)
        (_, of_a), (_, of_b) = factors
        if not len(out) < len(of_a) == len(of_b):
            return None
        for i, (arg, labels) in enumerate(factors):
            if arg not in self.graph.wholes:
                continue
            product = [(arg.operands[0], labels), factors[1 - i]]
            whole = contract(self.graph, product, out, sizes)
            inner = without_view(whole)
            if not (isinstance(inner, Call) and inner.op == "contract" and len(inner.args) == 3):
                continue
            parts = list(zip(inner.args, inner.params[0], strict=True))
            for one, other in combinations(parts, 2):
                rest = [factor for factor in parts if factor not in (one, other)]
                left, _ = self._part(one, other, rest, inner.params[1], sizes_of(parts))
                if self._is_computed(left) and elements(left.type.axes) < elements(arg.type.axes):
                    return whole
        return None

    def _multiplied_out(self, node: Call, factors: list[Factor], out: Labels) -> Node | None:
        """A chain with a sum of matrices as a sum of chains, if they cost less.

        `HF.T @ d @ HF + np.outer(F.T @ a, F.T @ b)` for `F.T @ (H.T @ d @ H + np.outer(a, b)) @ F`.
        """
        sizes = sizes_of(factors)
        for i, (arg, labels) in enumerate(factors):
            short = isinstance(arg, Sum) and not arg.constant and len(arg.terms) <= MAX_TERMS
            if not isinstance(arg, Sum) or not short or not self.turns(arg):
                continue
            rest = factors[:i] + factors[i + 1 :]
            terms = [
                c * contract(node.graph, [(t, labels_of(t.type.axes, labels)), *rest], out, sizes)
                for t, c in arg.terms
            ]
            gone = {part for term in arg.operands for part in self._parts(term)} - self.gone
            self.gone |= gone
            inside = self._works([node, *arg.operands])
            multiplied = self._works(terms)
            if inside is not None and multiplied is not None and multiplied < inside:
                return self.write(node.graph.sum(terms))
            self.gone -= gone
        return None

    def _parts(self, node: Node) -> Iterator[Node]:
        """The products of matrices in a product."""
        node = without_view(node)
        if isinstance(node, Prod):
            for base in node.operands:
                yield from self._parts(base)
        elif isinstance(node, Call) and node.op == "contract":
            own, out = node.params
            links = chain_of(list(zip(node.args, own, strict=True)), out) or []
            chain = self._chain(links)
            for i, j in combinations(range(len(links)), 2):
                yield without_view(chain.part(i, j))

    def _works(self, nodes: Sequence[Node]) -> float | None:
        """What matrix products cost, and the passes of the sum of them."""
        works = [self._work(node) for node in nodes]
        known = [work for work in works if work is not None]
        return sum(known) if len(known) == len(works) else None

    def _work(self, node: Node) -> float | None:
        """What the matrix products in a product cost; None for what is no chain of them."""
        node = without_view(node)
        if isinstance(node, Prod):
            return self._works(node.operands)
        if not (isinstance(node, Call) and node.op == "contract"):
            return 0.0
        own, out = node.params
        links = chain_of(list(zip(node.args, own, strict=True)), out)
        return None if links is None else self._chain(links).cost

    def _first_pair(
        self, factors: list[Factor], out: Labels, sizes: dict[int, Node]
    ) -> tuple[Factor, Factor]:
        """Which two factors are multiplied first where the whole costs least."""

        def cheapest(sets: list[frozenset[Label]]) -> float:
            if len(sets) == 1:
                return 0.0
            return min(cost for _, _, cost in ways(sets))

        def ways(sets: list[frozenset[Label]]) -> Iterator[tuple[int, int, float]]:
            pairs = list(combinations(range(len(sets)), 2))
            for i, j in pairs if len(sets) <= MAX_ORDERED else pairs[: len(sets)]:
                rest = [s for k, s in enumerate(sets) if k not in {i, j}]
                union = sets[i] | sets[j]
                left = union & frozenset(out).union(*rest)
                own = _cost(sets[i], sets[j], left, sizes)
                if len(sets) <= MAX_ORDERED:
                    own += cheapest([left, *rest])
                yield i, j, own

        computed: list[tuple[float, Factor, Factor]] = []
        for one, other in combinations(factors, 2):
            rest = [factor for factor in factors if factor not in (one, other)]
            part, labels = self._part(one, other, rest, out, sizes)
            if self._is_computed(part):
                left = [frozenset(labels), *(frozenset(own) for _, own in rest)]
                cost = cheapest(left) if len(factors) <= MAX_ORDERED else 0.0
                computed.append((cost, one, other))
        i, j, least = min(ways([frozenset(own) for _, own in factors]), key=lambda way: way[2])
        if computed:
            cost, one, other = min(computed, key=lambda way: way[0])
            if cost <= least:
                return one, other
        return factors[i], factors[j]

    def _rest(self, factors: list[tuple[Node, Labels]], out: Labels, node: Call) -> Node:
        """The contraction with one factor that is a product already."""
        # An atom: in the product it would be multiplied out again.
        atom = node.graph.ref(self.write(factors[0][0]))
        if is_symmetric(factors[0][0]):
            node.graph.symmetric.add(atom)
        sizes = sizes_of(factors)
        labels = factors[0][1]
        return self.write(contract(node.graph, [(atom, labels), *factors[1:]], out, sizes))

    def _part(
        self,
        one: Factor,
        other: Factor,
        rest: Sequence[Factor],
        out: Labels,
        sizes: dict[int, Node],
    ) -> Factor:
        """The product of two factors, summed over what nobody else needs."""
        union = dict.fromkeys((*one[1], *other[1]))
        needed = set(out).union(*(labels for _, labels in rest))
        left = [label for label in union if label in needed]
        # In the order in which others have them.
        for labels in (*(labels for _, labels in rest), out, other[1]):
            if set(left) <= set(labels):
                left = [label for label in labels if label in left]
                break
        own = {label: sizes[label] for label in union if label is not None}
        return contract(one[0].graph, [one, other], tuple(left), own), tuple(left)

    def _sum(self, arg: Node, labels: Labels, out: Labels, type_: Type) -> Node:
        """The sum over axes."""
        summed = tuple(i for i, label in enumerate(labels) if label not in out)
        square = isinstance(arg, Prod) and len(arg.factors) == 1 and arg.factors[0][1] == 2
        if square and not out and isinstance(arg, Prod):
            base = self.write(arg.factors[0][0])
            return _inner(base, base, type_)
        if not out and isinstance(arg, Call) and arg.op == "diagonal":
            matrix = arg.args[0]
            if len(matrix.type.axes) == 2 and arg.params == (0,):
                terms = self._trace(matrix)
                if terms is not None:
                    return self.write(terms)
                return spelled("trace", "np.trace({0})", [self.write(matrix)], type_)
        written = self.write(arg)
        alone = arg not in self.graph.wholes or self.turns(arg)
        if not out and alone and isinstance(written, Call) and written.op == "mul":
            a, b = written.args
            if len(a.type.axes) == len(b.type.axes) and alike(a.type.axes, b.type.axes):
                return _inner(a, b, type_)
        if not out:
            return spelled("sum", "{0}.sum()", [written], type_)
        axis = str(summed[0]) if len(summed) == 1 else str(summed)
        kept = [label for label in labels if label in out]
        axes = tuple(arg.type.axes[labels.index(label)] for label in kept)
        found = spelled("sum", f"{{0}}.sum(axis={axis})", [written], Type("float", axes), summed)
        return self._ordered(found, kept, out, type_)

    def _trace(self, matrix: Node) -> Node | None:
        """The trace of a matrix of which nothing else is needed, if products are among its terms.

        `a @ a - np.vdot(B, B)` for `np.trace(np.outer(a, a) - B.T @ B)`.
        """
        alone = matrix in self.graph.wholes and self.turns(matrix)
        number, whole = numbers_of(matrix.operands[0] if alone else matrix)
        own = isinstance(whole, Sum) and (whole.constant or not self.turns(whole))
        terms = whole.terms if isinstance(whole, Sum) and not own else ((whole, 1),)
        found = [self._trace_of_product(term) for term, _ in terms]
        if all(trace is None for trace in found):
            return None
        size = matrix.type.axes[0]
        traces = (
            contract(self.graph, [(term, (0, 0))], (), {0: size}) if trace is None else trace
            for (term, _), trace in zip(terms, found, strict=True)
        )
        return number * self.graph.sum(
            [c * trace for (_, c), trace in zip(terms, traces, strict=True)]
        )

    def _trace_of_product(self, term: Node) -> Node | None:
        """The trace of a product of vectors or matrices, of which nothing else is needed."""
        _, product = numbers_of(term)
        product = without_view(product)
        if not self.turns(product):
            return None
        factor = self.graph.factored.get(product)
        if factor is not None and self.computed(factor):
            return total(factor**2, (0, 1))
        several = isinstance(product, Prod | Call) and len(product.operands) > 1
        if not several or (isinstance(product, Call) and product.op != "contract"):
            return None
        return contract(self.graph, [(term, (0, 0))], (), {0: term.type.axes[0]})

    def _ordered(self, node: Node, labels: Sequence[Label], out: Labels, type_: Type) -> Node:
        return self._view(node, tuple(labels.index(label) for label in out), type_)

    def _pair(self, node: Call, factors: list[tuple[Node, Labels]], out: Labels) -> Node:
        (a, of_a), (b, of_b) = factors
        summed = [label for label in of_a if label not in out]
        batch = [label for label in of_a if label in of_b and label in out]
        only_a = [label for label in of_a if label not in of_b]
        only_b = [label for label in of_b if label not in of_a]
        alone = [label for label in (*only_a, *only_b) if label not in out]
        if alone:
            return self._presummed(node, factors, out, alone)
        if not out and set(of_a) == set(of_b):
            other = self.turned(b, of_b, of_a)
            return _inner(self.write(a), other, node.type)
        if len(summed) == 1 and not batch and len(only_a) <= 1 and len(only_b) <= 1:
            swap = tuple(out) == (*only_b, *only_a) and len(out) == 2
            if swap or (len(of_a) == 1 and len(of_b) == 2 and of_b[1] == summed[0]):
                # `W @ x` rather than `x @ W.T`.
                a, of_a, b, of_b, only_a, only_b = b, of_b, a, of_a, only_b, only_a
            left = self.turned(a, of_a, (*only_a, *summed))
            right = self.turned(b, of_b, (*summed, *only_b))
            return spelled("matmul", "{0} @ {1}", [left, right], node.type)
        if len(summed) == 1 and len(only_b) == 1 and not batch and of_a[-1] == summed[0]:
            right = self.turned(b, of_b, (*summed, *only_b))
            found = spelled(
                "matmul",
                "{0} @ {1}",
                [self.write(a), right],
                self._typed(factors, (*only_a, *only_b)),
            )
            return self._ordered(found, [*only_a, *only_b], out, node.type)
        if len(summed) == 1 and len(only_a) == 1 and not batch and of_b[-1] == summed[0]:
            return self._pair(node, factors[::-1], out)
        links = chain_of(factors, out) if batch else None
        if links is not None:
            return self._multiplied(self._chain(links), 0, len(links) - 1)
        if len(summed) == 1 and len(only_a) == len(only_b) == 1:
            left = self.turned(a, of_a, (*batch, *only_a, *summed))
            right = self.turned(b, of_b, (*batch, *summed, *only_b))
            labels = (*batch, *only_a, *only_b)
            found = spelled("matmul", "{0} @ {1}", [left, right], self._typed(factors, labels))
            return self._ordered(found, labels, out, node.type)
        if len(summed) > 1 and not batch and not only_b:
            # All axes of the one are the first, or the last, of the other.
            count = len(of_b)
            if of_b in {of_a[:count], of_a[-count:]}:
                args = [self.write(a), self.write(b)]
                text = f"np.tensordot({{0}}, {{1}}, axes={count})"
                made = self._typed(factors, only_a)
                found = spelled("tensordot", text, args[:: -1 if of_b == of_a[:count] else 1], made)
                return self._ordered(found, only_a, out, node.type)
        if len(summed) > 1 and not batch and not only_a:
            return self._pair(node, factors[::-1], out)
        if not only_b:
            return self._of_matrices(node, (a, of_a), (b, of_b), out)
        if not only_a:
            return self._of_matrices(node, (b, of_b), (a, of_a), out)
        if not batch:
            if tuple(out) == (*only_b, *only_a):
                a, of_a, b, of_b, only_a, only_b = b, of_b, a, of_a, only_b, only_a
                summed = [label for label in of_a if label not in out]
            places = [[labels.index(s) for s in summed] for labels in (of_a, of_b)]
            text = f"np.tensordot({{0}}, {{1}}, axes=({places[0]}, {places[1]}))"
            labels = (*only_a, *only_b)
            args = [self.write(a), self.write(b)]
            found = spelled("tensordot", text, args, self._typed(factors, labels))
            return self._ordered(found, labels, out, node.type)
        return self._einsum(node, factors, out)

    def _of_matrices(self, node: Call, matrices: Factor, vectors: Factor, out: Labels) -> Node:
        """A product of matrices with a vector each, `(A @ x[..., None])[..., 0]`."""
        (a, of_a), (b, of_b) = matrices, vectors
        front, last = of_a[:-2], of_a[-2:]
        summed = [label for label in of_a if label not in out]
        own = [label for label in last if label not in of_b]
        if not front or set(of_b) != {*front, *summed} or len(summed) != 1 or len(own) != 1:
            return self._pointwise(node, [matrices, vectors], out)
        graph = node.graph
        vector = graph.ref(self.turned(b, of_b, (*front, *summed)))
        rank = len(front) + 1
        column = own[0] == last[0]
        beside = expanded(vector, (rank if column else rank - 1,), rank + 1)
        args = [self.write(a), self.write(beside)]
        axes = [size for size, label in zip(a.type.axes, of_a, strict=True) if label in out]
        unit = (*axes, graph.one) if column else (*axes[:-1], graph.one, axes[-1])
        made = spelled("matmul", "{0} @ {1}", args[:: 1 if column else -1], Type("float", unit))
        spec = tuple(range(rank)) if column else (*range(rank - 1), rank)
        found = self._view(made, spec, Type("float", tuple(axes)))
        return self._ordered(found, [*front, *own], out, node.type)

    def _presummed(
        self, node: Call, factors: list[tuple[Node, Labels]], out: Labels, alone: list[Label]
    ) -> Node:
        """With the labels that one factor alone has summed in it first."""
        graph = node.graph
        new: list[Factor] = []
        for arg, labels in factors:
            left = tuple(label for label in labels if label not in alone)
            if left != labels:
                sizes = dict(zip(labels, arg.type.axes, strict=True))
                part = contract(graph, [(arg, labels)], left, sizes)  # type: ignore[arg-type] # sizes
                new.append((graph.ref(self.write(part)), left))
            else:
                new.append((arg, labels))
        return self.write(contract(graph, new, out, sizes_of(new)))

    def _typed(self, factors: list[tuple[Node, Labels]], labels: Sequence[Label]) -> Type:
        sizes = sizes_of(factors)
        return Type("float", tuple(sizes[label] for label in labels if label is not None))

    def turned(self, node: Node, labels: Labels, wanted: Sequence[Label]) -> Node:
        """A factor with its axes in the order that is wanted."""
        if tuple(wanted) == labels:
            return self.write(node)
        return self.write(view(node, tuple(labels.index(label) for label in wanted)))

    def _pointwise(self, node: Call, factors: list[tuple[Node, Labels]], out: Labels) -> Node:
        """`(a * b).sum(axis)` where `b` has no axis of its own."""
        (a, of_a), (b, of_b) = factors
        product = contract(node.graph, [(a, of_a), (b, of_b)], of_a, sizes_of([(a, of_a)]))
        return self._sum(node.graph.ref(self.write(product)), of_a, out, node.type)

    def _einsum(self, node: Call, factors: list[tuple[Node, Labels]], out: Labels) -> Node:
        letters: dict[Label, str] = {}
        for _, labels in factors:
            for label in labels:
                letters.setdefault(label, "ijklmnopqrstuvwxyz"[len(letters)])
        names = ["".join(letters[label] for label in labels) for _, labels in factors]
        holes = ", ".join(f"{{{i}}}" for i in range(len(factors)))
        text = f'np.einsum("{",".join(names)}->{"".join(letters[x] for x in out)}", {holes})'
        return spelled("einsum", text, [self.write(arg) for arg, _ in factors], node.type)


def _is_identity(node: Node) -> bool:
    """Whether a value is an identity matrix, maybe times numbers."""
    if isinstance(node, Prod):
        (*arrays,) = (base for base in node.operands if base.type.axes)
        return len(arrays) == 1 and _is_identity(arrays[0])
    return isinstance(node, Call) and node.op == "eye" and is_square(node.type.axes)


def ranked(written: Node, rank: int) -> Node:
    """A written value without some unit axes in front, or with more."""
    axes = written.type.axes
    extra = len(axes) - rank
    if extra == 0 or not isinstance(written, Call | Var | Result):
        return written
    graph = written.graph
    if extra < 0:
        type_ = Type(written.type.kind, (graph.one,) * -extra + axes)
        # Numbers are what they are in products and sums.
        return (
            spelled("view", f"{{0}}[{'None, ' * (-extra - 1)}None]", [written], type_)
            if axes
            else written
        )
    if not all(map(is_unit, axes[:extra])):
        return written
    type_ = Type(written.type.kind, axes[extra:])
    return spelled("index", f"{{0}}[{', '.join(['0'] * extra)}]", [written], type_)


def _with_axes_of(value: Node, indices: Node) -> Node:
    """A value with unit axes in front for those that only indices have.

    `np.add.at(x, indices, value)` of NumPy 2 reads beside a vector that it should repeat.
    """
    extra = len(indices.type.axes) - len(value.type.axes)
    if extra <= 0 or not value.type.axes:
        return value
    axes = (*[value.graph.one] * extra, *value.type.axes)
    text = f"{{0}}[{', '.join(['None'] * extra)}]"
    return spelled("view", text, [value], Type(value.type.kind, axes))


def as_floats(written: Node, like: Node | None) -> Node:
    """An array of truth values or integers in the precision of another, if there is one."""
    text = "{0}.astype(float)" if like is None else "{0}.astype({1}.dtype)"
    args = [written] if like is None else [written, like]
    return spelled("astype", text, args, written.type._replace(kind="float"))


def spelled(
    op: str, text: str, args: Sequence[Node], type_: Type, params: tuple[object, ...] = ()
) -> Node:
    """A written operation on arrays."""
    graph = args[0].graph
    return graph.call(f"np.{op}", *args, options=(Template(text),), params=params, type_=type_)


def summed_axes(node: Node) -> list[Node]:
    """The lengths of the axes that a sum of one array is over, units left out."""
    if isinstance(node, Call) and node.op == "view":
        (node,) = node.args
    if not (isinstance(node, Call) and node.op == "contract" and len(node.args) == 1):
        return []
    (own,), out = node.params
    axes = zip(own, node.args[0].type.axes, strict=True)
    return [size for label, size in axes if label not in out and not is_unit(size)]


def mean_of_sum(written: Node) -> Node | None:
    """`x.mean(axis=0)` for `x.sum(axis=0)`; None for what is no sum as it is written."""
    text = str(written.options[0]) if isinstance(written, Call) and written.options else ""
    if isinstance(written, Call) and written.op == "np.sum" and text.startswith("{0}.sum("):
        return spelled("np.mean", text.replace(".sum(", ".mean(", 1), written.args, written.type)
    return None


def _keeping(node: Node, spec: tuple[int | None, ...]) -> Node | None:
    """A sum over axes that become unit axes: `x.sum(axis=1, keepdims=True)`."""
    if not (isinstance(node, Call) and node.op == "np.sum" and node.params):
        return None
    (arg,) = node.args
    rank = len(arg.type.axes)
    places = iter(range(rank))
    units = tuple(None if i in node.params else next(places) for i in range(rank))
    if spec != units:
        return None
    graph = node.graph
    axes = tuple(graph.one if i in node.params else s for i, s in enumerate(arg.type.axes))
    text = f"{str(node.options[0])[:-1]}, keepdims=True)"
    return spelled("sum", text, [arg], Type("float", axes))


def items(spec: tuple[tuple[object, ...], ...]) -> str:
    """The brackets of items, and what stands before them."""
    flat = spec[0][0] == "flat"
    return f"{'.flat' * flat}[{subscript(spec)}]"


def subscript(spec: tuple[tuple[object, ...], ...]) -> str:
    """The inside of the brackets of items, with holes for nodes."""
    return ", ".join(subscripts(spec))


def subscripts(spec: tuple[tuple[object, ...], ...]) -> list[str]:
    """What stands between the commas."""

    def text(part: object) -> str:
        if isinstance(part, Hole):
            return f"{{{part.index}}}"
        return "" if part is None else nested(part)

    parts = []
    for kind, *bounds in spec:
        if kind == "slice":
            start, stop, step = map(text, bounds)
            parts.append(f"{start}:{stop}:{step}" if step else f"{start}:{stop}")
        else:
            plain = {"new": "None", "gap": "..."}
            parts.append(plain[kind] if kind in plain else text(bounds[0]))
    while len(parts) > 1 and parts[-1] == ":":
        parts.pop()
    return parts


def _shifted(text: str, by: int) -> str:
    return HOLE.sub(lambda hole: f"{{{int(hole[1]) + by}}}", text)


def _inner(a: Node, b: Node, type_: Type) -> Node:
    """The sum of the products of all elements."""
    columns = _column(a), _column(b)
    if columns[0] is not None and columns[1] is not None:
        return spelled("vdot", "np.vdot({0}, {1})", [columns[0], columns[1]], type_)
    if len(a.type.axes) == 1:
        return spelled("matmul", "{0} @ {1}", [a, b], type_)
    return spelled("vdot", "np.vdot({0}, {1})", [a, b], type_)


def _column(vector: Node) -> Node | None:
    """`x**2`, a column, for the vector `x[:, 0]**2`."""
    if len(vector.type.axes) != 1:
        return None
    if isinstance(vector, Call) and vector.op == "np.view":
        (whole,) = vector.args
        (size,) = vector.type.axes
        return whole if alike(whole.type.axes, (size, size.graph.one)) else None
    if isinstance(vector, Call) and vector.op == "pow" and isinstance(vector.args[1], Const):
        base = _column(vector.args[0])
        return None if base is None else base.graph.call("pow", base, vector.args[1])
    return None


def _cost(
    one: frozenset[Label], other: frozenset[Label], left: frozenset[Label], sizes: dict[int, Node]
) -> float:
    """What a product costs: what BLAS does is faster than what goes through the elements."""
    cost = 0.0
    for labels, others in ((one, other), (other, one)):
        if labels - others - left:  # summed before
            cost += size_of(tuple(labels), sizes) * POINTWISE
    one, other = one & (other | left), other & (one | left)
    union = one | other
    summed = union - left
    blas = len(summed) == 1 and summed <= one & other and one != other
    flops = size_of(tuple(union), sizes)
    return cost + flops * (1 if blas else POINTWISE) + size_of(tuple(left), sizes)


def _owner(sizes: Sequence[Node]) -> Node | None:
    """The value whose lengths these are."""
    first = sizes[0]
    if not isinstance(first, Call) or first.op != "dim":
        return None
    owner = first.args[0]
    return owner if owner.type.axes == tuple(sizes) and isinstance(owner, Var) else None


def axes_text(spec: tuple[int | None, ...], rank: int) -> str:
    """The inside of the brackets that put unit axes in and take others out."""
    parts: list[str] = []
    at = 0
    for axis in spec:
        if axis is None:
            parts.append("None")
            continue
        parts += ["0"] * (axis - at)
        parts.append(":")
        at = axis + 1
    parts += ["0"] * (rank - at)
    while parts and parts[-1] == ":":
        parts.pop()
    if parts and parts[-1] == "None" and parts[:-1] == [":"] * rank and rank > 1:
        return "..., None"
    return ", ".join(parts)
