"""The chain rule, once: adjoints over the graph of a program.

Each value's adjoint is the sum over its uses of the user's adjoint times the partial
derivative; when the last use is in, it is finished (zeros and duplicates found, factored)
before it flows on. The result is a program again, so that a second derivative is the same
transformation once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import TypeVar

from diffsrc.errors import NotDifferentiable, Place, UnknownFunction, UnsupportedSyntax
from diffsrc.ir import (
    COMPLEX,
    Assert,
    Bind,
    Block,
    Call,
    Graph,
    If,
    Node,
    Number,
    Prod,
    Program,
    Ref,
    Result,
    Sum,
    blocks,
    reachable,
)
from diffsrc.ir.complex import conjugate, real_part
from diffsrc.ir.signs import nonzero
from diffsrc.rules import partial as slope_of
from diffsrc.simplify import Simplifier
from diffsrc.simplify.domain import nonzero_in, nonzero_where
from diffsrc.simplify.factor import select
from diffsrc.simplify.normalise import as_complex
from diffsrc.user_rules import Rule

BY_USERS = frozenset({"registered", "custom", "stop"})
MAX_PARTIALS = 4
SINGULAR = frozenset({"pow", "log", "log2", "log10", "digamma", "polygamma", "zeta"})
MAX_TAIL_WORK = 2_000
ORDINALS = ("first", "second", "third", "fourth", "fifth")
MAX_DEPTH = 80  # Python takes 100 levels of indentation
MAX_CHAIN = 120  # as `elif`, but each is derived inside the one before

Adjoints = dict[Node, Node]
Swept = tuple[Adjoints, list[Bind]]
Given = TypeVar("Given")


Request = tuple[int, tuple[Node, ...]]


class Differentiator:
    """Derives the blocks of one program.

    `requests` are (number of a result, the nodes by which its gradient is wanted).
    """

    def __init__(
        self, program: Program, requests: Sequence[Request], simplifier: Simplifier
    ) -> None:
        self.program = program
        self.graph: Graph = program.graph
        self.simplifier = simplifier
        self.requests = requests
        self.wrt = tuple(dict.fromkeys(x for _, wrt in requests for x in wrt))
        self.steps: list[Node] = []
        self.active = self._active()
        self.hints: dict[Node, str] = dict(program.hints)
        self.names = names_of(program)
        self.read: set[Node] = set()
        self.depth = 0
        self.binds: list[Bind] = []
        self.around: list[Node] = []  # what the blocks compute in whose arms work goes on

    def _active(self) -> set[Node]:
        """The nodes that depend on `wrt`."""
        active: set[Node] = set(self.wrt)
        for node in reachable(self.program.body.roots()):
            below: Sequence[Node] = node.operands
            if isinstance(node, Call):
                below = [a for a in _derived_by(node) if a.type.kind != "bool"]
            elif isinstance(node, If):
                below = [r for block in (node.then, node.orelse) for r in block.results]
            if not active.isdisjoint(below):
                active.add(node)
        return active

    # Blocks

    def block(self, block: Block, *, with_values: bool) -> Block:
        """The block that gives (the values and) the gradients that are requested."""
        if block.fails:
            return block
        self.know(nonzero_in(block, self.simplifier.normal, self.program.library, self.read))
        values = block.results if with_values else ()
        tail = self._tail(block)
        if tail is None:
            gradients: list[Node] = []
            outer, self.binds = self.binds, []
            for index, wrt in self.requests:
                adjoints = self.sweep(block, {block.results[index]: self.graph.one}, ())
                gradients += (adjoints.get(x, self.graph.zero) for x in wrt)
            statements, self.binds = (*block.statements, *self.binds), outer
            return Block(statements, values + tuple(gradients))
        indices = [r.index for r in block.results if isinstance(r, Result)]

        def arm(inner: Block) -> Block:
            if inner.fails:
                return inner
            chosen = Block(inner.statements, tuple(inner.results[i] for i in indices))
            return self.block(chosen, with_values=with_values)

        around = self.around
        self.around = [*around, *block.values()]
        then, orelse = self.arms(tail, arm)
        self.around = around
        if _is_one_constant(then, orelse):
            return Block(block.statements, then.results)
        choice = self.graph.if_(tail.condition, then, orelse)
        count = len(values) + sum(len(wrt) for _, wrt in self.requests)
        return Block(block.statements, tuple(self.graph.result(choice, i) for i in range(count)))

    def know(self, nonzero: Iterable[Node]) -> None:
        """Apply rules from now on with these values known not to be zero.

        Those of powers ask, and choices.
        """
        if self.graph.powers or self.graph.branches:
            self.graph.nonzero |= frozenset(nonzero)

    def arms(self, choice: If, give: Callable[[Block], Given]) -> tuple[Given, Given]:
        """What is given for the two arms of a choice, in each with what is known there."""
        self.bound(choice, MAX_CHAIN, "follow each other")
        self.depth += 1
        known, normal = self.graph.nonzero, self.simplifier.normal
        self.know(nonzero_where(choice.condition, normal))
        then = give(choice.then)
        self.graph.nonzero = known
        self.know(nonzero_where(choice.condition, normal, holds=False))
        orelse = give(choice.orelse)
        self.graph.nonzero = known
        self.depth -= 1
        return then, orelse

    def bound(self, choice: If, most: int, how: str) -> None:
        """Refuse what would be written, or derived, in too many levels."""
        if self.depth > most:
            raise UnsupportedSyntax(
                f"Choices {how} here, more than {most} deep.",
                self.place(choice.condition),
                "Write some of them as functions of their own, or as arithmetic.",
            )

    def _tail(self, block: Block) -> If | None:
        """The `If` whose results the block returns, where going on in its arms is cheap.

        Not where both arms need the derivative of one more choice: that would be written in both,
        and what it needs again in each.
        """
        first = block.results[0]
        if not isinstance(first, Result):
            return None
        if not all(isinstance(r, Result) and r.of is first.of for r in block.results):
            return None
        before = reachable([let.node for let in block.lets], arms=False)
        if len(before) > MAX_TAIL_WORK:
            return None
        then, orelse = (
            {n for n in reachable(arm.results) if isinstance(n, If) and n in self.active}
            for arm in (first.of.then, first.of.orelse)
        )
        return first.of if then.isdisjoint(orelse) else None

    def sweep(self, block: Block, seeds: Adjoints, stop: Sequence[Node]) -> Adjoints:
        """Adjoints of `wrt` and of the `stop` nodes, from those of the block's results."""
        graph, stops = self.graph, set(stop)
        # What lies outside the arms of choices, for which alone it matters.
        outside = set(stops)
        contributions: dict[Node, list[Node]] = {}
        for root, seed in seeds.items():
            contributions.setdefault(root, []).append(seed)
        if graph.branches:
            given = [*self.around, *block.values(), *seeds]
            outside |= set(reachable(given, arms=False))
        finished: Adjoints = {}
        pending: dict[If, Adjoints] = {}
        order = reachable(seeds, stop=stops | set(self.wrt))
        # An `If` outside has all its results outside, those too that only an arm here uses.
        if graph.branches:
            outside |= {n for n in order if isinstance(n, Result) and n.of in outside}
        for node in reversed(order):
            if isinstance(node, If):
                for below, adjoint in self._through(node, pending.pop(node, {}), outside):
                    contributions.setdefault(below, []).append(adjoint)
                continue
            if node not in contributions or node not in self.active:
                continue
            adjoint = graph.sum(contributions.pop(node))
            if adjoint.type is COMPLEX and node.type is not COMPLEX:
                # What a real value is changed by, complex ones are changed by along the real axis.
                adjoint = real_part(adjoint)
            adjoint = self.simplifier.finish(adjoint)
            if adjoint is graph.zero:
                continue
            self.hint(adjoint, node)
            if node in stops or node in self.wrt:
                finished[node] = adjoint
            elif isinstance(node, Result):
                pending.setdefault(node.of, {})[node] = adjoint
            else:
                partials = self.partials(node, stops)
                if isinstance(node, Call) and node.op == "conj":
                    adjoint = conjugate(adjoint)
                if len(partials) > 1:
                    self.simplifier.share(adjoint)
                for below, slope in partials:
                    contributions.setdefault(below, []).append(self.times(adjoint, slope))
        return finished

    def _through(self, node: If, adjoints: Adjoints, outside: set[Node]) -> list[tuple[Node, Node]]:
        """What the results' adjoints give for the outside values that the arms use.

        One result's adjoint is multiplied with a choice of partials; several are what the arms are
        derived with.
        """
        if not adjoints:
            return []
        self.bound(node, MAX_DEPTH, "depend on each other")
        below = reachable([*node.then.results, *node.orelse.results], stop=outside)
        stop = [n for n in below if (n in outside or n in self.wrt) and n in self.active]
        nested = any(isinstance(n, If) and n in self.active and n not in outside for n in below)
        results = [r for r in adjoints if isinstance(r, Result)]
        whole = len(results) > 1 and (nested or len(results) * len(stop) > MAX_PARTIALS)
        # In an arm, real parts are taken of what comes in, too.
        whole = whole or any(r.type is COMPLEX for r in results)
        if nested and not whole:
            whole = any(self._may_fail(adjoints[r], outside) for r in results)
        found: list[tuple[Node, Node]] = []
        for group in [results] if whole else [[r] for r in results]:
            scale = self.graph.one if whole else adjoints[group[0]]
            seeds = {r.index: adjoints[r] if whole else self.graph.one for r in group}
            arms = self.arms(node, partial(self._arm, seeds=seeds, stop=stop))
            used = [n for n in stop if any(n in partials for partials, _ in arms)]
            vain = any(n not in partials for n in used for partials, _ in arms)
            if vain and self._may_fail(scale, outside):
                # `1 / sqrt(y)` where the other arm has a `y` of 0: not asked for, it is not made.
                for partials, _ in arms:
                    partials.update({n: self.times(scale, p) for n, p in partials.items()})
                scale = self.graph.one
            slopes = [[partials.get(n, self.graph.zero) for n in used] for partials, _ in arms]
            binds = [bound for _, bound in arms]
            if scale is self.graph.one:
                self._bind([adjoints[r] for r in group], slopes, binds, outside)
            for n, slope in zip(used, self._chosen(node, slopes, binds, joint=nested), strict=True):
                if whole:
                    self.hint(slope, n)
                else:
                    self.hint(slope, group[0], n)
                found.append((n, self.times(scale, slope)))
        return found

    def _bind(
        self,
        adjoints: list[Node],
        slopes: list[list[Node]],
        binds: list[list[Bind]],
        outside: AbstractSet[Node],
    ) -> None:
        """Let what two arms are derived with be computed before them.

        The choices in it would otherwise be made in both, with the choices that they need in each
        of theirs, and so on. What may fail is only computed where it is needed in any case.
        """
        known = outside | {bind.node for bind in self.binds}
        # Whichever way choices in the arm are made.
        needed = [
            set(reachable([*own, *(b.node for b in bound)], arms=False, stop=known))
            for own, bound in zip(slopes, binds, strict=True)
        ]
        inner: list[list[Bind]] = [[], []]
        for node in reachable(adjoints, arms=False, stop=known):
            chosen = isinstance(node, Result) or node in adjoints
            if node in known or not (chosen and node.operands):
                continue
            if all(node in arm for arm in needed) or not self._may_fail(node, outside):
                self.binds.append(Bind(node))
                continue
            for arm, bound in zip(needed, inner, strict=True):
                if node in arm:
                    bound.append(Bind(node))
        for bound, first in zip(binds, inner, strict=True):
            bound[:0] = first

    def _may_fail(self, node: Node, outside: AbstractSet[Node]) -> bool:
        """Whether a value may be infinite, or an error, where it is not needed.

        Not by what stands in arms, of which one is taken: else all choices would be made in arms.
        """
        below = reachable((node,), arms=False, stop=outside)
        return any(_is_singular(n) for n in below if n not in outside)

    def _chosen(
        self, node: If, slopes: list[list[Node]], binds: list[list[Bind]], *, joint: bool
    ) -> list[Node]:
        """The choices of slopes, one after the other; if `joint`, or of more, as one `If`."""
        joint = joint or any(binds)
        count = len(slopes[0])
        found: list[Node] = []
        for part in [range(count)] if joint and count else [range(i, i + 1) for i in range(count)]:
            then, orelse = (
                _with_results(arm, tuple(own[i] for i in part), bound)
                for arm, own, bound in zip((node.then, node.orelse), slopes, binds, strict=True)
            )
            choice = self.graph.if_(node.condition, then, orelse)
            for index, i in enumerate(part):
                one, other = slopes[0][i], slopes[1][i]
                same = one is other and isinstance(one, Number)
                found.append(one if same else self.graph.result(choice, index))
        return found

    def _arm(self, arm: Block, *, seeds: dict[int, Node], stop: list[Node]) -> Swept:
        if arm.fails:
            return {}, []
        self.know(nonzero_in(arm, self.simplifier.normal, self.program.library, self.read))
        roots: dict[Node, list[Node]] = {}
        for index, seed in seeds.items():
            roots.setdefault(arm.results[index], []).append(seed)
        summed = {root: self.graph.sum(parts) for root, parts in roots.items()}
        outer, self.binds = self.binds, []
        adjoints = self.sweep(arm, summed, stop)
        binds, self.binds = self.binds, outer
        return adjoints, binds

    # Nodes

    def partials(self, node: Node, stops: AbstractSet[Node]) -> list[tuple[Node, Node]]:
        """The active operands of a node and its partial derivatives by them."""
        graph = self.graph
        match node:
            case Call():
                return self._call(node, stops)
            case Sum():
                return [(t, graph.number(c)) for t, c in node.terms if t in self.active]
            case Prod():
                powers = dict(node.factors)
                return [
                    (b, graph.monomial(node.coefficient * e, {**powers, b: e - 1}))
                    for b, e in node.factors
                    if b in self.active
                ]
            case Ref():
                return [(node.value, graph.one)]
            case _:
                return []

    def _call(self, node: Call, stops: AbstractSet[Node]) -> list[tuple[Node, Node]]:
        normal = self.simplifier.normal
        if node.op in BY_USERS:
            return self._by_user(node)
        # Where the sweep ends at the inner one, nothing would come to what is below it.
        clamp = None if node.args and node.args[0] in stops else _clamp(node)
        op, written = clamp or (node.op, node.args)
        y, args = normal(node), tuple([normal(arg) for arg in written])
        if node.type is COMPLEX:
            args = as_complex(node, args, embedded=False)
        found = []
        for i, arg in enumerate(written):
            if arg not in self.active or arg.type.kind == "bool":
                continue
            slope = slope_of(op, y, i, args)
            if slope is None:
                raise self._unknown(node, i, len(args))
            step = isinstance(slope, int) and not slope
            if isinstance(slope, int):
                slope = self.graph.number(slope)
            if step:
                if node.options or node in self.program.places:
                    self.steps.append(node)
            elif slope is not self.graph.zero:
                found.append((arg, normal(slope)))
        return found

    def _by_user(self, node: Call) -> list[tuple[Node, Node]]:
        """As `_call`, by the rule that the user gave; a zero that he wrote is no step."""
        rules, normal = self.program.rules, self.simplifier.normal
        assert rules is not None
        inside = _derived_by(node)
        slopes = rules.partials(node)[-len(inside) :] if inside else ()
        found = []
        for i, (arg, slope) in enumerate(zip(inside, slopes, strict=True)):
            if arg not in self.active:
                continue
            if slope is None:
                raise self._unknown(node, i, len(inside))
            form = normal.of_rule(slope)
            if form is not self.graph.zero:
                found.append((arg, form))
        for value, name in rules.names_in_rules.items():
            self.hints.setdefault(normal.of_rule(value), name)
        rules.names_in_rules.clear()
        return found

    def times(self, adjoint: Node, slope: Node) -> Node:
        """The product; a choice with a zero arm selects, it is not multiplied with.

        `sqrt(x)` under `where(x > 0, sqrt(x), 0)` has an infinite partial at 0, and 0 times
        that is nan.
        """
        if isinstance(slope, Call) and slope.op == "slope":
            own = adjoint.factors if isinstance(adjoint, Prod) else ((adjoint, 1),)
            inner = next((b for b, e in own if e == 1 and _has_factor(b, slope)), None)
            if isinstance(inner, Sum):
                # In each term: there it may be squared.
                terms = (c * self.times(t, slope) for t, c in inner.terms)
                return adjoint / inner * self.graph.sum([inner.constant * slope, *terms])
        one = self.graph.one
        if adjoint is one or slope is one:
            return slope if adjoint is one else adjoint
        for choice, other in ((adjoint, slope), (slope, adjoint)):
            if isinstance(choice, Call) and choice.op == "select":
                condition, then, orelse = choice.args
                if then is self.graph.zero or orelse is self.graph.zero:
                    arms = self.times(then, other), self.times(orelse, other)
                    return select(self.graph, condition, *arms)
        return adjoint * slope

    def hint(self, node: Node, value: Node, by: Node | None = None) -> None:
        """Suggest `d_u` as the name of an adjoint of `u`, `d_u_x` for a partial of `u` by `x`."""
        name = self.names.get(value)
        if name is None or isinstance(node, Number):
            return
        below = self.names.get(by) if by is not None else None
        self.hints.setdefault(
            node, f"d_{name}_{below}" if below and len(self.wrt) > 1 else f"d_{name}"
        )

    def place(self, node: Node) -> Place | None:
        return self.program.places.get(node)

    def _unknown(self, node: Call, index: int, count: int) -> UnknownFunction:
        rule = node.options[-1] if node.options else node.op
        spelling = str((*node.options, node.op)[0])
        why, advice = " in closed form", "Write it with functions that have one"
        if isinstance(rule, Rule):
            spelling, why = rule.name, ": its rule has None there"
            advice = "Register a partial derivative in the place of None"
            # The function itself may be the first operand.
            index -= count - len(rule.partials)
            count = len(rule.partials)
        which = "its argument"
        if count > 1:
            known = index < len(ORDINALS)
            which = f"its {ORDINALS[index]} argument" if known else f"its argument {index + 1}"
        return UnknownFunction(
            f"There is no derivative of `{spelling}` by {which}{why}.",
            self.place(node),
            f"{advice}, or derive by another argument.",
        )


