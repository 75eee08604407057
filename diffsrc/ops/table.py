"""What an operation is, and the table that the other files of this folder fill."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Interval = tuple[float, float]


class Operation(NamedTuple):
    """One operation on numbers.

    Attributes:
        name: the key, also `Call.op`.
        spellings: every name that means it, `module.function` with `np` for NumPy; the first of a
            library is the one that derivatives are written with.
        value: its value in floats; outside the domain it gives nan or raises a `ValueError` or an
            `ArithmeticError`, nothing else.
        exact: mpmath's function for values to any precision, by name, or one that takes mpmath first.
        sympy: its name in SymPy, None where SymPy has no such function.
        domain: for each argument the interval that tests draw from.
    """

    name: str
    spellings: tuple[str, ...]
    value: Callable[..., float]
    exact: str | Callable[..., Any]
    sympy: str | None
    domain: tuple[Interval, ...]

    @property
    def arity(self) -> int:
        return len(self.domain)

    def spelling(self, library: str) -> str | None:
        """How `library` ("math" or "np") spells it, else a builtin or SciPy, else None.

        Scalar code has a builtin or the function of `math`, whichever stands first.
        """
        scalar = library == "math"
        for own in (True, False):
            for spelling in self.spellings:
                prefix = spelling.partition(".")[0] if "." in spelling else ""
                wanted = {library, ""} if scalar else {library}
                if prefix in (wanted if own else {"scipy", ""}):
                    return spelling
        return None

    def exactly(self, *args: Any) -> Any:
        """The value in mpmath's numbers, to its working precision.

        Where mpmath has no such function, `value` is arithmetic that its numbers know.
        """
        import mpmath

        if callable(self.exact):
            return self.exact(mpmath, *args)
        return getattr(mpmath, self.exact, self.value)(*args)


def short_name(spelling: str) -> str:
    """A spelling without its module: `sin`, `norm.pdf`."""
    parts = spelling.split(".")
    return ".".join(parts[-2:]) if "stats" in parts else parts[-1]


TABLE: dict[str, Operation] = {}
# Of these mpmath may add up as many terms as an argument is large, for nan without end; it is asked
# for arguments up to `MAX_SUMMED`.
SUMMED: set[str] = set()
MAX_SUMMED = 1_000
# The distributions of `scipy.stats` with the names of their shape parameters, and their methods.
SHAPES: dict[str, tuple[str, ...]] = {}
METHODS = ("pdf", "logpdf", "cdf", "logcdf", "sf", "logsf")


def is_of_distribution(name: str) -> bool:
    """Whether an operation is a method of a distribution: `gamma.pdf` is, `gamma` is not."""
    owner, dot, _ = name.partition(".")
    return bool(dot) and owner in SHAPES


def pointwise(
    name: str,
    spellings: str,
    value: Callable[..., float],
    *domain: Interval,
    exact: str | Callable[..., Any] | None = None,
    sympy: str | None = "",
) -> None:
    """Enter an operation; mpmath and, with `sympy=""`, SymPy call it by our name."""
    names = tuple(spellings.split())
    sympy = name if sympy == "" else sympy
    TABLE[name] = Operation(name, names, value, exact or name, sympy, domain)


# Domains that many operations share.
R = (-3.0, 3.0)
POSITIVE = (0.1, 4.0)
UNIT = (-0.9, 0.9)
PROBABILITY = (0.05, 0.95)
ABOVE_ONE = (1.1, 4.0)
WHICH = (0, 1)
COUNT = (0, 4)
NUMBER = (1, 4)
MORE = (5, 9)
