"""The truth about a case: its text run in NumPy, by complex steps where these are right.

Else by differences. Nothing here knows a rule of differentiation; JAX stands beside it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from tests.array_cases import Case, given, loaded

TINY = 1e-30  # the complex step
STEPS = (2.0**-7, 2.0**-8, 2.0**-9)
FINER = 2.0**-3  # what steps are multiplied by for a second opinion
ALL = 40  # components up to which each is compared, beside directions
DIRECTIONS = 3
OF_EXACT = 1e-9
OF_DIFFERENCES = 1e-7
OF_SINGLE = 2e-4
RESOLVED = 1e-5

# What NumPy says where something is not for complex numbers.
COMPLEX_REFUSED = (
    AttributeError,
    TypeError,
    ValueError,
    np.exceptions.ComplexWarning,
    np.linalg.LinAlgError,
)


def leaves(value: Any) -> list[Any]:
    """The arrays and numbers of a structure, in order."""
    if isinstance(value, dict):
        return [leaf for v in value.values() for leaf in leaves(v)]
    if isinstance(value, list | tuple):
        return [leaf for v in value for leaf in leaves(v)]
    if hasattr(value, "__dataclass_fields__"):
        return [leaf for v in vars(value).values() for leaf in leaves(v)]
    return [value]


def rebuilt(value: Any, given_leaves: Any) -> Any:
    """A structure like `value` of other leaves, from an iterator."""
    if isinstance(value, dict):
        return {key: rebuilt(v, given_leaves) for key, v in value.items()}
    if hasattr(value, "_fields"):
        return type(value)(*(rebuilt(v, given_leaves) for v in value))
    if isinstance(value, list | tuple):
        return type(value)(rebuilt(v, given_leaves) for v in value)
    if hasattr(value, "__dataclass_fields__"):
        return type(value)(**{k: rebuilt(v, given_leaves) for k, v in vars(value).items()})
    return next(given_leaves)


def double(value: Any) -> Any:
    """A leaf in double precision."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(float)
    return np.float64(value) if isinstance(value, np.floating) else value


class Unresolved(Exception):
    """Differences do not settle: a kink is near, or the function is not smooth enough."""


class Truth(NamedTuple):
    """A derivative along a direction, and how far another may be from it."""

    along: Any
    value: float
    allowed: float
    where: str