def _derived_by(node: Call) -> tuple[Node, ...]:
    """The operands of a call through which it is derived.

    Of a value with a rule of its own not the value, which is only how it is computed.
    """
    if node.op == "stop":
        return ()
    return node.args[1:] if node.op == "custom" else node.args


def _factors(term: Node) -> list[Node]:
    """The factors of a product, of both arms where it is a choice."""
    arms = term.args[1:] if isinstance(term, Call) and term.op == "select" else (term,)
    return [b for arm in arms for b in (arm.operands if isinstance(arm, Prod) else (arm,))]


def _has_factor(node: Node, factor: Node) -> bool:
    """Whether a sum has a term with that factor."""
    return isinstance(node, Sum) and any(factor in _factors(t) for t, _ in node.terms)


def _clamp(node: Call) -> tuple[str, tuple[Node, ...]] | None:
    """`min(max(x, low), high)` as one operation on `x`, `low` and `high`."""
    if (
        node.op == "min"
        and isinstance(node.args[0], Call)
        and node.args[0].op == "max"
        and len(node.args) == len(node.args[0].args) == 2
    ):
        return "clamp", (*node.args[0].args, node.args[1])
    return None


def _is_singular(node: Node) -> bool:
    """Whether a normal value has a pole, where nothing says that it is not there."""
    if isinstance(node, Prod):
        return any(e.numerator < 0 and not nonzero(base) for base, e in node.factors)
    if isinstance(node, Call) and node.op == "registered":
        return True
    return isinstance(node, Call) and node.op in SINGULAR and not nonzero(node.args[0])


