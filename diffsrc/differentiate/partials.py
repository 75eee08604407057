"""The partial derivatives of one value by those that it is computed from."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from fractions import Fraction
from typing import Any

from diffsrc.differentiate.task import BY_USERS, Task, derived_by
from diffsrc.errors import UnknownFunction
from diffsrc.ir import COMPLEX, Call, Exact, Node, Number, Prod, Ref, Sum, reachable
from diffsrc.ir.arrays import is_primitive
from diffsrc.rules import partial
from diffsrc.simplify.factor import is_select, select
from diffsrc.simplify.normalise import as_complex
from diffsrc.simplify.ranks import FINITE
from diffsrc.user_rules import Rule, name_of

NUMERIC = frozenset({"float", "bool", "complex"})
BENT = frozenset({"max", "min", "maximum", "minimum", "fmax", "fmin", "clip", "clamp"})
ORDINALS = ("first", "second", "third", "fourth", "fifth")


class Partials:
    """Applies the rules to the active values of a program.

    `hints` gets the names that users' rules give; `steps` are the values that rules say are steps.
    """

    def __init__(self, task: Task, hints: dict[Node, str]) -> None:
        self.program, _, self.active, self.simplifier = task
        self.hints = hints
        self.steps: list[Node] = []

    def of(self, node: Node, stops: AbstractSet[Node]) -> list[tuple[Node, Node]]:
        """The active operands of a node and its partial derivatives by them."""
        graph = node.graph
        match node:
            case Call():
                by_user = node.op in BY_USERS
                return self._by_user(node) if by_user else self._call(node, stops)
            case Sum():
                return [(t, graph.number(c)) for t, c in node.terms if t in self.active]
            case Prod():
                root = self._of_root(node)
                if root is not None:
                    return root
                return [
                    self._of_power_below(node, b)
                    if e == -1 and self._is_power_below(b, stops)
                    else (b, self._of_factor(node, b, e))
                    for b, e in node.factors
                    if b in self.active
                ]
            case Ref():
                inner = self.simplifier.normal.inner.get(node) if graph.ranked else None
                return [(node.value if inner is None else inner, graph.one)]
            case _:
                return []

    def _of_factor(self, node: Prod, base: Node, exponent: Exact) -> Node:
        own = self.simplifier.normal.outer.get(node)
        if own is not None and exponent < 0:
            return exponent * own / base
        powers = {**dict(node.factors), base: exponent - 1}
        return node.graph.monomial(node.coefficient * exponent, powers)

    def _is_power_below(self, node: Node, stops: AbstractSet[Node]) -> bool:
        """Whether a value is a power of arrays that is derived by its base only."""
        return (
            isinstance(node, Call)
            and node.op == "pow"
            and bool(node.type.axes)
            and node not in stops
            and node.args[1] not in self.active
        )

    def _of_power_below(self, node: Prod, power: Node) -> tuple[Node, Node]:
        """That of `c / a**b` by `a`, as of `c * a**-b`: one power, not two."""
        base, exponent = power.operands
        slope = partial("pow", base**-exponent, 0, (base, -exponent))
        assert isinstance(slope, Node)
        return base, node * power * self.simplifier.normal(slope)

    def _of_root(self, node: Prod) -> list[tuple[Node, Node]] | None:
        """That of a named root or reciprocal, by its own powers: `rms`, not its square."""
        named = self.simplifier.normal.outer.get(node) if node.graph.ranked else None
        if named is None or node.coefficient != 1 or len(node.factors) > 1:
            return None
        ((base, exponent),) = node.factors
        power = 1 - 1 / Fraction(exponent)
        if power.denominator != 1 or exponent > 1 or base not in self.active:
            return None
        return [(base, exponent * named ** int(power))]

    def _call(self, node: Call, stops: AbstractSet[Node]) -> list[tuple[Node, Node]]:
        normal, graph = self.simplifier.normal, node.graph
        # Where the sweep ends at the inner one, nothing would come to what is below it.
        clamp = None if node.args and node.args[0] in stops else _clamp(node)
        op, written = clamp or (node.op, node.args)
        y, args = normal(node), tuple([normal(arg) for arg in written])
        if graph.ranked:
            y = normal.outer.get(node, y)
        if op == "copysign" and isinstance(y, Call):
            args = y.args  # where a zero has its sign
        if node.type is COMPLEX:
            args = as_complex(node, args, embedded=False)
        found = []
        for i, arg in enumerate(written):
            if arg not in self.active or arg.type.kind == "bool":
                continue
            slope = partial(op, y, i, args)
            if slope is None:
                raise self._unknown(node, i, len(args))
            if op in BENT and isinstance(slope, Node):
                self.simplifier.bends |= _conditions(slope)
            elif op == "select" and isinstance(slope, Node):
                self.simplifier.asked |= _conditions(slope)
            step = isinstance(slope, int) and not slope
            if isinstance(slope, int):
                slope = graph.number(slope)
            if step:
                own = normal.written.get(node, node) if graph.ranked else node
                if node.options or own in self.program.places:
                    self.steps.append(own)
            elif slope is not graph.zero:
                found.append((arg, normal(slope)))
        return found

    def _by_user(self, node: Call) -> list[tuple[Node, Node]]:
        """As `_call`, by the rule that the user gave; a zero that he wrote is no step."""
        rules, normal = self.program.rules, self.simplifier.normal
        assert rules is not None
        inside = derived_by(node)
        slopes = rules.partials(node)[-len(inside) :] if inside else ()
        found = []
        for i, (arg, slope) in enumerate(zip(inside, slopes, strict=True)):
            if arg not in self.active or arg.type.kind == "bool":
                continue
            if slope is None:
                raise self._unknown(node, i, len(inside))
            form = normal.of_rule(slope)
            own = reachable((slope,), stop=set(node.operands))
            self.simplifier.asked |= {normal.forms[c] for n in own for c in _conditions(n)}
            if form is not node.graph.zero:
                found.append((arg, form))
        for value, name in rules.names_in_rules.items():
            self.hints.setdefault(normal.of_rule(value), name)
        rules.names_in_rules.clear()
        return found

    def _unknown(self, node: Call, index: int, count: int) -> UnknownFunction:
        rule = node.options[0 if node.op == "custom" else -1] if node.options else node.op
        spelling = str((*node.options, node.op)[0])
        why, advice = " in closed form", "Write it with functions that have one"
        held = False
        if node.op == "custom":
            given: Any = node.options[1]
            spelling, why = name_of(rule), ", which is in nondiff_argnums"
            advice = "Take it out of there"
            held = given.is_held(index)
            index, count = given.positions[index], given.count
        elif isinstance(rule, Rule):
            spelling, why = rule.name, ": its rule has None there"
            advice = "Register a partial derivative in the place of None"
            held = derived_by(node)[index].type.kind not in NUMERIC
            # The function itself may be the first operand.
            index -= count - len(rule.partials)
            count = len(rule.partials)
        which = "its argument"
        if count > 1:
            known = index < len(ORDINALS)
            which = f"its {ORDINALS[index]} argument" if known else f"its argument {index + 1}"
        if held:
            which = f"what {which} holds"
            advice = "Pass the number as an argument of its own"
        return UnknownFunction(
            f"There is no derivative of `{spelling}` by {which}{why}.",
            self.program.places.get(self.simplifier.normal.written.get(node, node)),
            f"{advice}, or derive by another argument.",
        )


def _conditions(slope: Node) -> set[Node]:
    """By which conditions a partial derivative is chosen."""
    found: set[Node] = set()
    todo = [slope]
    while todo:
        node = todo.pop()
        if isinstance(node, Call) and node.op == "select":
            found.add(node.args[0])
            todo += node.args[1:]
    return found


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


def times(
    adjoint: Node, slope: Node, is_beside: Callable[[Node], bool] = lambda number: False
) -> Node:
    """The product; a choice with a zero arm selects, it is not multiplied with.

    `sqrt(x)` under `where(x > 0, sqrt(x), 0)` has an infinite partial at 0, and 0 times
    that is nan. What `is_beside` a choice of arrays, as `a` in `where(x > 0, x, 0).sum() / a`,
    stays there: where it is 0, the function has no value.
    """
    graph = adjoint.graph
    if isinstance(slope, Call) and slope.op == "slope":
        own = adjoint.factors if isinstance(adjoint, Prod) else ((adjoint, 1),)
        inner = next((b for b, e in own if e == 1 and _has_factor(b, slope)), None)
        if isinstance(inner, Sum):
            # In each term: there it may be squared.
            terms = (c * times(t, slope, is_beside) for t, c in inner.terms)
            return adjoint / inner * graph.sum([inner.constant * slope, *terms])
    divided = _divided(adjoint, slope)
    if divided is not None:
        rest = adjoint / divided * slope
        terms = (c * times(t, rest, is_beside) for t, c in divided.terms)
        return graph.sum([divided.constant * rest, *terms])
    if adjoint is graph.one or slope is graph.one:
        return slope if adjoint is graph.one else adjoint
    if graph.wholes and _may_be_infinite(slope):
        adjoint = _with_choices(adjoint)
    for whole, other in ((adjoint, slope), (slope, adjoint)):
        choice = _selection(whole)
        if choice is not None:
            condition, *arms = choice.args
            beside, last = whole / choice, other
            outside = _lengths(beside * last)
            beside, last = beside / _lengths(beside), last / _lengths(last)
            if condition.type.axes:
                if whole is adjoint:
                    numbers = _numbers(beside, last, is_beside)
                    beside /= numbers
                    if numbers is not graph.one and isinstance(last, Number):
                        outside, last = outside * last, graph.one
                else:
                    numbers = _numbers(last, beside, is_beside)
                    last /= numbers
                outside *= numbers
            chosen = (times(beside * arm, last, is_beside) for arm in arms)
            return outside * select(graph, condition, *chosen)
    return _cancelled(adjoint * slope) if graph.ranked else adjoint * slope


def _cancelled(product: Node) -> Node:
    """`e / s * (y / p + t)` as `y + p * t`, where `p` is the user's name for `e / s`."""
    graph = product.graph
    for whole in product.operands if isinstance(product, Prod) else ():
        for term in whole.operands if isinstance(whole, Sum) else ():
            for base, exponent in term.factors if isinstance(term, Prod) else ():
                form = graph.inner.get(base)
                if exponent < 0 and isinstance(form, Prod) and _contains(product, form):
                    assert isinstance(whole, Sum)
                    own = {t: c for t, c in whole.terms if base in t.operands}
                    rest = whole - graph.linear(0, own)
                    terms = [c * t * base for t, c in own.items()]
                    return product / whole / form * graph.sum([*terms, base * rest])
    return product


