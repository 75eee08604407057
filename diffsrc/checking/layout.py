"""Which number of what a derivative gives belongs to which argument."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from diffsrc.api.options import Operator
from diffsrc.checking.arguments import Arguments, Leaf, Names, Shape, fits, leaf, leaves, members


class Slot(NamedTuple):
    """One part of what a derivative gives.

    Attributes:
        part: the number of the result that is derived.
        by: by what, once for each order; nothing for the value itself.
        whole: whether it has an element for each pair of an element of the result and of the
            argument, and not for each element of the result.
    """

    part: int
    by: tuple[str, ...]
    whole: bool = False


Tree = Slot | None | tuple["Tree", ...]


# Derivatives of ours


def slots_of(
    operators: Sequence[Operator], arguments: Arguments, value: object
) -> list[Slot | None]:
    """What operators give, in order; None for what is no number and no derivative."""
    shapes = [part.shape for _, part in leaves(value)]

    def whole(slot: Slot | None) -> Slot | None:
        """With an element for each of an argument that makes one number."""
        if slot is None or len(slot.by) != 1:
            return slot
        own = leaf(arguments.values[slot.by[0]]).shape
        return slot._replace(whole=bool(own) and not shapes[slot.part])

    return [whole(slot) for slot in _flat(_tree(operators, arguments, value))]


def unstacked(
    found: Any, operators: Sequence[Operator], arguments: Arguments, value: object
) -> object:
    """What operators gave, as tuples where they stacked it."""
    stack = operators[-1].stack
    return _unstacked(found, _tree(operators, arguments, value)) if stack else found


def _unstacked(found: Any, tree: Tree) -> object:
    """An array as tuples: its first axes count results, its last what is derived by."""
    if isinstance(tree, Slot | None):
        return found
    if any(isinstance(inner, Slot) for inner in tree):
        return tuple(found[..., i] for i in range(len(tree)))
    return tuple(_unstacked(found[i], inner) for i, inner in enumerate(tree))


def _tree(operators: Sequence[Operator], arguments: Arguments, value: object) -> Tree:
    counter = iter(range(10**9))

    def start(inner: object) -> Tree:
        if isinstance(inner, tuple):
            return tuple(start(item) for item in inner)
        return Slot(next(counter), ())

    tree = start(value)
    for operator in operators:
        names = [arguments.tree(w) for w in operator.wrt]
        tree = _applied(operator, names, tree)
    return tree


def aligned(
    found: object, operators: Sequence[Operator], arguments: Arguments, value: object
) -> tuple[object, ...]:
    """What operators gave, one for each slot."""
    return tuple(_beside(_tree(operators, arguments, value), found))


def _beside(tree: Tree, found: Any) -> Iterator[object]:
    if isinstance(tree, Slot | None):
        yield found
        return
    for inner, part in zip(tree, (members(found) or {}).values(), strict=True):
        yield from _beside(inner, part)


def _applied(operator: Operator, names: list[Names], tree: Tree) -> Tree:
    aux: Tree = None
    if operator.has_aux:
        assert not isinstance(tree, Slot | None)
        tree, aux = tree
    match operator.kind:
        case "value_and_grad":
            value = (tree, aux) if operator.has_aux else tree
            return value, _by(operator, names, tree)
        case "hessian":
            return _by(operator, names, _by(operator, names, tree))
        case _:
            found = _by(operator, names, tree, operator.order)
            return (found, aux) if operator.has_aux else found


def _by(operator: Operator, names: list[Names], tree: Tree, order: int = 1) -> Tree:
    if not isinstance(tree, Slot | None):
        return tuple(_by(operator, names, inner, order) for inner in tree)
    if tree is None:
        return None
    slot = tree

    def slots(name: Names) -> Tree:
        if isinstance(name, tuple):
            return tuple(map(slots, name))
        return Slot(slot.part, (*slot.by, *(name,) * order))

    found = tuple(map(slots, names))
    return found[0] if operator.single else found


def _flat(tree: Tree) -> Iterator[Slot | None]:
    if isinstance(tree, Slot | None):
        yield tree
    else:
        for inner in tree:
            yield from _flat(inner)


# Derivatives of other people's


class Wanted(NamedTuple):
    """By what somebody's derivative is, and whether that is one argument, and no tuple of them."""

    names: list[str]
    single: bool


class Misfit(ValueError):
    """What a derivative gives cannot be one of the function."""


