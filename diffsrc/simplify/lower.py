"""From normal nodes back to written ones: the user's values reused, terms and factors in order.

`24 epsilon sigma^6 r^-7 (2 sigma^6 r^-6 - 1)` with `s6 = (sigma / r)**6` in reach becomes
`24 * epsilon * s6 * (2 * s6 - 1) / r`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import TYPE_CHECKING

from diffsrc.ir import (
    FLOAT,
    Assert,
    Bind,
    Block,
    Call,
    Const,
    Exact,
    Graph,
    If,
    Let,
    Node,
    Number,
    Prod,
    Program,
    Ref,
    Result,
    Sum,
    Template,
    Var,
    magnitude,
    reachable,
)
from diffsrc.ir.arrays import in_shape, is_primitive, is_scattered, opened, view
from diffsrc.ir.shapes import is_unit
from diffsrc.simplify.calls import called
from diffsrc.simplify.choices import alike, choice, guarded, is_choice, is_integer, unwrapped
from diffsrc.simplify.cover import Reach, is_product_of_arrays
from diffsrc.simplify.factor import joined
from diffsrc.simplify.literals import as_float, literal
from diffsrc.simplify.monomials import Powers, monomial_of
from diffsrc.simplify.normalise import Normaliser
from diffsrc.simplify.order import is_exponential, ordered
from diffsrc.simplify.products import Products, long_axes, style_of
from diffsrc.simplify.ranks import Ranks
from diffsrc.simplify.shares import without_ones
from diffsrc.simplify.spread import is_spread, merged, spread
from diffsrc.simplify.written import MATMUL, has_minus, is_written, negated, operations

if TYPE_CHECKING:
    from diffsrc.simplify.arrays import ArrayWriter


def lowered(
    program: Program, normal: Normaliser, ranks: Ranks, floats: AbstractSet[Node]
) -> Program:
    """The program with every result as a person would write it; `floats` are derived by."""
    lowering = Lowering(program, normal, ranks, floats)
    body = lowering.block(program.body)
    return program._replace(body=body, hints=lowering.hints, owners=lowering.owners)


class Lowering:
    """Writes the nodes of one program; named values come into reach block by block."""

    def __init__(
        self,
        program: Program,
        normal: Normaliser,
        ranks: Ranks,
        floats: AbstractSet[Node] = frozenset(),
    ) -> None:
        self.graph: Graph = program.graph
        self.floats = floats
        self.ranks = ranks
        self.normal = normal
        self.library = ranks.library
        self.integers = program.integers
        self.parameters = program.parameters
        self.body = program.body
        self.done: dict[Node, Node] = {}
        self.reach = Reach(normal, ranks)
        self.style = style_of(program, normal, ranks)
        self.products = Products(self.style, self.reach, self)
        self.turned: dict[Sum, Node] = {}
        self.suggested = program.hints
        self.hints: dict[Node, str] = {}
        self.owned = program.owners
        self.owners: dict[Node, Node] = {}
        for node in normal.written.values():
            if not isinstance(node, Call) or isinstance((*node.args, None)[0], Const):
                continue
            if node.op == "div" or (node.op == "mul" and monomial_of(normal(node))[0] == 1):
                self.reach.offer(node)

    @cached_property
    def arrays(self) -> ArrayWriter:
        """Writes operations on arrays."""
        from diffsrc.simplify.arrays import ArrayWriter  # nobody needs it who has no arrays

        parameters = [p.node for p in self.parameters if p.node is not None]
        return ArrayWriter(
            self.graph,
            self,
            self._is_computed,
            self._turns,
            parameters=parameters,
            floats=sorted(self.floats, key=lambda node: node.serial),
            own=self._as_user_has_it,
        )

    def block(self, block: Block) -> Block:
        """The block with lowered results; what it names is in reach inside only."""
        if block.fails:
            return block
        outer = self.done, self.reach, self.products
        self.done, self.reach = dict(self.done), self.reach.inner()
        self.products = Products(self.style, self.reach, self)
        for let in block.lets:
            self.reach.named.add(let.node)
            self.reach.offer(let.node)
        if self.graph.ranked:
            self._offer_sizes(block)
        chosen = self._chosen(block.results)
        self.reach.share((*(s.node for s in block.statements if isinstance(s, Bind)), *chosen))
        statements = tuple([self._statement(s) for s in block.statements])
        results = same_in_arms(tuple(self.result(r) for r in chosen))
        if self.graph.ranked and block is self.body:
            self._name_parts()
        self.done, self.reach, self.products = outer
        same = results == block.results and statements == block.statements
        return block if same else Block(statements, results)

    def _hint(self, node: Node, written: Node) -> None:
        """Name a value as its normal form is to be named."""
        if written not in self.hints:
            self.hints[written] = self.suggested[node]
            if node in self.owned:
                self.owners[written] = self.owned[node]

    def _name_parts(self) -> None:
        """Name what has been made of the factors of larger products, as it is written alone."""
        for node in self.suggested:
            if node not in self.done and all(part in self.done for part in node.operands):
                self._hint(node, self(node))

    def _offer_sizes(self, block: Block) -> None:
        """Let products of lengths be written as `x.size`."""
        parameters = (p.node for p in self.parameters if p.node is not None)
        for node in (*(let.node for let in block.lets), *parameters):
            if sum(not is_unit(size) for size in node.type.axes) > 1:
                size = self.graph.call("size", node, options=(Template("{0}.size"),), type_=FLOAT)
                self.reach.free.add(size)
                self.reach.offer(size)

    def _statement(self, statement: Let | Bind | Assert) -> Let | Bind | Assert:
        """The statement lowered; of a `Let` the value only, which stays as the user wrote it.

        That is before arms use what it computes: else each of them would lower it.
        """
        if isinstance(statement, Bind):
            return Bind(self(statement.node))
        if isinstance(statement, Let) and isinstance(statement.node, Result):
            self(statement.node)
        return statement

    def _chosen(self, results: tuple[Node, ...]) -> tuple[Node, ...]:
        """Several results that are chosen by one condition as those of one `If`."""
        results = tuple(joined(r) for r in results)
        first = results[0]
        if self.library == "np" or len(results) < 2:
            return results
        if not is_choice(first):
            return results
        choices = [r for r in results if is_choice(r) and r.args[0] is first.args[0]]
        if len(choices) < len(results):
            return results
        then, orelse = (Block((), tuple(c.args[i] for c in choices)) for i in (1, 2))
        both = self.graph.if_(choices[0].args[0], then, orelse)
        return tuple(self.graph.result(both, i) for i in range(len(results)))

    def result(self, node: Node) -> Node:
        """A result: floats also where it is a constant. A value of the user's is as he wrote it."""
        written: dict[Node, Node] = {}
        for inner in _choices_in_arms(node):
            written[inner] = self._result(inner, written)
        return self._result(node, written)

    def _result(self, node: Node, known: dict[Node, Node]) -> Node:
        """A result, of whose arms those that are choices too are `known`."""
        if node in known:
            return known[node]
        if self.normal.forms.get(node, node) is not node:
            return self(node)
        if isinstance(node, Number):
            return self.graph.const(as_float(node.value))
        node = joined(node)
        if is_choice(node):
            condition = self(node.args[0])
            lazy = self.ranks.is_single(condition)
            _, then, orelse = (node if lazy else self._guarded(node)).args
            if lazy and node.type.axes:
                arms = self._whole_arms(node, lambda arm: self._result(arm, known))
            else:
                arms = [self._result(arm, known) for arm in (then, orelse)]
            if lazy:
                return choice(self.graph, condition, *alike(arms, self.ranks), lazy=True)
            if node.type.axes and all(_has_no_precision(arm) for arm in arms):
                ones = self.arrays.where_true(condition, arms, node.type)
                if ones is not None:
                    return ones
                arms = [*self.arrays.in_precision(arms, condition)]
            chosen = self._ranked(
                choice(self.graph, condition, *map(unwrapped, arms), lazy=False), node
            )
            return chosen if chosen.type.axes else self.graph.call("scalar", chosen)
        written = self._ranked(self(node), node)
        if not is_integer(written, self.integers):
            return written
        if isinstance(written, Call) and written.op == "mul" and isinstance(written.args[0], Const):
            factor = written.args[0].value
            assert isinstance(factor, int)
            return self.graph.call("mul", self.graph.const(float(factor)), written.args[1])
        if written.type.axes:
            is_mask = node.type.kind == "bool"
            return written if is_mask else self.arrays.as_floats(written)
        if self.library == "np" and not self.graph.ranked:
            return self.graph.call("mul", written, self.graph.const(1.0))
        return self.graph.call("float", written, options=("float",))

    def __call__(self, node: Node) -> Node:
        done = self.done.get(node)
        if done is None:
            for inner in self._order(node):
                if inner not in self.done:
                    self.done[inner] = self._lower(inner)
                    if inner in self.suggested:
                        self._hint(inner, self.done[inner])
            done = self.done[node]
        return done

    def _order(self, node: Node) -> list[Node]:
        """What is to be lowered for a node, operands first."""
        if all(below in self.done for below in node.operands):
            return [node]
        return reachable((node,), arms=False, stop=self.done.keys())

    def _lower(self, node: Node) -> Node:
        match node:
            case Sum() | Prod():
                return self._form(node)
            case Call():
                written = is_written(node) and node.op != "registered"
                return node if written else self._form(node)
            case Number():
                return literal(self.graph, node.value)
            case Ref():
                built = isinstance(node.value, Sum | Prod) or node in self.graph.wholes
                return self.done[node.value] if built else node.value
            case Result():
                of = self.done[node.of]
                assert isinstance(of, If)
                return node if of is node.of else self.graph.result(of, node.index)
            case If():
                then, orelse = self.block(node.then), self.block(node.orelse)
                if then is node.then and orelse is node.orelse:
                    return node
                own = node.condition in self.normal.conditions
                condition = node.condition if own else self.done[node.condition]
                return self.graph.if_(condition, then, orelse)
            case _:
                return node

    def _form(self, node: Call | Sum | Prod) -> Node:
        named = self.reach.named
        written = self.normal.written.get(node)
        # `weights @ y` for the user's `np.sum(weights * y)`, if that is not at hand.
        anew = is_product_of_arrays(node) and not (
            self._is_of_user(node) or self._as_user_has_it(node)
        )
        whole = not (isinstance(node, Sum | Prod) or anew)
        if written is not None and (written in named or whole):
            return written
        match node:
            case Call():
                joint = joined(node)
                return self._call(node) if joint is node else self(joint)
            case Sum():
                built = self._sum(node)
            case Prod():
                built = self._product(node)
        if written is not None:
            if written in self.reach.computed and not self.ranks.is_single(written):
                return written  # of arrays, nothing is computed twice
            count = operations(written, named)
            if operations(built, named, most=count) >= count:
                return written
        return built

    def _ranked(self, written: Node, node: Node) -> Node:
        """A written value with as many axes as it has: the user's may have unit axes in front."""
        if not self.graph.ranked or written.type.axes == node.type.axes:
            return written
        from diffsrc.simplify.arrays import ranked  # only for who has arrays

        return ranked(written, len(node.type.axes))

    def _call(self, node: Call) -> Node:
        if is_primitive(node):
            return self.arrays(node)
        args = tuple(self.done[arg] for arg in node.args)
        if node.op == "select":
            # Asked of what is written, where `s + 0 * x` is an array still.
            lazy = self.ranks.is_single(args[0])
            safe = node if lazy else self._guarded(node)
            if safe is not node:
                return self(safe)
            arms = alike(args[1:], self.ranks) if lazy else args[1:]
            if lazy and node.type.axes:
                arms = self._whole_arms(node, self)
            if node.type.axes and not any(arm.type.axes for arm in arms):
                ones = self.arrays.where_true(args[0], arms, node.type)
                if ones is not None:
                    return ones
                arms = self.arrays.in_precision(arms, args[0])
            return choice(self.graph, args[0], *arms, lazy=lazy)
        if node.op == "growth":
            exp, expm1 = (self(self.graph.call(op, *node.args)) for op in ("exp", "expm1"))
            return self.graph.call("div", exp, expm1)
        return called(node, args, self.ranks)

    def _whole_arms(self, node: Call, write: Callable[[Node], Node]) -> list[Node]:
        """The arms of a choice of one of two arrays: each has all of its axes."""
        axes, zero = node.type.axes, self.graph.zero
        arms = [write(arm if arm is zero else in_shape(arm, axes)) for arm in node.args[1:]]
        return [self.arrays.zeros_as(arm, arms) for arm in arms]

    def _is_computed(self, node: Node) -> bool:
        """Whether a value is the user's, or part of another result."""
        return self._is_of_user(node) or node in self.reach.below or node in self.done

    def _as_user_has_it(self, node: Node) -> bool:
        """Whether the user wrote a matrix product of two values just as it would be written."""
        if not (isinstance(node, Call) and len(node.args) == 2):
            return False
        written = self.normal.written.get(node)
        product = isinstance(written, Call) and written.op in MATMUL
        return product and all(isinstance(arg, Var | Ref) for arg in node.args)

    def _is_of_user(self, node: Node) -> bool:
        """Whether the user's text computes a value."""
        written = self.normal.written.get(node)
        return written in self.reach.named or written in self.reach.computed

    def _opened(self, node: Sum) -> Node:
        """A sum with what was kept whole for several values, where only one has a use for it."""
        wholes, uses = self.graph.wholes, self.reach.uses
        alone = [t for t, _ in node.terms if t in wholes and uses.get(t, 0) < 2]
        if not alone:
            return node
        terms = (c * (t.operands[0] if t in alone else t) for t, c in node.terms)
        return self.graph.sum([node.constant, *terms])

    def _divided_once(self, node: Sum) -> Sum:
        """A sum of arrays without what was kept whole for it alone, if a number goes in front then.

        `(a - a.sum()) / s` for `d - d.sum()` with `d = a / s`.
        """
        inside: Counter[Node] = Counter()
        todo = [*node.operands]
        seen: set[Node] = {node}
        inside.update(node.operands)
        while todo:
            part = todo.pop()
            linear = isinstance(part, Prod) or (
                isinstance(part, Call) and part.op in {"view", "contract"}
            )
            if linear and part not in seen:
                seen.add(part)
                inside.update(part.operands)
                todo += part.operands
        alone = {n for n in inside if n in self.graph.wholes and inside[n] >= self.reach.parents[n]}
        whole = opened(node, alone) if alone else node
        if not isinstance(whole, Sum):
            return node
        divided = common_numbers(whole) is not self.graph.one or self._in_groups(whole) is not whole
        return whole if divided else node

    def _in_groups(self, node: Sum) -> Node:
        """`s * a + t * (b + c)` for `s * a + t * b + t * c`, where `s` and `t` are no arrays."""
        groups: dict[Node, dict[Node, Exact]] = {}
        for term, c in node.terms if node.type.axes else ():
            numbers: Node = self.graph.one
            # With columns and rows numbers are multiplied first, which costs nothing.
            large = all(long_axes(b) in {long_axes(node), frozenset()} for b in factors_of(term))
            if large and not self._is_of_user(term) and self.reach.parents[term] < 2:
                numbers = numbers_in(term)
            groups.setdefault(numbers, {})[term] = c
        if all(len(terms) < 2 for number, terms in groups.items() if number is not self.graph.one):
            return node
        parts: list[Node] = [self.graph.number(node.constant)]
        for number, terms in groups.items():
            inner = self.graph.sum([c * (term / number) for term, c in terms.items()])
            parts.append(number * inner)
        return self.graph.sum(parts)

    def _turns(self, node: Node) -> bool:
        """Whether one value only is computed from a contraction, which is not the user's."""
        own = self._is_of_user(node) or self._as_user_has_it(node)
        return self.reach.parents.get(node, 0) < 2 and not own

    def _is_used_twice(self, node: Node) -> bool:
        return self.reach.uses.get(node, 0) > 1

    def _guarded(self, node: Call) -> Call:
        """A choice of NumPy's whose arms are safe where they are not chosen."""
        return guarded(node, self._is_of_user)

    def _sum(self, node: Sum) -> Node:
        if self.graph.ranked:
            puts = [(c, t) for t, c in node.terms if is_scattered(t)]
            smaller: dict[Node, Exact] = {t: c for c, t in puts if not is_alike(t, node)}
            if smaller:
                # Put into an array of their own, which is broadcast against the rest.
                rest = {t: c for t, c in node.terms if t not in smaller}
                part = self.graph.linear(0, smaller)
                rest[self.graph.ref(self(part))] = 1
                return self(self.graph.linear(node.constant, rest))
            if puts:
                rest = {t: c for t, c in node.terms if (c, t) not in puts}
                return self.arrays.scattered(self.graph.linear(node.constant, rest), puts)
            single = self._opened(node)
            if single is not node:
                return self(single)
            node = self._divided_once(without_ones(node, self.normal.inner))
            numbers = common_numbers(node)
            if numbers is not self.graph.one:
                return self(numbers * self.graph.sum([c * (t / numbers) for t, c in node.terms]))
            grouped = self._in_groups(node)
            if grouped is not node:
                return self(grouped)
            together = of_one_array(node)
            if together is not node:
                return self(together)
        whole = merged(node, self.reach)
        if whole is not node:
            return self._sum(whole) if isinstance(whole, Sum) else self(whole)
        sizes, terms = self.reach.sizes_of(node), node.terms
        parts = [(terms[i][1].numerator > 0, sizes[i]) for i in ordered(node, self.normal)]
        if node.constant:
            at = 0 if len(parts) == 1 and is_exponential(terms[0][0]) else len(parts)
            constant = self.graph.number(magnitude(node.constant))
            parts.insert(at, (node.constant.numerator > 0, constant))
        first = next((i for i, (positive, _) in enumerate(parts) if positive), 0)
        parts.insert(0, parts.pop(first))
        if node.type.axes:
            self._put_computed_first(parts)
        named = self.reach.named
        total: Node | None = None
        logical = False
        for plus, part in parts:
            size, positive = self._term(part), plus
            if has_minus(size, named):
                # Of a product of the user's that has one, such as `p = -x * y`.
                size, positive = negated(size, named), not positive
            if total is None:
                total = size if positive else negated(size, named)
                logical = self.graph.is_logical(total)
            else:
                if logical and self.graph.is_logical(size):
                    # NumPy's sum of truth values is one itself.
                    total = self.graph.call("mul", self.graph.const(1.0), total)
                logical = False
                total = self.graph.call("add" if positive else "sub", total, size)
        assert total is not None
        return total

    def _put_computed_first(self, parts: list[tuple[bool, Node]]) -> None:
        """`-(a @ x) * x + y` for `y - a @ x * x`: NumPy adds to the product in its own memory.

        It cannot subtract it from `y` there; the minus costs nothing with a number.
        """
        positive, first = parts[0]
        if not positive or not (isinstance(first, Var | Ref) or self._is_of_user(first)):
            return
        for i, (plus, part) in enumerate(parts):
            if plus or not isinstance(part, Prod) or self._is_of_user(part):
                continue
            numbers = any(not base.type.axes and e > 0 for base, e in part.factors)
            if numbers and long_axes(part) == long_axes(first):
                del parts[i]
                parts.insert(0, (True, -part))
                return

    def _term(self, size: Node) -> Node:
        if isinstance(size, Prod) and size.coefficient != 1 and size not in self.done:
            self.done[size] = self._form(size)
        return self(size)

    def _product(self, node: Prod) -> Node:
        if self.graph.ranked:
            inside = multiplied_in(node, self._is_used_twice)
            if inside is not node:
                return self(inside)
            vectors = column_and_row(node)
            if vectors is not None:
                return self.arrays.outer(*vectors, node.type)
        coefficient, powers = self._turned(*self.reach.cover(node))
        if len(powers) == 1:
            (base, exponent), *_ = powers.items()
            if exponent == 1 and isinstance(base, Sum) and is_spread(coefficient, base, self.reach):
                found = spread(coefficient, base)
                if found is not None:
                    return self._sum(found)
        return self.products(coefficient, powers)

    def _turned(self, coefficient: Exact, powers: Powers) -> tuple[Exact, Powers]:
        """A leading minus moved into a difference that the user did not write.

        A sum keeps the sign that it was first written with, so that it stays one value.
        """
        for base, exponent in list(powers.items()):
            if not isinstance(base, Sum) or exponent.denominator != 1 or exponent % 2 == 0:
                continue
            if base not in self.turned:
                values = [c for _, c in base.terms] + [base.constant]
                own = base not in self.graph.preferred
                turn = own and coefficient < 0 and any(c < 0 for c in values)
                self.turned[base] = self.graph.negated(base) if turn else base
            other = self.turned[base]
            if other is not base:
                coefficient = -coefficient
                turned: Powers = {}
                for b, e in powers.items():
                    # A root of the other may stand there already.
                    new = other if b is base else b
                    turned[new] = turned.get(new, 0) + e
                powers = {b: e for b, e in turned.items() if e}
                if other not in self.done and isinstance(other, Sum):
                    self.done[other] = self._sum(other)
        return coefficient, powers