def _contains(product: Node, form: Prod) -> bool:
    """Whether all powers of a named product are in another one."""
    assert isinstance(product, Prod)
    powers = dict(product.factors)
    return all(powers.get(b, 0) / e >= 1 for b, e in form.factors)


def _lengths(node: Node) -> Node:
    """The lengths of axes in a product, such as those of a mean: they are finite."""
    powers = node.factors if isinstance(node, Prod) else ((node, 1),)
    return node.graph.monomial(
        1, {b: e for b, e in powers if isinstance(b, Call) and b.op == "dim"}
    )


def _may_be_infinite(slope: Node) -> bool:
    """Whether a slope has powers or functions that finite arrays may have no finite value of."""
    match slope:
        case Sum():
            return any(map(_may_be_infinite, slope.operands))
        case Prod():
            powers = ((b, e) for b, e in slope.factors if b.type.axes)
            return any(e < 0 or e.denominator > 1 or _may_be_infinite(b) for b, e in powers)
        case Call():
            return not (is_primitive(slope) or slope.op in FINITE or slope.type.kind == "bool")
    return False


def _with_choices(adjoint: Node) -> Node:
    """An adjoint with what was kept whole in it opened, where that is a choice."""
    wholes = adjoint.graph.wholes
    factors = adjoint.operands if isinstance(adjoint, Prod) else (adjoint,)
    for base in factors:
        if isinstance(base, Ref) and base in wholes and _selection(base.value) is not None:
            adjoint = adjoint / base * base.value
    return adjoint


