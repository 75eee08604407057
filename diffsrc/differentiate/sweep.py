"""The walk from results back to what they are derived by, with an adjoint for each value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager

from diffsrc.differentiate.choices import Adjoints, Choices
from diffsrc.differentiate.partials import Partials, coefficient_of, times
from diffsrc.differentiate.task import Task
from diffsrc.emit.names import suggestion
from diffsrc.ir import (
    COMPLEX,
    Block,
    Call,
    Exact,
    If,
    Node,
    Number,
    Prod,
    Program,
    Ref,
    Result,
    Sum,
    blocks,
)
from diffsrc.ir.arrays import has_masks, is_primitive, is_scattered, is_symmetric, reduced
from diffsrc.ir.complex import conjugate, real_part
from diffsrc.ir.shapes import elements, is_unit
from diffsrc.ops.integers import LOGICAL
from diffsrc.simplify.logistic import logistic, sloped, uncancelled
from diffsrc.simplify.order import is_exponential

EXTREMES = frozenset({"amax", "amin", "nanmax", "nanmin"})


class Sweep:
    """Derives the blocks of one program."""

    def __init__(self, task: Task) -> None:
        self.program, self.wrt, self.active, self.simplifier = task
        self.graph = self.program.graph
        self.names = _names_of(self.program)
        self.lets: dict[Node, Node] = {}  # as the user wrote them, by their normal forms
        if self.graph.ranked:
            normal = self.simplifier.normal
            self.lets = {normal(node): node for node in self.names}
            self.names = {normal(node): name for node, name in self.names.items()}
        self.hints: dict[Node, str] = dict(self.program.hints)
        self.described: dict[Node, str] = {}  # after what has no name
        self.owners: dict[Node, Node] = dict(self.program.owners)
        self.written_names = _names_of(self.program) if self.graph.ranked else {}
        self.partials = Partials(task, self.hints)
        self.choices = Choices(task, sweep=self.sweep, hint=self.hint)
        # Whether values hold floats, where arrays of truth values may be all that they are made of.
        self.floats: dict[Node, bool] | None = {} if has_masks(self.graph) else None
        self.around: list[Node] = []  # what the blocks compute in whose arms work goes on

    @contextmanager
    def inside(self, block: Block) -> Iterator[None]:
        """Work goes on in the arms of a choice that stands at the end of this block."""
        around = self.around
        self.around = [*around, *block.values()]
        yield
        self.around = around

    def sweep(self, block: Block, seeds: Adjoints, stop: Sequence[Node]) -> Adjoints:
        """Adjoints of `wrt` and of the `stop` nodes, from those of the block's results."""
        graph, stops = self.graph, set(stop)
        # What lies outside the arms of choices, for which alone it matters.
        outside = set(stops)
        contributions: dict[Node, list[Node]] = {}
        if graph.ranked:
            seeds = self._normal(seeds)
        for root, seed in seeds.items():
            contributions.setdefault(root, []).append(seed)
        if graph.branches:
            given = [*self.around, *block.values(), *seeds]
            outside |= set(self.simplifier.order(given, arms=False))
        finished: Adjoints = {}
        pending: dict[If, Adjoints] = {}
        order = self.simplifier.order(seeds, stops | set(self.wrt))
        # An `If` outside has all its results outside, those too that only an arm here uses.
        if graph.branches:
            outside |= {n for n in order if isinstance(n, Result) and n.of in outside}
        for node in reversed(order):
            if isinstance(node, If):
                adjoints = pending.pop(node, {})
                for below, adjoint in self.choices.through(node, adjoints, outside):
                    contributions.setdefault(below, []).append(adjoint)
                continue
            if node not in contributions or node not in self.active:
                continue
            adjoint = graph.sum(contributions.pop(node))
            if adjoint.type is COMPLEX and node.type is not COMPLEX:
                # What a real value is changed by, complex ones are changed by along the real axis.
                adjoint = real_part(adjoint)
            adjoint = self.simplifier.finish(adjoint)
            if adjoint is graph.zero or self._is_shift(node, adjoint):
                continue
            self.hint(adjoint, node)
            if node in stops or node in self.wrt:
                finished[node] = adjoint
            elif isinstance(node, Result):
                pending.setdefault(node.of, {})[node] = adjoint
            else:
                for below, contribution in self._onward(node, adjoint, stops):
                    contributions.setdefault(below, []).append(contribution)
        return finished

    def _is_shift(self, node: Node, adjoint: Node) -> bool:
        """Whether an extreme is subtracted for the sake of accuracy only: nothing depends on it."""
        if not (isinstance(node, Call) and node.op in EXTREMES):
            return False
        from diffsrc.simplify.vanishing import vanishes  # only for who has arrays

        return vanishes(adjoint, self.simplifier.normal.inner)

    def _onward(
        self, node: Node, adjoint: Node, stops: AbstractSet[Node]
    ) -> Iterator[tuple[Node, Node]]:
        """What a value's adjoint gives to those that it is computed from."""
        if isinstance(node, Call) and is_primitive(node):
            yield from self._on_arrays(node, adjoint)
            return
        direct = self._of_logistic(node, adjoint, stops)
        if direct is not None:
            below, contribution, adjoint = direct
            yield below, contribution
            if adjoint is self.graph.zero:
                return
        partials = self.partials.of(node, stops)
        if node.type.axes:
            self._rely_on(node, [below for below, _ in partials])
        if isinstance(node, Call) and node.op == "conj":
            adjoint = conjugate(adjoint)
        if len(partials) > 1:
            self.simplifier.share(adjoint)
            number = coefficient_of(adjoint)
            numbers = [n for partial in partials for n in self._numbers(*partial)]
            named = self.simplifier.normal.outer.get(node)
            powers = adjoint.factors if isinstance(adjoint, Prod) else ()
            if any(base is named and e < 0 for base, e in powers):
                pass  # the logarithm's derivative, which cancels
            elif adjoint.type.axes and all(abs(number * n) == 1 for n in numbers):
                # The 1/2 of a root is gone with the 2 of the squares below it.
                adjoint = number * self._whole(adjoint / number)
            else:
                adjoint = self._whole(adjoint)

        def is_beside(number: Node) -> bool:
            """Whether a number is computed without the value."""
            return self.graph.ranked and node not in self.simplifier.order((number,))

        for below, slope in partials:
            contribution = times(adjoint, slope, is_beside)
            if self.graph.ranked:
                contribution = reduced(contribution, node.type.axes, below.type.axes)
            yield below, contribution

    def _of_logistic(
        self, node: Node, adjoint: Node, stops: AbstractSet[Node]
    ) -> tuple[Node, Node, Node] | None:
        """What the logarithms of `p` and `1 - p` give to what `p` is of, and the adjoint's rest.

        A quotient of arrays with a name gives that too, where it is not divided by.
        """
        inner = self.simplifier.normal.inner
        found = logistic(node, inner)
        if found is None or any(n in stops or n in self.wrt for n in found.through):
            return None
        value = node if self.graph.ranked else self.simplifier.normal(node)
        parts = uncancelled(value, adjoint, inner)
        if isinstance(node, Ref) and node.type.axes and is_exponential(found.through[-1]):
            direct, rest = parts or (self.graph.zero, adjoint)
            slope = sloped(node, rest)
            parts = parts if slope is None else (direct + slope, self.graph.zero)
        if parts is None:
            return None
        return (
            found.of,
            reduced(found.sign * parts[0], node.type.axes, found.of.type.axes),
            parts[1],
        )

    def _numbers(self, below: Node, slope: Node) -> list[Exact]:
        """The numbers that an adjoint is multiplied with on its way to the factors of products."""
        number = coefficient_of(slope)
        if not isinstance(below, Prod):
            return [number]
        factors = [e for base, e in below.factors if base in self.active]
        return [number * below.coefficient * e for e in factors]

    def _whole(self, adjoint: Node, *, constants: bool = True) -> Node:
        """An array times a number, or a matrix product, that goes to several values: it is one.

        In each sum of products that it goes into, the number would stand in front, and the factors
        would be multiplied in another order: layer upon layer, `(d @ W.T * slope) @ V.T` would be
        one sum over five arrays. `constants` are worth it only where they are not common to all
        results.
        """
        if not adjoint.type.axes:
            return adjoint
        if isinstance(adjoint, Prod):
            numbers = any(not base.type.axes for base in adjoint.operands)
            worth = numbers or (constants and abs(adjoint.coefficient) != 1)
            worth |= has_matrix_product(adjoint)
        elif isinstance(adjoint, Sum):
            worth = any(map(is_scattered, adjoint.operands))  # lines of their own
        else:
            worth = is_matrix_product(adjoint)
        if not worth:
            return adjoint
        whole = self.graph.ref(adjoint)
        self.graph.wholes.add(whole)
        if is_symmetric(adjoint):
            self.graph.symmetric.add(whole)
        return whole

    def _numbers_apart(self, adjoint: Node) -> tuple[Node, Node]:
        """The numbers that arrays are multiplied with, and the product of these as one."""
        if not isinstance(adjoint, Prod):
            return self.graph.one, adjoint
        power = self.graph.power
        numbers = [power(base, e) for base, e in adjoint.factors if not base.type.axes]
        arrays = [power(base, e) for base, e in adjoint.factors if base.type.axes]
        rest = self.graph.product(arrays)
        if is_matrix_product(rest) or not (numbers or abs(adjoint.coefficient) != 1):
            return self.graph.one, adjoint
        if isinstance(rest, Prod):
            rest = self.graph.ref(rest)
            self.graph.wholes.add(rest)
        return self.graph.product([adjoint.coefficient, *numbers]), rest

    def _normal(self, seeds: Adjoints) -> Adjoints:
        """The seeds of normal nodes: programs of arrays are derived in that form."""
        found: dict[Node, list[Node]] = {}
        for root, own in seeds.items():
            normal = self.simplifier.normal(root)
            # Where that lacks axes it is repeated along them.
            seed = reduced(own, root.type.axes, normal.type.axes)
            found.setdefault(normal, []).append(seed)
        return {root: self.graph.sum(several) for root, several in found.items()}

    def _rely_on(self, node: Node, active: Sequence[Node]) -> None:
        """Note which axes of operands are taken to be as long as those of others."""
        for below in active:
            for other in node.operands:
                pairs = zip(reversed(below.type.axes), reversed(other.type.axes), strict=False)
                for a, b in pairs:
                    if a is not b and not (is_unit(a) or is_unit(b)):
                        self.graph.spread[a, b] = None

    def _on_arrays(self, node: Call, adjoint: Node) -> Iterator[tuple[Node, Node]]:
        """What an operation on arrays gives to its arguments."""
        from diffsrc.rules.arrays import ARRAY_RULES  # nobody needs them who has no arrays

        if node.op in LOGICAL:
            return  # of truth values: a step
        rule = ARRAY_RULES[node.op]
        active = [i for i, arg in enumerate(node.args) if arg in self.active]
        # Of a product with its axes turned, the adjoint is one before it is turned back.
        inside = node.args[0] if node.op == "view" else node
        several = sum(arg in self.active for arg in inside.operands) > 1
        if several or (is_matrix_product(node) and has_matrix_product(adjoint)):
            numbers: Node = self.graph.one
            if is_matrix_product(node) and is_larger(node, inside.operands):
                numbers, adjoint = self._numbers_apart(adjoint)
            whole = self._whole(adjoint, constants=False)
            if numbers is self.graph.one:
                self.hint(whole, node)
            adjoint = numbers * whole
        for i in active:
            contribution = rule(adjoint, node, i)
            if contribution is not self.graph.zero:
                yield node.args[i], contribution

    def hint(self, node: Node, value: Node, by: Node | None = None) -> None:
        """Suggest `d_u` as the name of an adjoint of `u`, `d_u_x` for a partial of `u` by `x`."""
        name = self.names.get(value)
        if isinstance(node, Number):
            return
        if self.graph.ranked and by is None:
            normal = self.simplifier.normal
            written = normal.written.get(value, value)
            if name is not None and node not in self.hints:
                self.owners[node] = self.lets.get(value, written)
            elif name is None and not (
                node in self.described or node in self.hints or node in normal.written
            ):
                self.owners[node] = written
                self.described[node] = f"d_{suggestion(written, self.written_names)}"
        if name is None:
            return
        below = self.names.get(by) if by is not None else None
        self.hints.setdefault(
            node, f"d_{name}_{below}" if below and len(self.wrt) > 1 else f"d_{name}"
        )

    def all_hints(self) -> dict[Node, str]:
        """Names for new values: for the adjoints of the user's values, else after what they are."""
        known = {node.value for node in self.hints if isinstance(node, Ref)}
        described = {node: name for node, name in self.described.items() if node not in known}
        return described | self.hints


def is_matrix_product(node: Node) -> bool:
    """Whether a value is a contraction of several factors, maybe with its axes turned."""
    if isinstance(node, Call) and node.op == "view":
        (node,) = node.args
    return isinstance(node, Call) and node.op == "contract" and len(node.args) > 1


def is_larger(node: Node, others: Iterable[Node]) -> bool:
    """Whether an array is taken to have more elements than others."""
    return all(elements(node.type.axes) > elements(other.type.axes) for other in others)


def has_matrix_product(node: Node) -> bool:
    """Whether a value is a matrix product times other arrays."""
    if not isinstance(node, Prod):
        return False
    arrays = [base for base in node.operands if base.type.axes]
    return len(arrays) > 1 and any(map(is_matrix_product, arrays))


def _names_of(program: Program) -> dict[Node, str]:
    """The user's names of values, of parameters too."""
    names = {let.node: let.name for block in blocks(program.body) for let in block.lets}
    return names | {p.node: p.name for p in program.parameters if p.node is not None}