def _is_one_constant(then: Block, orelse: Block) -> bool:
    """Whether two arms give the same numbers, and nothing else happens in them."""
    return (
        then.results == orelse.results
        and not (then.fails or orelse.fails)
        and all(isinstance(r, Number) for r in then.results)
        and not any(isinstance(s, Assert) for s in (*then.statements, *orelse.statements))
    )


def _with_results(block: Block, results: tuple[Node, ...], binds: list[Bind]) -> Block:
    return block if block.fails else Block((*block.statements, *binds), results)


def gradients(
    program: Program,
    requests: Sequence[Request],
    simplifier: Simplifier,
    *,
    with_values: bool = False,
) -> Program:
    """The program whose results are the gradients requested, one after the other.

    A request is the number of a result and the nodes by which it is derived. With `with_values` the
    results of `program` come first.

    Raises:
        NotDifferentiable: where every path from a `wrt` to the result goes through steps.
        UnknownFunction: where an operation has no rule.
    """
    for index, _ in requests if not program.body.fails else ():
        _refuse_complex(program, program.body.results[index])
    work = Differentiator(program, requests, simplifier)
    body = work.block(program.body, with_values=with_values)
    _refuse_steps(work, body)
    derived = program._replace(body=body, hints=work.hints)
    return derived if program.rules is None else program.rules.completed(derived)


def _refuse_complex(program: Program, result: Node) -> None:
    """The derivative of a complex result is no derivative of a real function."""
    if result.type is COMPLEX:
        raise NotDifferentiable(
            f"{program.name} returns a complex number, and derivatives are those of real ones.",
            program.places.get(result),
            "Return .real, .imag or abs(...) of it.",
        )


def _refuse_steps(work: Differentiator, body: Block) -> None:
    """A zero that comes from `floor` and the like alone is not given silently."""
    if not work.steps or body.fails:
        return
    wanted = [x for _, wrt in work.requests for x in wrt]
    for x, result in zip(wanted, body.results[-len(wanted) :], strict=True):
        if result is work.graph.zero:
            step = next((s for s in work.steps if x in reachable((s,))), None)
            if step is not None:
                raise NotDifferentiable(
                    f"The result depends on {work.names.get(x, 'the argument')} only through "
                    "steps, whose derivative is zero wherever it exists.",
                    work.place(step),
                    "Derive a smooth function, or write 0.0.",
                )


def names_of(program: Program) -> dict[Node, str]:
    """The user's names of values, of parameters too."""
    names = {let.node: let.name for block in blocks(program.body) for let in block.lets}
    return names | {p.node: p.name for p in program.parameters if p.node is not None}