def common_numbers(node: Sum) -> Node:
    """What all terms of a sum of arrays are multiplied with, or divided by, and is no array."""
    graph = node.graph
    if not node.type.axes or node.constant or len(node.terms) < 2:
        return graph.one
    common: dict[Node, Exact] | None = None
    factors = {magnitude(c) for _, c in node.terms}
    for term, _ in node.terms:
        powers = dict(term.factors) if isinstance(term, Prod) else {term: 1}
        own = {b: e for b, e in powers.items() if not b.type.axes}
        if common is None:
            common = own
        else:
            both = ((b, e, own[b]) for b, e in common.items() if b in own)
            common = {b: min(e, f) if e > 0 else max(e, f) for b, e, f in both if e * f > 0}
    return graph.monomial(factors.pop() if common and len(factors) == 1 else 1, common or {})


def factors_of(term: Node) -> tuple[Node, ...]:
    """What a value is a product of."""
    return term.operands if isinstance(term, Prod) else (term,)


def numbers_in(term: Node) -> Node:
    """The factors of a product that are no arrays, without its coefficient."""
    if not isinstance(term, Prod):
        return term.graph.one
    return term.graph.monomial(1, {b: e for b, e in term.factors if not b.type.axes})


def is_alike(node: Node, whole: Node) -> bool:
    """Whether a term has every axis of its sum: else its items are others of the sum's."""
    return tuple(map(is_unit, node.type.axes)) == tuple(map(is_unit, whole.type.axes))


