"""What products are written with: the user's values in reach, and what several products share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from diffsrc.ir import (
    COMPLEX,
    Call,
    Exact,
    Node,
    Number,
    Prod,
    Ref,
    Sum,
    Var,
    magnitude,
    quotient,
    raised,
    reachable,
    walk,
)
from diffsrc.ir.arrays import SCATTERED, contract
from diffsrc.ir.signs import nonnegative
from diffsrc.simplify.lengths import leaves_range
from diffsrc.simplify.literals import is_unit
from diffsrc.simplify.monomials import (
    HALF,
    Powers,
    cancels,
    monomial_of,
    multiplicity,
    roots_taken,
)
from diffsrc.simplify.normalise import Normaliser, is_as_large
from diffsrc.simplify.ranks import Ranks
from diffsrc.simplify.share import share
from diffsrc.simplify.written import as_product, before_vector

MAX_CANDIDATES = 32

# A coefficient and powers, also of values as they are written.
Cover = tuple[Exact, Powers]


class Reach:
    """The user's values in reach in one block, and the products there, covered with them.

    Attributes:
        named: the values that have names.
        computed: the values without names that are computed in any case.
        free: those that cost nothing.
        below: of arrays, all that the results consist of, and products that are summed.
        parents: how many of these, and of the results, each of them is needed for.
        covers: what products are written with.
        offers: the user's products, with their covers, by the last of their factors.
        charges: what factors cost, in tenths of a multiplication.
        sizes: the terms of sums with their coefficients, without signs.
        uses: of how many nodes sums are a part.
    """

    def __init__(self, normal: Normaliser, ranks: Ranks) -> None:
        self.normal = normal
        self.ranks = ranks
        self.graph = normal.graph
        self.named: set[Node] = set()
        self.computed: set[Node] = set()
        self.free: set[Node] = set()
        self.below: set[Node] = set()
        self.parents: Counter[Node] = Counter()
        self.covers: dict[Node, Cover] = {}
        self.offers: dict[Node, list[tuple[Node, Exact, Powers]]] = {}
        self.charges: dict[Node, int] = {}
        self.sizes: dict[Sum, list[Node]] = {}
        self.uses: dict[Node, int] = {}

    def inner(self) -> Reach:
        """What is in reach in a block inside, to which more can be added."""
        inner = Reach(self.normal, self.ranks)
        inner.named = set(self.named)
        inner.free = set(self.free)
        inner.covers = dict(self.covers)
        inner.offers = {base: list(offers) for base, offers in self.offers.items()}
        inner.sizes = self.sizes
        return inner

    def offer(self, node: Node) -> None:
        """Let products be covered with a value of the user's."""
        form = self.normal(node)
        form = self.normal.inner.get(form, form)  # type: ignore[call-overload] # a `Ref`, or nothing
        coefficient, powers = monomial_of(form)
        if (node.type is COMPLEX and form.type is not COMPLEX) or not is_as_large(form, node):
            return
        if not powers or (coefficient == 1 and len(powers) == 1 and 1 in powers.values()):
            return
        key = max(powers, key=lambda base: base.serial)
        candidates = self.offers.setdefault(key, [])
        if len(candidates) < MAX_CANDIDATES and all(c[0] is not node for c in candidates):
            candidates.append((node, coefficient, powers))

    def cover(self, node: Prod) -> Cover:
        """What a product is written with."""
        return self.covers.get(node) or self._covered(node)

    def sizes_of(self, node: Sum) -> list[Node]:
        """The terms of a sum with their coefficients, without signs."""
        sizes = self.sizes.get(node)
        if sizes is None:
            scaled = self.graph.scaled
            sizes = self.sizes[node] = [
                term if is_unit(c) else scaled(term, magnitude(c)) for term, c in node.terms
            ]
        return sizes

    def _covered(self, node: Prod) -> Cover:
        """A product with the user's products for its factors, while that is cheaper."""
        coefficient, powers = node.coefficient, dict(node.factors)
        while not self.offers.keys().isdisjoint(powers):
            cheaper = self._cheaper(coefficient, powers)
            if cheaper is None:
                break
            coefficient, powers = cheaper
        return coefficient, powers

    def _cheaper(self, coefficient: Exact, powers: Powers) -> Cover | None:
        """The monomial with the one product of the user's that makes it cheapest, if any does."""
        costs = {base: self._cost(base, e) for base, e in powers.items()}
        whole = sum(costs.values())
        above = sum([exponent.numerator > 0 for exponent in powers.values()])
        least = whole + (0 if is_unit(coefficient) else 10) + (0 if above else 4)
        best: tuple[Node, int, Exact, Powers] | None = None
        for base in powers:
            for node, scale, inner in self.offers.get(base, ()):
                if not inner.keys() <= powers.keys() or node in powers:
                    continue
                most = multiplicity(powers, inner)
                if not most:
                    continue
                own = node in self.named or node in self.computed or node in self.free
                roots = roots_taken(inner, powers)
                if roots and not (own and (is_root(node) or self._have_roots(node, roots))):
                    continue
                # Once, if that is cheaper: `f / T` for `f**2 * c` where `f` is `1 / (c * T)`.
                for count in (most,) if roots or abs(most) == 1 else (most, most // abs(most)):
                    if not own and abs(count) == 1:
                        continue
                    if node in self.free and not _divides(raised(scale, count), coefficient):
                        continue
                    price = whole + self._cost(node, count) - sum([costs[b] for b in inner])
                    if not cancels(coefficient, scale, count):
                        price += 10
                    if price >= least:
                        continue
                    left_above = above + (count > 0)
                    for b, e in inner.items():
                        left = powers[b] - count * e
                        if left:
                            price += self._cost(b, left)
                        elif e.numerator * count > 0:
                            left_above -= 1
                    if not left_above:
                        price += 4
                    if price < least:
                        best, least = (node, count, scale, inner), price
        if best is None:
            return None
        node, count, scale, inner = best
        if scale != 1:
            coefficient = quotient(coefficient, raised(scale, count))
        rest = {b: e - count * inner[b] if b in inner else e for b, e in powers.items()}
        return coefficient, {**{b: e for b, e in rest.items() if e}, node: count}

    def _have_roots(self, node: Node, roots: Sequence[Node]) -> bool:
        """Whether values are not negative: by form, or as the user's array has their roots."""
        return bool(node.type.axes) or all(map(nonnegative, roots))

    def _cost(self, base: Node, exponent: Exact) -> int:
        """What a power costs with the product that it is multiplied by."""
        if self.ranks.differ and self.ranks.is_likely_single(base):
            return 1  # beside arrays
        cost = self.charges.get(base)
        if cost is None:
            cost = self.charges[base] = self._charge(base)
        if exponent == 1:
            return cost
        if exponent.numerator < 0:
            cost += 2
        if exponent == -1:
            return cost
        root = type(exponent) is not int and magnitude(exponent) == HALF
        return cost + (12 if root else 15)

    def _charge(self, base: Node) -> int:
        if base in self.named or base in self.free or isinstance(base, Var | Ref):
            return 10
        if base in self.computed:
            return 15
        return 21 if isinstance(base, Call) and base.op == "div" else 30

    def share(self, results: tuple[Node, ...]) -> None:
        """Cover all products below `results`, and compute once what several of them share."""
        below = reachable(results, arms=False)
        self.uses = uses_of_sums(below)
        if self.graph.ranked:
            self.below = {*below, *products_in_sums(below)}
            self.parents = Counter(part for node in below for part in node.operands)
            self.parents.update(set(results))
        products = self._products(results, below)
        self.computed = self._written_below(below)
        if self.graph.ranked and all(self.normal.forms.get(r, r) is r for r in results):
            self._leave_products()
        self.charges.clear()
        signs: dict[Node, Exact] = {}
        powers: list[Powers] = []
        fronts: dict[Node, None] = {}
        covers = {product: self._covered(product) for product in products}
        if self.ranks.differ:
            self._cover_with_results(results, covers)
        for product, (coefficient, covered) in covers.items():
            if any(e < -1 and leaves_range(base) for base, e in covered.items()):
                self.covers[product] = coefficient, covered  # its quotients are in range
                continue
            signs[product] = -1 if coefficient.numerator < 0 else 1
            if not is_unit(coefficient):
                number = self.graph.number(magnitude(coefficient))
                if number in covered:  # under a root
                    signs[product] = coefficient
                else:
                    covered[number] = 1
            front = self._front(covered)
            if front is not None:
                fronts[front] = None
            powers.append(covered)
        products = [product for product in products if product in signs]
        for front in fronts:
            # As a product of its own, which may share with others.
            if front not in signs and isinstance(front, Prod):
                signs[front] = -1 if front.coefficient.numerator < 0 else 1
                factors = dict(front.factors)
                if not is_unit(front.coefficient):
                    factors[self.graph.number(magnitude(front.coefficient))] = 1
                products.append(front)
                powers.append(factors)
        found = _used(share(self.graph, products, powers), len(products))
        for node, shared in found:
            sign: Exact = signs.get(node, 1)
            for number in [b for b, e in shared.items() if e == 1 and isinstance(b, Number)]:
                del shared[number]
                sign = number.value if sign == 1 else sign * number.value
            self.covers[node] = sign, shared
        self._turn_shared([node for node, _ in found if node not in signs])

    def _cover_with_results(self, results: tuple[Node, ...], covers: dict[Prod, Cover]) -> None:
        """Of arrays, what a result is part of is computed from it: `d_b` as `x * d_a`."""
        whole = [r for r in dict.fromkeys(results) if isinstance(r, Prod) and len(covers[r][1]) > 1]
        for result in sorted(whole, key=lambda r: -len(covers[r][1])):
            scale, inner = covers[result]
            if all(map(self.ranks.is_likely_single, inner)):
                continue
            for product, (coefficient, powers) in covers.items():
                inside = inner.keys() < powers.keys() and multiplicity(powers, inner) > 0
                if inside and not roots_taken(inner, powers):
                    rest = {b: e - inner.get(b, 0) for b, e in powers.items()}
                    left = {b: e for b, e in rest.items() if e}
                    covers[product] = quotient(coefficient, scale), {**left, result: 1}

    def _front(self, powers: Powers) -> Node | None:
        """Make those factors one that are no arrays, where there are others: they cost nothing."""
        numbers = {b: e for b, e in powers.items() if self.ranks.is_likely_single(b)}
        if len(numbers) < 2 or len(numbers) == len(powers):
            return None
        # What is only divided by stays below.
        side = -1 if all(e < 0 for e in numbers.values()) else 1
        front = self.graph.monomial(1, {b: e * side for b, e in numbers.items()})
        for base in numbers:
            del powers[base]
        powers[front] = side
        return front

    def _products(self, results: tuple[Node, ...], nodes: list[Node]) -> list[Prod]:
        """The products among `results` and what is in `nodes`, terms with a coefficient too."""
        found: dict[Prod, None] = {r: None for r in results if isinstance(r, Prod)}
        for node in nodes:
            for below in self.sizes_of(node) if isinstance(node, Sum) else node.operands:
                if isinstance(below, Prod):
                    found[below] = None
        return list(found)

    def _written_below(self, nodes: list[Node]) -> set[Node]:
        """The user's unnamed values that are computed in any case, in what is used as written."""
        written, forms = self.normal.written, self.normal.forms
        starts = []
        for node in nodes:
            own = written.get(node)
            if own is None and forms.get(node, node) is not node:
                own = node
            built = isinstance(node, Sum | Prod) or is_product_of_arrays(node)
            if own is not None and (own in self.named or not built):
                starts.append(own)
        return set(walk(starts))

    def _leave_products(self) -> None:
        """What the user has no need of where vectors are multiplied first, is not computed."""
        users = Counter(arg for n in self.computed if isinstance(n, Call) for arg in n.args)
        for node in list(self.computed):
            product = before_vector(node)
            while product is not None and users[product] == 1 and product not in self.named:
                self.computed.discard(product)
                product = as_product(product.args[0])

    def _turn_shared(self, new: list[Node]) -> None:
        """A product that all others use with a minus has it itself."""
        users: dict[Node, list[Node]] = {node: [] for node in new}
        for node, (_, powers) in self.covers.items():
            for base in users.keys() & powers.keys() if users else ():
                users[base].append(node)
        for base, nodes in users.items():
            if nodes and all(
                self.covers[n][0] == -1 and self.covers[n][1][base] == 1 for n in nodes
            ):
                sign, powers = self.covers.pop(base)
                turned = self.graph.scaled(base, -1)
                for node in nodes:
                    factors = self.covers[node][1].items()
                    self.covers[node] = 1, {turned if b is base else b: e for b, e in factors}
                self.covers[turned] = -sign, powers


def uses_of_sums(nodes: list[Node]) -> dict[Node, int]:
    """Of how many of the nodes each sum is a part, alone or as a factor; of items of zeros too."""
    uses: dict[Node, int] = {}
    for node in nodes:
        for part in node.operands:
            scattered = type(part) is Call and part.op in SCATTERED
            if type(part) is Sum or scattered or part in part.graph.wholes:
                uses[part] = uses.get(part, 0) + 1
    return uses


def _used(shared: list[tuple[Node, Powers]], own: int) -> list[tuple[Node, Powers]]:
    """The products without the new ones, after `own`, that only one of them still has a use for."""
    uses: dict[Node, int] = {}
    for _, powers in shared:
        for base in powers:
            uses[base] = uses.get(base, 0) + 1
    single = {n: p for n, p in shared[own:] if uses.get(n, 0) < 2}
    if not single:
        return shared
    kept = []
    for node, powers in shared:
        while not single.keys().isdisjoint(powers):
            once = next(b for b in powers if b in single)
            exponent = powers.pop(once)
            for base, e in single[once].items():
                powers[base] = powers.get(base, 0) + e * exponent
                if not powers[base]:
                    del powers[base]
        if node not in single:
            kept.append((node, powers))
    return kept


def products_in_sums(nodes: Iterable[Node]) -> Iterator[Node]:
    """`a * b` of contractions that are written as `(a * b).sum(axis=0)` or `(a * b) @ c`."""
    for node in nodes:
        if not (isinstance(node, Call) and node.op == "contract" and len(node.args) > 1):
            continue
        own, out = node.params
        whole = frozenset().union(*own)
        full = [(a, labels) for a, labels in zip(node.args, own, strict=True) if whole == {*labels}]
        if out and len(full) == 2:
            (a, labels), _ = full
            sizes = dict(zip(labels, a.type.axes, strict=True))
            yield contract(node.graph, full, labels, sizes)


def is_product_of_arrays(node: Node) -> bool:
    """Whether a value is a contraction of several factors, of which there is a best order."""
    return isinstance(node, Call) and node.op == "contract" and len(node.args) > 1


def _divides(scale: Exact, coefficient: Exact) -> bool:
    """Whether what is an integer stays one: a length is no `0.5 * x.size`."""
    return quotient(coefficient, scale).denominator <= coefficient.denominator


def is_root(node: Node) -> bool:
    """Whether a written value is a call of `sqrt`."""
    return isinstance(node, Call) and node.op == "sqrt"