def wrt_of(arguments: Arguments, given: object, out: Leaf) -> Wanted:
    """By which arguments somebody's derivative is, where nobody has said so.

    Raises:
        Misfit: that cannot be told.
    """
    numbers = arguments.own_numbers
    if not numbers:
        raise ValueError(f"{arguments.name} is called with no number to derive by")
    counts = [1] if _whole(given, arguments, numbers[0], out.shape) is not None else []
    if isinstance(given, tuple | list):
        counts = [len(given)]
        if len(given) == 2 and _same(given[0], out):
            raise Misfit(
                f"{_shown(given)} may be two derivatives, or the value and one: "
                "say by what it derives, wrt='name' or wrt=('name', 'name')"
            )
    else:
        shape = leaf(given).shape
        if len(shape) == len(out.shape) + 1:
            counts += [n for n in (shape[0], shape[-1]) if n != 1 or len(numbers) == 1]
    for count in counts:
        if count == 1:
            return Wanted(numbers[:1], single=True)
        if count == len(numbers):
            return Wanted(numbers, single=False)
        if count == len(numbers) - 1:
            return Wanted(numbers[1:], single=False)
    raise Misfit(
        f"{_shown(given)} is not one derivative by each of {', '.join(numbers)}, nor by all but "
        "the first: say by what it derives, wrt=('name', ...)"
    )


def laid_out(
    given: Any, wanted: Wanted, arguments: Arguments, out: Leaf
) -> list[tuple[Slot, Leaf]]:
    """The parts of somebody's derivative, one for each name.

    Raises:
        Misfit: it has another shape.
    """
    names = wanted.names
    if wanted.single:
        (name,) = names
        for candidate in _ones(given, out):
            whole = _whole(candidate, arguments, name, out.shape)
            if whole is not None:
                return [(Slot(0, (name,), whole), _values(candidate, out))]
        raise _misfit(given, names, arguments, out)
    parts = _parts(given, len(names), out)
    if parts is None:
        raise _misfit(given, names, arguments, out)
    found: list[tuple[Slot, Leaf]] = []
    for name, part in zip(names, parts, strict=True):
        whole = _whole(part, arguments, name, out.shape)
        if whole is None:
            raise _misfit(given, names, arguments, out)
        found.append((Slot(0, (name,), whole), _values(part, out)))
    return found


def _ones(given: Any, out: Leaf) -> Iterator[Any]:
    """What may be the one derivative that was asked for: beside the value, or the only column."""
    yield given
    if isinstance(given, tuple | list):
        if len(given) == 1:
            yield given[0]
        elif len(given) == 2 and _same(given[0], out):
            yield from _ones(given[1], out)
        return
    shape = leaf(given).shape
    if shape and shape[-1] == 1:
        yield given[..., 0]
    if shape and shape[0] == 1:
        yield given[0]


def _parts(given: Any, count: int, out: Leaf) -> list[Any] | None:
    """What is derived by each of several arguments."""
    if isinstance(given, tuple | list):
        if len(given) == 2 and _same(given[0], out):
            inner = _parts(given[1], count, out)
            if inner is not None:
                return inner
        return list(given) if len(given) == count else None
    shape = leaf(given).shape
    columns, rows = shape == (*out.shape, count), shape == (count, *out.shape)
    if columns and rows and out.shape:
        raise Misfit(
            f"whether an array of shape {shape} has the derivatives as rows or as columns "
            "cannot be told: check it with another number of points"
        )
    if columns:
        return [given[..., i] for i in range(count)]
    return list(given) if rows else None


def _whole(part: Any, arguments: Arguments, name: str, out: Shape) -> bool | None:
    """How a part is laid out: `Slot.whole`, or None where it does not fit."""
    found = leaf(part)
    own = leaf(arguments.values[name]).shape
    if found.numbers is None:
        return None
    if found.shape == out and fits(own, out):
        return False
    if own and found.shape == out + own:
        return True
    return False if not found.shape and fits(own, out) else None


def _values(part: Any, out: Leaf) -> Leaf:
    found = leaf(part)
    if found.shape or not out.shape or found.numbers is None:
        return found
    return Leaf(out.shape, found.numbers * len(out.numbers or ()))


def _same(value: object, out: Leaf) -> bool:
    """Whether a value is the function's own."""
    found = leaf(value)
    return found.shape == out.shape and found.numbers is not None and found.numbers == out.numbers


def _shown(given: object) -> str:
    if isinstance(given, tuple | list):
        return f"what it returns, a {type(given).__name__} of {len(given)},"
    found = leaf(given)
    if found.numbers is None:
        return f"what it returns, {type(given).__name__},"
    return f"what it returns, an array of shape {found.shape}," if found.shape else "a number"


def _misfit(given: object, names: Sequence[str], arguments: Arguments, out: Leaf) -> Misfit:
    shapes = {out.shape}
    for name in names:
        own = leaf(arguments.values[name]).shape
        shapes.add(out.shape + own)
    wanted = " or ".join(f"of shape {s}" if s else "a number" for s in sorted(shapes, key=len))
    each = "" if len(names) == 1 else f"{len(names)} derivatives, each "
    return Misfit(
        f"{_shown(given)} does not fit: by {', '.join(names)} it should be {each}{wanted}"
    )