def of_one_array(node: Sum) -> Node:
    """`a * (1 - b)` for `a - b * a`, of arrays: as many operations, and one array less."""
    if not node.type.axes:
        return node
    graph, terms = node.graph, dict(node.terms)
    for base, c in node.terms:
        if isinstance(base, Prod) or not base.type.axes or abs(c) != 1:
            continue
        for term, d in node.terms:
            if isinstance(term, Prod) and (base, 1) in term.factors and abs(d) == 1:
                rest = {t: e for t, e in terms.items() if t is not base and t is not term}
                inner = graph.ref(graph.sum([c, d * term / base]))
                return graph.sum([graph.linear(node.constant, rest), base * inner])
    return node


def multiplied_in(node: Prod, known: Callable[[Node], bool]) -> Node:
    """Numbers that are multiplied with what is added to items, multiplied with that before.

    What is `known` to be computed for others too stays as it is.
    """
    for base, exponent in node.factors:
        parts = base.terms if isinstance(base, Sum) else ((base, 1),)
        puts = [t for t, _ in parts if is_scattered(t)]
        if exponent != 1 or not puts or known(base):
            continue
        scale = node / base
        if scale.type.axes:
            continue
        constant = base.constant if isinstance(base, Sum) else 0
        made = [constant * scale]
        for term, c in parts:
            if is_scattered(term):
                value, *rest = term.args
                made.append(node.graph.again(term, (c * scale * value, *rest)))
            else:
                made.append(c * scale * term)
        return node.graph.sum(made)
    return node


