"""Cases of array programs: the text of a function, its arguments, what to derive by; how drawn."""

from __future__ import annotations

import linecache
import warnings
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

LARGEST = 48  # elements of an argument
USES = ("grad", "vjp", "square")
IMPORTS = {
    "cho_factor": "scipy.linalg",
    "cho_solve": "scipy.linalg",
    "log_softmax": "scipy.special",
    "logsumexp": "scipy.special",
    "softmax": "scipy.special",
    "solve_triangular": "scipy.linalg",
}


@dataclass
class Case:
    """A function of arrays, and where to derive it.

    Attributes:
        name: of the operation it is about.
        arguments: those of the function, in order.
        wrt: the names of the ones to derive by.
        lines: its statements, but for the last.
        result: the expression of its result; in `text` it becomes a number.
        before: what stands before the function: classes, helpers.
        record: the class, defined in `before`, of the argument `p`, which is here a dict.
        jax: whether JAX can compute it and means the same.
    """

    name: str
    arguments: dict[str, Any]
    wrt: tuple[str, ...]
    lines: list[str]
    result: str
    before: str = ""
    record: str = ""
    jax: bool = True
    use: str = "grad"
    parameters: list[str] = field(default_factory=list)

    def number(self) -> str:
        """The expression that is derived, in one of the uses.

        `grad` sums the result, `vjp` weighs it by `v`; `square` gives what is linear a second
        derivative.
        """
        if self.use == "vjp":
            return f"np.sum(v * ({self.result}))"
        if self.use == "square":
            return f"np.sum(v * ({self.result}) ** 2)"
        return self.result if self.use == "itself" else f"np.sum({self.result})"

    def source(self, returned: str) -> str:
        """The text of a module with the function, of `math` and NumPy and SciPy's names."""
        body = [*self.lines, f"return {returned}"]
        used = "\n".join([self.before, *body])
        lines = ["import numpy as np"]
        lines += [
            f"from {module} import {name}" for name, module in IMPORTS.items() if f"{name}(" in used
        ]
        if "NamedTuple" in used:
            lines.insert(0, "from typing import NamedTuple\n")
        if "@dataclass" in used:
            lines.insert(0, "from dataclasses import dataclass\n")
        statements = "".join(f"    {line}\n" for line in chain(*(b.split("\n") for b in body)))
        head = "\n".join(lines) + "\n\n\n" + (self.before + "\n\n\n" if self.before else "")
        return f"{head}def f({', '.join(self.arguments)}):\n{statements}"

    @property
    def text(self) -> str:
        return self.source(self.number())

    def described(self) -> str:
        """The shapes and dtypes of the arguments."""
        return ", ".join(f"{name}: {described(value)}" for name, value in self.arguments.items())