def _numbers(outer: Node, inner: Node, is_beside: Callable[[Node], bool]) -> Node:
    """The numbers in an adjoint, if one divides; not what cancels with a slope.

    A number that counts chosen elements is 0 where the user asked for none of what is divided.
    """
    graph = outer.graph
    powers = dict(outer.factors) if isinstance(outer, Prod) else {outer: 1}
    other = set(inner.operands) if isinstance(inner, Prod) else {inner}
    kept = {b: e for b, e in powers.items() if not (b.type.axes or b in other) and is_beside(b)}
    if not any(e < 0 for e in kept.values()) or any(
        e > 0 and any(map(is_select, reachable((b,)))) for b, e in powers.items() if not b.type.axes
    ):
        return graph.one
    return graph.monomial(coefficient_of(outer), kept)


def coefficient_of(node: Node) -> Exact:
    """The number in front of a product."""
    return node.coefficient if isinstance(node, Prod) else 1


def _selection(node: Node) -> Call | None:
    """A factor that is a choice with a zero arm."""
    zero = node.graph.zero
    for base, exponent in node.factors if isinstance(node, Prod) else ((node, 1),):
        if not isinstance(base, Call) or base.op != "select":
            continue
        if exponent == 1 and zero in base.args[1:]:
            return base
    return None


def _divided(adjoint: Node, slope: Node) -> Sum | None:
    """A sum in the adjoint whose term is divided by a factor of the slope: 0 / 0 if it stays."""
    if isinstance(slope, Number):
        return None
    above = {b for b, e in (slope.factors if isinstance(slope, Prod) else ((slope, 1),)) if e > 0}
    for base, exponent in adjoint.factors if isinstance(adjoint, Prod) else ((adjoint, 1),):
        if exponent == 1 and isinstance(base, Sum):
            below = (t.factors for t, _ in base.terms if isinstance(t, Prod))
            if any(e < 0 and b in above for factors in below for b, e in factors):
                return base
    return None


def _factors(term: Node) -> list[Node]:
    """The factors of a product, of both arms where it is a choice."""
    arms = term.args[1:] if isinstance(term, Call) and term.op == "select" else (term,)
    return [b for arm in arms for b in (arm.operands if isinstance(arm, Prod) else (arm,))]


def _has_factor(node: Node, factor: Node) -> bool:
    """Whether a sum has a term with that factor."""
    return isinstance(node, Sum) and any(factor in _factors(t) for t, _ in node.terms)
