"""Random programs of array operations, typed by being run while they are written."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tests.array_cases import Case, Draw, forgotten

LOCALS = ("h", "r", "s", "t", "z", "total", "hidden", "scores", "d_x", "residual", "out", "y2")
TRIES = 60
LARGEST = 60
MOST = 40.0
SINGULAR = 0.05
# Their derivatives divide by them.
SINGULAR_AT_0 = ("np.std", "np.linalg.norm", "np.linalg.det")

# What may stand in a statement; {a} and {b} are values, {axis} an axis, {i} indices. The weights of
# what is common in real programs are in how often it stands here.
# fmt: off
EXPRESSIONS = """
{a} + {b} | {a} - {b} | {a} * {b} | {a} * {b} + {a} | {a} / (1.0 + {b}**2) | {a} ** 2 | 0.5 * {a}
{a} @ {b} | {a} @ {b} | {a} @ {b} | {a} @ {b}.T | {a}.T @ {b} | np.dot({a}, {b})
np.matmul({b}, {a}) | np.outer({a}, {b}) | {a}[:, None] * {b} | {a}[:, None] - {b}[None, :]
{a}[..., None] + {b} | np.einsum('ij,j->i', {a}, {b}) | np.einsum('...i,...i->...', {a}, {b})
np.tensordot({a}, {b}, 1) | np.tanh({a}) | np.sin({a}) | np.cos({a} + {b}) | np.exp(-{a}**2)
np.sqrt(1.0 + {a}**2) | np.arctan({a}) | np.log1p({a}**2) | 1 / (1 + np.exp(-{a}))
np.logaddexp(0, {a}) | np.abs({a}) | np.hypot({a}, 1.3) | np.sum({a}, axis={axis})
{a}.sum(axis={axis}, keepdims=True) | {a}.sum() | np.sum({a} * {b}) | np.sum({a}, {axis})
np.mean({a}, axis={axis}) | {a}.mean() | {a} - {a}.mean(axis={axis}, keepdims=True)
np.var({a}, axis={axis}) | np.std({a} + {b}) | np.prod({a}, axis={axis}) | {a}.max(axis={axis})
np.min({a}) | np.ptp({a}, axis={axis}) | np.linalg.norm({a}) | np.linalg.norm({a}, axis={axis})
{a} / np.linalg.norm({a}, axis={axis}, keepdims=True) | np.cumsum({a}, axis={axis})
np.cumprod({a}) | np.median({a}, axis={axis}) | np.trace({a})
np.average({a}, weights={b}**2 + 1) | {a}.T | np.transpose({a}) | {a}.reshape(-1) | {a}.ravel()
np.swapaxes({a}, 0, -1) | {a}.reshape({a}.shape[0], -1) | {a}[:, None] | {a}[np.newaxis]
np.expand_dims({a}, -1) | np.squeeze({a}) | np.moveaxis({a}, 0, -1) | {a}.reshape(-1, 2) | {a}[1:]
{a}[:-1] | {a}[1:] - {a}[:-1] | {a}[0] | {a}[..., -1] | {a}[::-1] | {a}[::2] | {a}[:, 1:]
{a}[:, 0] | {a}[{i}] | {a}[:, {i}] | {a}[{a} > 0] | {a}[{a} > 0].sum() | np.take({a}, {i})
{a}.flatten()[{i}] | np.concatenate([{a}, {b}]) | np.concatenate([{a}, {b}], axis={axis})
np.stack([{a}, {b}]) | np.vstack([{a}, {b}]) | np.hstack([{a}, {b}]) | np.tile({a}, 2)
np.repeat({a}, 2, axis={axis}) | np.roll({a}, 1, axis={axis}) | np.flip({a})
np.broadcast_to({a}, {b}.shape) | np.diag({a}) | np.triu({a}) | np.tril({a}, -1)
{a} * np.eye(len({a})) | np.pad({a}, 1) | np.atleast_2d({a}) | np.where({a} > 0, {a}, 0.1 * {a})
np.where({a} > {b}, {a}, {b}) | np.maximum({a}, 0.0) | np.minimum({a}, {b})
np.clip({a}, -1.01, 1.02) | np.sort({a}, axis={axis}) | {a}[np.argmax({a})] | {a}[np.argsort({b})]
np.take_along_axis({a}, np.argsort({a}, axis={axis}), axis={axis}) | np.diff({a}, axis={axis})
np.gradient({a}) | np.trapezoid({a}, axis={axis}) | np.convolve({a}, {b}) | np.kron({a}, {b})
np.cross({a}, {b}) | np.linalg.solve({a} @ {a}.T + 2.0 * np.eye(len({a})), {b})
np.linalg.inv({a}.T @ {a} + np.eye({a}.shape[1])) | np.linalg.det({a})
np.linalg.slogdet({a} @ {a}.T + 2.0 * np.eye(len({a})))[1]
np.linalg.cholesky({a} @ {a}.T + 2.0 * np.eye({a}.shape[0]))
np.exp({a} - np.max({a}, axis={axis}, keepdims=True))
{a} / np.sum(np.exp({a}), axis={axis}, keepdims=True) | {a} / len({a}) | {a} / {a}.size
logsumexp({a}, axis={axis}) | softmax({a}, axis={axis}) | {a} * np.arange(len({a}))
np.zeros_like({a}) + {b} | np.vdot({a}, {b}) | np.inner({a}, {b})
"""
# fmt: on
TEMPLATES = [t.strip() for line in EXPRESSIONS.strip().split("\n") for t in line.split(" | ")]
# What a template needs of the ranks of its values, where NumPy takes what nobody writes.
RANKS = {
    "axis={axis}": lambda a, b: a > 0,
    "{a}[{a} > 0]": lambda a, b: a > 0,
    "{a}, {axis}": lambda a, b: a > 0,
    "np.trapezoid": lambda a, b: a > 0,
    "np.gradient": lambda a, b: a == 1,
    "np.convolve": lambda a, b: a == b == 1,
    "np.argsort({b})": lambda a, b: b > 0,
    "np.tri": lambda a, b: a > 1,
    "np.diag(": lambda a, b: a > 0,
    "{a}.T @ {a}": lambda a, b: a == 2,
    "{a} @ {a}.T": lambda a, b: a == 2,
    "{a}, {b}], axis": lambda a, b: a == b,
}
# Of truth values NumPy gives these in a way of its own.
DIFFERENCES = ("np.diff", "np.gradient", "np.trapezoid")
CONDITIONS = (
    "np.sum({a}) > 0.3",
    "np.any({a} > 1.0)",
    "({a} < 1.5).all()",
    "len({a}) > 2",
    "{a}.ndim == 2",
)
REFUSED_BY_NUMPY = (
    ArithmeticError,
    AttributeError,
    IndexError,
    TypeError,
    ValueError,
    np.linalg.LinAlgError,
)


class Program:
    """A program while it is written: its statements, and the values of its names."""

    def __init__(self, draw: Draw) -> None:
        from scipy.special import logsumexp, softmax

        self.draw = draw
        self.library = {"np": np, "logsumexp": logsumexp, "softmax": softmax}
        self.arguments: dict[str, Any] = {}
        self.values: dict[str, Any] = {}
        self.lines: list[str] = []
        self.used: set[str] = set()
        self.jax = True
        n, m = draw.length(), draw.length()
        shapes = [(n,), (m,), (n, m), (m, n), (n, n), (n, 1), (2, n, m), ()]
        for name in ("x", "w", "A")[: draw.integer(1, 3)]:
            self.arguments[name] = draw.spaced(draw.pick(shapes))
        if draw.chance(0.3):
            # Data that nothing is derived by, of which NumPy computes otherwise than of floats.
            self.arguments["k"] = draw.data(draw.pick(shapes[:-1]))
            self.jax = False
        self.values |= self.arguments

    def operand(self) -> str:
        """A name, those not yet used and the last ones more often."""
        names = list(self.values)
        unused = [n for n in names if n not in self.used]
        return self.draw.pick(unused if unused and self.draw.chance(0.6) else names)

    def filled(self, template: str) -> str | None:
        """A template of names that it is meant for."""
        a, b = self.operand(), self.operand()
        ranks = np.ndim(self.values[a]), np.ndim(self.values[b])
        if not all(fits(*ranks) for part, fits in RANKS.items() if part in template):
            return None
        if np.asarray(self.values[a]).dtype == bool and template.startswith(DIFFERENCES):
            return None
        axis = self.draw.pick(("0", "-1", "1"))
        indices = self.draw.pick(("[0, 0]", "[0, -1, 0]", "[-1]"))
        return template.format(a=a, b=b, axis=axis, i=indices)

    def evaluated(self, text: str | None) -> Any:
        """Its value, or None where it has none, or one that is too large or a singular one."""
        if text is None:
            return None
        with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
            warnings.simplefilter("error")
            try:
                value = eval(text, self.library, self.values)  # noqa: S307 - written here
            except (*REFUSED_BY_NUMPY, Warning):
                return None
        if getattr(value, "dtype", None) == np.float16:
            return None  # of truth values and bytes: three digits
        if np.size(value) > LARGEST or np.size(value) == 0 or np.ndim(value) > 4:
            return None
        if text.startswith(SINGULAR_AT_0) and np.min(np.abs(value)) < SINGULAR:
            return None
        if text.endswith(" > 0]") and np.size(value) == 1:
            return None  # beside others it would be broadcast, which no text shows
        return value if np.max(np.abs(value)) < MOST else None

    def expression(self) -> tuple[str, Any] | None:
        for _ in range(TRIES):
            text = self.filled(self.draw.pick(TEMPLATES))
            value = self.evaluated(text)
            if value is not None:
                # JAX takes no lists as indices.
                self.jax &= "[[" not in text and "np.take(" not in text
                self.used |= {n for n in self.values if n in names_of(text)}
                return text, value
        return None

    def statement(self) -> None:
        """Assign to a name, new or in use."""
        found = self.expression()
        if found is None:
            return
        text, value = found
        fresh = [n for n in LOCALS if n not in self.values]
        own = [n for n in self.values if n not in self.arguments]
        name = self.draw.pick(own) if own and self.draw.chance(0.12) else self.draw.pick(fresh)
        if self.draw.chance(0.12):
            condition = self.filled(self.draw.pick(CONDITIONS))
            taken = self.evaluated(condition)
            other = self.draw.pick(("np.sin({0})", "2 * ({0})", "({0}) ** 2")).format(text)
            second = self.evaluated(other)
            if taken is not None and second is not None and np.ndim(taken) == 0:
                arms = (text, other) if self.draw.chance(0.5) else (other, text)
                value = value if arms[bool(not taken)] == text else second
                self.lines.append(
                    f"if {condition}:\n    {name} = {arms[0]}\nelse:\n    {name} = {arms[1]}"
                )
                self.assign(name, value)
                return
        self.lines.append(f"{name} = {text}")
        self.assign(name, value)

    def assign(self, name: str, value: Any) -> None:
        self.values[name] = value
        self.used.discard(name)

    def result(self) -> str:
        """An expression of everything that is not used yet."""
        unused = [n for n in self.values if n not in self.used and n not in self.arguments]
        names = unused or [list(self.values)[-1]]
        last, rest = names[-1], names[:-1]
        return " + ".join([last, *(f"np.sum({name})" for name in rest)])


def names_of(text: str) -> set[str]:
    return set(compile(text, "<expression>", "eval").co_names)


def random_program(draw: Draw) -> Case:
    """A program of 2 to 8 statements."""
    forgotten()
    program = Program(draw)
    for _ in range(draw.integer(2, 8)):
        program.statement()
    wrt = [n for n in program.arguments if n in program.used and n != "k"] or ["x"]
    if len(wrt) > 1 and draw.chance(0.4):
        wrt = [draw.pick(wrt)]
    case = draw.case(
        program.result(),
        *program.lines,
        **program.arguments,
        wrt=" ".join(wrt),
        jax=program.jax,
    )
    case.name = "program"
    return case