def described(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {described(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({', '.join(map(described, value))})"
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    return f"{type(value).__name__} {value!r}"


def loaded(text: str) -> dict[str, Any]:
    """The names of a module of this text, whose source can be read."""
    file = f"<arrays {hash(text)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    names: dict[str, Any] = {"__name__": "arrays"}
    exec(compile(text, file, "exec"), names)  # noqa: S102 - written by these tests
    return names


def forgotten() -> None:
    """Drop the sources of `loaded`, of which there are tens of thousands in a long run."""
    for file in [f for f in linecache.cache if f.startswith("<arrays ")]:
        del linecache.cache[file]


def given(case: Case, names: dict[str, Any]) -> dict[str, Any]:
    """The arguments, with the record as an object of its class."""
    if not case.record:
        return dict(case.arguments)
    return case.arguments | {"p": names[case.record](**case.arguments["p"])}


def finished(case: Case, draw: Draw) -> Case | None:
    """The case in one of its uses, or None where NumPy does not compute it at these shapes.

    Only what stands in a random program may fail: an operation's own cases are valid.
    """
    names = loaded(case.source(case.result))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = np.asarray(names["f"](**given(case, names)))
    case.use = draw.pick(USES)
    if case.use == "grad" and result.ndim == 0:
        case.use = "itself"
    if case.use in {"vjp", "square"}:
        case.arguments = case.arguments | {"v": draw.weights(result.shape)}
    if draw.single:
        case.arguments = {name: single(value) for name, value in case.arguments.items()}
    return case


def single(value: Any) -> Any:
    """In float32, where it is an array of floats."""
    if isinstance(value, dict):
        return {key: single(v) for key, v in value.items()}
    if type(value) in {list, tuple}:
        return type(value)(map(single, value))
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return value.astype(np.float32)
    return np.float32(value) if isinstance(value, float) else value


class Draw:
    """Randomness, and the shapes, arrays and texts made from it."""

    def __init__(self, *seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.single = self.chance(0.15)

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def integer(self, least: int, most: int) -> int:
        """Of a range with both ends."""
        return int(self.rng.integers(least, most + 1))

    def pick(self, options: Any) -> Any:
        if isinstance(options, str):
            options = options.split()
        return options[self.integer(0, len(options) - 1)]

    def form(self, texts: str) -> str:
        """One of several texts, between which there is ` | `."""
        return self.pick(
            [
                text.strip()
                for line in texts.split("\n")
                for text in line.split(" | ")
                if text.strip()
            ]
        )

    # Shapes

    def length(self) -> int:
        return self.pick((1, 2, 2, 3, 3, 4, 5))

    def shape(self, least: int = 0, most: int = 4, *, empty: bool = True) -> tuple[int, ...]:
        """A shape, often with unit axes, sometimes with an empty one where `empty`."""
        ranks = [r for r in (0, 1, 1, 1, 2, 2, 2, 3, 3, 4) if least <= r <= most]
        rank = self.pick(ranks or range(least, most + 1))
        while True:
            shape = [self.length() for _ in range(rank)]
            if int(np.prod(shape)) <= LARGEST:
                break
        if empty and rank and self.chance(0.06):
            shape[self.integer(0, rank - 1)] = 0
        return tuple(shape)

    def broadcast(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape that broadcasts with another: axes left out in front, unit axes."""
        kept = shape[self.integer(0, len(shape)) if self.chance(0.5) else 0 :]
        return tuple(1 if self.chance(0.3) else n for n in kept)

    # Arrays

    def spaced(self, shape: tuple[int, ...]) -> Any:
        """Distinct values between about -2.5 and 2.5, away from each other and from 0."""
        count = int(np.prod(shape))
        step = max(0.1, 3.0 / max(count, 1))
        places = (
            self.rng.permutation(count) - count // 2 + 0.25 + self.rng.uniform(-0.1, 0.1, count)
        )
        values = places * step
        return self.ranked(np.where(values > 0, values + 0.04, values - 0.04).reshape(shape))

    def positive(self, shape: tuple[int, ...]) -> Any:
        """Distinct values from 0.4 on."""
        count = int(np.prod(shape))
        step = max(0.1, 2.0 / max(count, 1))
        places = self.rng.permutation(count) + self.rng.uniform(-0.1, 0.1, count)
        return self.ranked((0.5 + places * step).reshape(shape))

    def increasing(self, count: int) -> Any:
        """Distinct values in order."""
        return np.sort(self.spaced((count,)))

    def between(self, x: Any, count: int) -> Any:
        """Values in order, between those of `x` and beyond them."""
        x = np.sort(x, axis=None)
        places = np.concatenate([(x[1:] + x[:-1]) / 2, [-9.0, -8.0, 8.0, 9.0]])
        return np.sort(self.rng.choice(places, count, replace=False))

    def mask(self, shape: tuple[int, ...]) -> Any:
        return np.asarray(self.rng.random(shape) < 0.5)[()]

    def data(self, shape: tuple[int, ...]) -> Any:
        """Truth values, or small integers of some range."""
        dtype = self.pick((bool, bool, np.int64, np.int32, np.uint8))
        return self.rng.integers(0, 2 if dtype is bool else 4, shape).astype(dtype)

    def indices(self, count: int, length: int) -> Any:
        """Indices into an axis, repeated and negative ones too."""
        return self.rng.integers(-length, length, count)

    def matrix(self, shape: tuple[int, ...]) -> Any:
        """Square matrices with determinants away from 0."""
        noise = self.rng.uniform(-0.4, 0.4, shape)
        n = shape[-1]
        return noise + np.diag(1.0 + self.rng.uniform(0.3, 0.7, n) + np.arange(n) * 0.6)

    def weights(self, shape: tuple[int, ...]) -> Any:
        return self.ranked(self.rng.uniform(0.3, 1.7, shape) * self.rng.choice((-1.0, 1.0), shape))

    def ranked(self, array: Any) -> Any:
        """A number where there are no axes, in one of its forms."""
        if np.ndim(array):
            return array
        return self.pick((float, np.float64, np.array))(float(array))

    # Texts

    def axis(self, ndim: int, *, none: bool = True, several: bool = True) -> str:
        """An `axis=` that an array of this rank has; empty where it is left out."""
        if ndim == 0 or (none and self.chance(0.25)):
            return self.pick(("", "axis=None")) if none else ""
        if several and ndim > 1 and self.chance(0.3):
            axes = self.rng.permutation(ndim)[: self.integer(1, ndim)]
            return f"axis={tuple(int(a) - ndim * self.chance(0.4) for a in axes)}"
        return f"axis={self.integer(-ndim, ndim - 1)}"

    def keepdims(self) -> str:
        return self.pick(("", "", "keepdims=True", "keepdims=False"))

    def options(self, *texts: str) -> str:
        """Keywords after the first argument."""
        return "".join(f", {text}" for text in texts if text)

    def called(self, name: str, x: str, *texts: str, method: bool = True) -> str:
        """As function or as method."""
        options = ", ".join(text for text in texts if text)
        if method and self.chance(0.5):
            return f"{x}.{name}({options})"
        return f"np.{name}({x}{', ' * bool(options)}{options})"

    def case(self, result: str, *lines: str, **arguments: Any) -> Case:
        """A case; by default it is derived by every argument that holds floats.

        Keywords that are no arguments: `wrt`, `before`, `record`, `jax`.
        """
        named = {k: arguments.pop(k) for k in ("before", "record", "jax") if k in arguments}
        wrt = arguments.pop("wrt", " ".join(n for n, v in arguments.items() if floats(v))).split()
        if len(wrt) > 1 and self.chance(0.4):
            wrt = [self.pick(wrt)]
        used = "\n".join([*lines, result])
        for name, value in arguments.items():
            # A Python float has no methods.
            if isinstance(value, float) and f"{name}." in used:
                arguments[name] = np.array(value)
        return Case("", arguments, tuple(wrt), list(lines), result, **named)


def floats(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(floats, value.values()))
    if isinstance(value, list | tuple):
        return any(map(floats, value))
    return isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")