def column_and_row(node: Prod) -> tuple[Node, Node] | None:
    """The two vectors all whose products a matrix is made of; numbers go to the longer product."""
    if len(node.type.axes) != 2 or any(map(is_unit, node.type.axes)):
        return None
    parts: dict[str, list[Node]] = {"row": [], "column": [], "number": []}
    for base, exponent in node.factors:
        units = tuple(map(is_unit, base.type.axes))
        kind = {
            (): "number",
            (False,): "row",
            (True, False): "row",
            (False, True): "column",
        }.get(units)
        if kind is None:
            return None
        power = node.graph.power(base, exponent)
        parts[kind].append(
            view(power, (len(units) - (1 if kind == "row" else 2),)) if units else power
        )
    if not parts["row"] or not parts["column"]:
        return None
    numbers = [*parts["number"], node.coefficient]
    first = len(parts["row"]) > len(parts["column"])
    column = node.graph.product([*parts["column"], *([] if first else numbers)])
    row = node.graph.product([*parts["row"], *(numbers if first else [])])
    return column, row


def _choices_in_arms(node: Node) -> list[Node]:
    """The choices that are arms of choices, the inner ones first."""
    found: dict[Node, None] = {}
    todo = [node] if is_choice(node) else []
    while todo:
        arms = [arm for arm in todo.pop().operands[1:] if is_choice(arm)]
        todo += [arm for arm in arms if arm not in found]
        found |= dict.fromkeys(arms)
    return [*reversed(found)]


def same_in_arms(results: tuple[Node, ...]) -> tuple[Node, ...]:
    """Without the choice, where both arms give the same: `1 / x` for `log(x)` and `log(-x)`."""
    while results and all(isinstance(r, Result) for r in results):
        indices = [r.index for r in results if isinstance(r, Result)]
        choices = {r.of for r in results if isinstance(r, Result)}
        arms = [arm for of in choices for arm in (of.then, of.orelse)]
        fails = any(arm.fails or any(isinstance(s, Assert) for s in arm.statements) for arm in arms)
        if len(choices) > 1 or fails:
            break
        then, orelse = (tuple(arm.results[i] for i in indices) for arm in arms)
        if then != orelse:
            break
        results = then
    return results


def _has_no_precision(arm: Node) -> bool:
    """Whether a value is a number of Python, or may be one."""
    return isinstance(arm, Const | Var) and not arm.type.axes
