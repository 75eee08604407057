"""Chains of matrix products: which factors are one, and in which order they are multiplied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from diffsrc.ir import Call, Node, Type
from diffsrc.ir.arrays import Factor, Label, Labels, contract, sizes_of
from diffsrc.ir.shapes import elements

MAX_TURNED = 8  # factors among which transposes are looked for: each pair is a chain of its own


class Link(NamedTuple):
    """A factor of a chain.

    `left` and `right` are the labels of its rows and columns, None at the end that a vector is;
    `batch` are those of a stack.
    """

    node: Node
    labels: Labels
    batch: Labels
    left: Label
    right: Label

    @property
    def axes(self) -> Labels:
        """The labels in the order in which it is multiplied."""
        return (*self.batch, *(x for x in (self.left, self.right) if x is not None))


def chain_of(factors: Sequence[Factor], out: Labels) -> list[Link] | None:
    """The factors in the order in which they are a chain of matrix products, if they are one."""
    factors = _scaled(factors)
    uses = Counter(label for _, labels in factors for label in labels)
    batch = tuple(label for label in out if uses[label] > 1)
    core = out[len(batch) :]
    if out[: len(batch)] != batch or len(core) > 2:
        return None
    ends: list[tuple[Factor, list[Label]]] = []
    for node, labels in factors:
        rest = [label for label in labels if label not in batch]
        whole = set(batch) <= set(labels) or len(rest) == len(labels)
        if not whole or not 0 < len(rest) < 3 or (batch and len(rest) < 2):
            return None
        ends.append(((node, labels), rest))
    if any(uses[x] != (1 if x in core else 2) for _, rest in ends for x in rest):
        return None
    at: Label = core[0] if core else None
    starts = [e for e in ends if (at in e[1] if core else len(e[1]) == 1)]
    if not starts:
        return None
    links: list[Link] = []
    following: tuple[Factor, list[Label]] | None = starts[0]
    while following is not None:
        (node, labels), rest = following
        other = next((x for x in rest if x != at), None)
        links.append(Link(node, labels, tuple(x for x in batch if x in labels), at, other))
        ends.remove(following)
        at = other
        following = next((end for end in ends if at in end[1]), None)
    return None if ends else links


def _scaled(factors: Sequence[Factor]) -> list[Factor]:
    """Vectors beside rows that are summed over multiplied with the smallest matrix of these."""
    left = list(factors)
    for vector in factors:
        node, labels = vector
        beside = [f for f in left if len(f[1]) > 1 and labels[0] in f[1]]
        if len(labels) > 1 or len(beside) < 2:
            continue
        sizes = [dict(zip(own, other.type.axes, strict=True)) for other, own in beside]
        at = min(range(len(beside)), key=lambda i: _burden(i, beside[i][1], labels[0], sizes[i]))
        own = beside[at][1]
        lengths = {label: size for label, size in sizes[at].items() if label is not None}
        product = contract(node.graph, [beside[at], vector], own, lengths)
        left.remove(vector)
        left[left.index(beside[at])] = product, own
    return left


def _burden(i: int, own: Labels, label: Label, sizes: Mapping[Label, Node]) -> tuple[float, int]:
    """Of matrices of one size, the rows of the first are multiplied, or the columns of the last."""
    return size_of(own, sizes), i if own[-1] == label else -i


class MatrixChain:
    """A chain of products; what is `computed` in any case, or `made` before, costs nothing."""

    def __init__(
        self,
        links: Sequence[Link],
        computed: Callable[[Node], bool],
        made: Collection[Node],
        size_class: Callable[[Node], Node],
    ) -> None:
        self.links = links
        self.computed = computed
        self.made = made
        self.sizes = sizes_of((link.node, link.labels) for link in links)
        # Of a length that must be a number it is known.
        self.lengths = {label: size_class(size) for label, size in self.sizes.items()}
        self.known: dict[tuple[int, int], tuple[float, int | None]] = {}
        # Products that are each other's transposes, the plainer one first, and what it costs.
        self.turned: tuple[tuple[int, int], ...] = ()
        self.paid = 0.0
        self._look_for_transposes()

    def _look_for_transposes(self) -> None:
        """`HF.T @ d @ HF` with `HF = H @ F` for `F.T @ H.T @ d @ H @ F`, where that is cheaper."""
        count = len(self.links)
        alike = len({link.node for link in self.links}) < count
        if not (alike and 4 <= count <= MAX_TURNED):
            return
        found = [(self.cost, 0.0, self.turned)]
        for length in range(2, count // 2 + 1):
            for i, j in combinations(range(count - length + 1), 2):
                one, other = (i, i + length - 1), (j, j + length - 1)
                apart = i + length <= j
                if apart and without_view(self.part(*one)) is without_view(self.part(*other)):
                    self.known, self.turned = {}, ()
                    self.paid = self._cheapest(*one)[0]
                    self.known, self.turned = {}, tuple(sorted((one, other), key=self._turns))
                    found.append((self.cost, self.paid, self.turned))
        _, self.paid, self.turned = min(found)
        self.known = {}

    def _turns(self, ends: tuple[int, int]) -> int:
        """How many factors of a product are transposed."""
        return sum(link.labels != link.axes for link in self.links[ends[0] : ends[1] + 1])

    @property
    def cost(self) -> float:
        """What the whole product costs."""
        return self.paid + self._cheapest(0, len(self.links) - 1)[0]

    def division(self, i: int, j: int) -> int | None:
        """After which factor the product from `i` to `j` is divided; None if it is computed."""
        return self._cheapest(i, j)[1]

    def part(self, i: int, j: int) -> Node:
        """The product of some factors."""
        factors = [(link.node, link.labels) for link in self.links[i : j + 1]]
        seen = {label for _, labels in factors for label in labels}
        # One that no factor has would count as often as it is long.
        sizes = {label: size for label, size in self.sizes.items() if label in seen}
        return contract(self.links[0].node.graph, factors, self._labels(i, j), sizes)

    def type_of(self, i: int, j: int) -> Type:
        """Its type."""
        return Type("float", tuple(self.sizes[x] for x in self._labels(i, j) if x is not None))

    def _labels(self, i: int, j: int) -> Labels:
        ends = (self.links[i].left, self.links[j].right)
        return (*self._batch(i, j), *(x for x in ends if x is not None))

    def _batch(self, i: int, j: int) -> Labels:
        return max((link.batch for link in self.links[i : j + 1]), key=len)

    def _cheapest(self, i: int, j: int) -> tuple[float, int | None]:
        if i == j:
            return 0.0, i
        if (i, j) not in self.known:
            self.known[i, j] = self._best(i, j)
        return self.known[i, j]

    def _best(self, i: int, j: int) -> tuple[float, int | None]:
        whole = i == 0 and j == len(self.links) - 1
        part = None if whole else self.part(i, j)
        if part is not None and self.computed(part):
            return 0.0, None
        # From the left where that costs the same: it needs no parentheses.
        cost, k = min((self._cost(i, k, j), -k) for k in range(i, j))
        made = part is not None and (without_view(part) in self.made or (i, j) in self.turned)
        return 0.0 if made else cost, -k

    def _cost(self, i: int, k: int, j: int) -> float:
        labels = (self.links[i].left, self.links[k].right, self.links[j].right)
        inner = [x for x in labels if x is not None]
        own = size_of((*self._batch(i, j), *inner), self.lengths)
        return self._cheapest(i, k)[0] + self._cheapest(k + 1, j)[0] + own


def without_view(node: Node) -> Node:
    """What a view is of."""
    return node.args[0] if isinstance(node, Call) and node.op == "view" else node


def size_of(labels: Sequence[Label], sizes: Mapping[Any, Node]) -> float:
    """How many elements an array with these labels is taken to have."""
    return elements(sizes[label] for label in labels if label is not None)