class Judge:
    """The derivatives of one case, as a function of one flat vector.

    Attributes:
        exact: whether complex steps give what differences say.
        single: whether something is in float32.

    Raises:
        Unresolved: the case is of no use.
    """

    def __init__(self, case: Case) -> None:
        names = loaded(case.text)
        self.function: Callable[..., Any] = names["f"]
        self.arguments = given(case, names)
        for name, value in self.arguments.items():
            self.arguments[name] = rebuilt(value, iter([double(v) for v in leaves(value)]))
        self.wrt = case.wrt
        self.parts = [leaf for n in self.wrt for leaf in leaves(self.arguments[n])]
        self.start = flat(self.parts)
        self.single = any(
            getattr(leaf, "dtype", None) == np.float32
            for value in case.arguments.values()
            for leaf in leaves(value)
        )
        # The same directions whenever a case is judged.
        self.rng = np.random.default_rng(7)
        self.scale = 1.0
        self.finer = 1.0
        self.exact = self.settle()
        self.slopes = self.truths(self.first_slope, each=True)

    def __call__(self, place: Any) -> Any:
        """The function's value."""
        values, end = [], 0
        for part in self.parts:
            start, end = end, end + np.size(part)
            piece = place[start:end].reshape(np.shape(part))
            if not isinstance(part, np.ndarray):
                piece = piece[()] if isinstance(part, np.floating) else piece.item()
            values.append(piece)
        source = iter(values)
        changed = {n: rebuilt(self.arguments[n], source) for n in self.wrt}
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            value = self.function(**self.arguments | changed)
        return np.asarray(value)[()]

    def direction(self) -> Any:
        return self.rng.uniform(-1, 1, self.start.size)

    def settle(self) -> bool:
        """Whether complex steps may be taken.

        Raises:
            Unresolved: the differences do not settle.
        """
        if not self.start.size:
            return True
        along = self.direction()
        value, error = self.differences(lambda t: self(self.start + t * along))
        self.finer = FINER
        finer = self.differences(lambda t: self(self.start + t * along))
        self.finer = 1.0
        value, error = min((value, error), finer, key=lambda found: found[1])
        self.scale = 1.0 + abs(self(self.start)) + abs(value)
        if not error < RESOLVED * self.scale:
            raise Unresolved
        try:
            exact = self.complex_step(self.start, along)
        except COMPLEX_REFUSED:
            return False
        return bool(abs(exact - value) <= OF_DIFFERENCES * self.scale + 20 * error)

    def complex_step(self, place: Any, along: Any) -> float:
        return float(np.imag(self(place + TINY * 1j * along)) / TINY)

    def slope(self, place: Any, along: Any) -> tuple[float, float]:
        """The derivative along a direction, and what it may be off by."""
        if self.exact:
            return self.complex_step(place, along), 0.0
        return self.differences(lambda t: self(place + t * along))

    def curvature(self, along: Any, other: Any) -> tuple[float, float]:
        """The second derivative along two directions."""
        errors = []

        def slope(t: float) -> float:
            value, error = self.slope(self.start + t * other, along)
            errors.append(error)
            return value

        value, error = self.differences(slope)
        return value, error + max(errors) / STEPS[-1] / self.finer

    def tolerance(self, scale: float, error: float) -> float:
        """How far a number may be off.

        Raises:
            Unresolved: further than what would be found.
        """
        if not error < RESOLVED * scale:
            raise Unresolved
        if self.single:
            return OF_SINGLE * scale
        return (OF_EXACT if self.exact and not error else OF_DIFFERENCES) * scale + 20 * error

    def first_slope(self, along: Any) -> tuple[float, float]:
        return self.slope(self.start, along)

    def first(self, got: list[Any]) -> str:
        """What is wrong with gradients, one a leaf; empty if nothing is.

        Raises:
            Unresolved: this cannot be said.
        """
        return self.wrong(flat(got), self.slopes, self.first_slope)

    def second(self, u: Any, got: list[Any]) -> str:
        """What is wrong with the gradients of `sum(u * gradient)`.

        Raises:
            Unresolved: this cannot be said.
        """

        def curvature(along: Any) -> tuple[float, float]:
            return self.curvature(u, along)

        return self.wrong(flat(got), self.truths(curvature, each=False), curvature)

    def detached(self) -> list[str]:
        """The names in `wrt` that the value hardly depends on here."""
        names, end = [], 0
        for name in self.wrt:
            start = end
            end += sum(np.size(leaf) for leaf in leaves(self.arguments[name]))
            along = self.direction()
            along[:start] = along[end:] = 0
            value, error = self.slope(self.start, along)
            if abs(value) <= 20 * error + 1e-7 * self.scale:
                names.append(name)
        return names

    def truths(self, of: Callable[[Any], tuple[float, float]], *, each: bool) -> list[Truth]:
        """What derivatives along some directions are; with `each` along every component too.

        Raises:
            Unresolved: one of them is not known well enough.
        """
        count = self.start.size
        basis = list(np.eye(count)) if each and count <= ALL else []
        alongs = basis + [self.direction() for _ in range(DIRECTIONS if count else 0)]
        known = [of(along) for along in alongs]
        scale = self.scale + max((abs(value) for value, _ in known), default=0.0)
        found = []
        for number, (along, (value, error)) in enumerate(zip(alongs, known, strict=True)):
            alone = number < len(basis)
            where = f"component {number}" if alone else "a random direction"
            allowed = self.tolerance(scale if alone else 3 * scale, error)
            found.append(Truth(along, value, allowed, where))
        return found

    def wrong(self, got: Any, truths: list[Truth], of: Callable[[Any], tuple[float, float]]) -> str:
        """What is wrong with a gradient, if finer steps say so too.

        Raises:
            Unresolved: they say otherwise: a kink is near.
        """
        for truth in truths:
            # A nan elsewhere is told there.
            found = float(truth.along @ np.where(truth.along == 0, 0, got))
            if abs(found - truth.value) <= truth.allowed:
                continue
            self.finer = FINER
            again, _ = of(truth.along)
            self.finer = 1.0
            if not abs(again - truth.value) <= truth.allowed or not self.is_real(truth, of):
                raise Unresolved
            how = "complex steps" if self.exact else "differences"
            return (
                f"in {truth.where}: {found!r}, not {truth.value!r} "
                f"({how}, {truth.allowed:.1g} allowed)"
            )
        return ""

    def is_real(self, truth: Truth, of: Callable[[Any], tuple[float, float]]) -> bool:
        """Whether differences agree: `np.linalg.norm` of a complex number is no complex step."""
        exact, self.exact = self.exact, False
        value, error = of(truth.along)
        self.exact = exact
        return abs(value - truth.value) <= max(
            truth.allowed, OF_DIFFERENCES * self.scale + 20 * error
        )

    def differences(self, function: Callable[[float], Any]) -> tuple[float, float]:
        """The derivative at 0 by Richardson's extrapolation, and an estimate of its error.

        Raises:
            Unresolved: the function has no value near.
        """
        steps = [h * self.finer for h in STEPS]
        try:
            sides = [(np.real(function(h)), np.real(function(-h))) for h in steps]
            row = [(float(a) - float(b)) / (2 * h) for (a, b), h in zip(sides, steps, strict=True)]
        except (ValueError, IndexError) as error:
            raise Unresolved from error  # a mask takes fewer items there
        last = row[-1]
        for k in range(1, len(steps)):
            last = row[-1]
            row = [(4**k * b - a) / (4**k - 1) for a, b in pairwise(row)]
        return row[-1], abs(row[-1] - last)


def flat(values: list[Any]) -> Any:
    parts = [np.ravel(np.asarray(v, dtype=float)) for v in values]
    return np.concatenate(parts) if parts else np.zeros(0)


def jax_text(text: str) -> str:
    text = text.replace("import numpy as np", "import jax.numpy as np")
    return text.replace("from scipy.", "from jax.scipy.")


def jax_derivatives(case: Case, u: Any = None) -> tuple[list[Any], list[Any] | None]:
    """JAX's gradients, one a leaf, and those of `sum(u * gradient)` where `u` is given."""
    import jax  # takes a second

    with jax.enable_x64(True):
        names = loaded(jax_text(case.text))
        arguments = given(case, names)
        for name, value in arguments.items():
            own = [double(v) for v in leaves(value)]
            own = [jax.numpy.asarray(v) if isinstance(v, np.ndarray) else v for v in own]
            arguments[name] = rebuilt(value, iter(own))

        def function(wanted: dict[str, Any]) -> Any:
            return names["f"](**arguments | wanted)

        wanted = {n: arguments[n] for n in case.wrt}
        gradient = jax.grad(function)
        first = jax.tree.leaves(ordered(case, gradient(wanted)))
        if u is None:
            return [np.asarray(v) for v in first], None

        def along(changed: dict[str, Any]) -> Any:
            pieces = jax.tree.leaves(ordered(case, gradient(changed)))
            return u @ jax.numpy.concatenate([p.ravel() for p in pieces])

        second = jax.tree.leaves(ordered(case, jax.grad(along)(wanted)))
        return [np.asarray(v) for v in first], [np.asarray(v) for v in second]


def ordered(case: Case, gradient: dict[str, Any]) -> list[Any]:
    """In the order of `wrt` and of the keys of the arguments, which JAX sorts."""
    return [leaf for n in case.wrt for leaf in leaves(gradient[n])]
