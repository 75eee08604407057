"""What `docs/support.md` says: made of the tables of operations, of refusals and of conventions."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from diffsrc.ops import METHODS as DISTRIBUTION_METHODS
from diffsrc.ops import SHAPES, TABLE, complete, is_of_distribution
from diffsrc.ops.arrays import ARRAYS, FAMILIES, ArrayOperation
from diffsrc.ops.arrays import complete as complete_arrays
from diffsrc.ops.arrays.refused import REFUSED, Refused
from tests.array_operations.conventions import CONVENTIONS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "support.md"

TITLES = {
    "reductions": "Reductions",
    "products": "Products",
    "linear": "Linear algebra",
    "shaping": "Shapes, parts and new arrays",
    "diagonals": "Diagonals",
    "selection": "Selection and order",
    "differences": "Differences, integrals and polynomials",
    "exponentials": "Of SciPy",
}
# Files that have a part of another family; `basic` has the first of several.
PARTS = {"medians": "reductions"}
OF_BASIC = {"sum": "reductions", "mean": "reductions", "matmul": "products", "dot": "products"}
# Attributes, and what is no function.
NOT_CALLED = {
    "np.T": "x.T",
    "np.mT": "x.mT",
    "np.r_": "np.r_[x, y]",
    "np.c_": "np.c_[x, y]",
    "np.index": "",
}
# What the parser reads itself: `Builtins.handlers`.
READ_BY_HAND = (
    ("np.piecewise", "x, condlist, funclist"),
    ("np.shape np.ndim np.size", "a"),
    ("np.isscalar", "element"),
)
ATTRIBUTES = "shape ndim size dtype T mT flat real imag conj conjugate clip round"

# By the operation that a group begins with.
POINTWISE = {
    "pi": "constants",
    "add": "arithmetic",
    "sqrt": "roots, exponentials, logarithms",
    "sin": "trigonometric, hyperbolic",
    "abs": "signs, extremes, choices",
    "floor": "rounding",
    "comb": "integers",
    "lt": "comparisons, truth values",
    "real": "complex numbers",
    "erf": "special functions of `math`",
}

NO_VALUE = ("np.std(x)", "np.linalg.norm(x, 3)", "np.sum(np.hypot(x, x))")

# Each is run with `x` and `y` of one axis, `X` of two, `k` of integers, `i` an integer, `p` and
# `layers` structures of them.
INDEXING = (
    ("integers", "x[0]", "x[-1]", "X[1, 2]", "X[0]"),
    ("slices of any step", "x[1:]", "x[::-1]", "X[:, 1:3]", "x[i:]"),
    ("new axes, the ellipsis", "x[:, None]", "X[..., 0]", "X[None, ..., np.newaxis]"),
    ("masks", "x[x > 0]", "X[X[:, 0] > 0]", "X[X > 0]"),
    ("integer arrays, with repeats", "x[[0, 0, 1]]", "x[k]", "X[k, k]", "X[np.ix_(k, k)]"),
    ("mixtures", "X[k, 1:]", "X[0, k]", "X[:, k]", "X[:, 1:][k]"),
    ("lengths", "len(x) * x", "x.size * x", "X.shape[1] * X", "x.ndim * x"),
)

PYTHON = (
    ("tuples, lists", "W, b = pair", "pair[0] @ x", "np.stack([x, y])"),
    ("dicts", "p['W'] @ x + p['b']", "sum(v.sum() for v in p.values())"),
    ("named tuples, dataclasses", "record.W @ x + record.b"),
    (
        "loops over them",
        "for W, b in layers: x = np.tanh(W @ x + b)",
        "for n, (W, b) in enumerate(layers): x = x + n * b",
        "sum(W.sum() for W, b in layers) * x",
    ),
    (
        "branches",
        "if np.any(x > 0): x = 2 * x",
        "x if X.shape[0] > 2 else -x",
        "assert x.ndim == 1",
    ),
    ("functions of yours", "norm = lambda v: np.sqrt(v @ v); x = x / norm(x)"),
    (
        "an array of the function's own",
        "z = x.copy(); z[z < 0] = 0; x = z * x",
        "z = 2 * x; z += 1; x = z",
    ),
    ("numbers of arrays", "float(x[0]) * x", "math.sqrt(x @ x) * x", "a, b, c = x; x = a * b * c"),
)
NOT_PYTHON = (
    ("for n in range(3): x = x * n", "write the terms out, or use whole arrays"),
    ("for row in X: x = x * row", "use whole arrays: operations go through the items"),
    ("np.sum([v**2 for v in x])", "as above"),
    ("while x.sum() > 1: x = x / 2", ""),
    ("x[0] = 1.0", "np.where, np.concatenate; by a mask (`z[z < 0] = 0`) in an array of its own"),
    ("x += 1", "`x = x + 1`: the caller sees the array"),
    ("with np.errstate(all='ignore'): x = np.log(x)", "around the derivative"),
    ("x * 1j", "real and imaginary parts as arrays of their own"),
    ("x.astype(np.int32) * x", ""),
    ("X.sum(axis=i)", "a literal, or a static argument"),
)


def _families() -> dict[str, list[ArrayOperation]]:
    """The operations by the files that have them."""
    complete_arrays()
    found: dict[str, list[ArrayOperation]] = {name: [] for name in TITLES}
    for family in FAMILIES:
        module = importlib.import_module(f"diffsrc.ops.arrays.{family}")
        tree = ast.parse(Path(module.__file__ or "").read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "array":
                name = ast.literal_eval(node.args[0])
                home = OF_BASIC.get(name, "shaping") if family == "basic" else family
                found.setdefault(PARTS.get(home, home), []).append(ARRAYS[f"np.{name}"])
    assert sum(map(len, found.values())) == len(ARRAYS)
    return found


def _names(operation: ArrayOperation) -> list[str]:
    """How it is called: functions, then the method."""
    if operation.name in NOT_CALLED:
        names = [*operation.spellings, NOT_CALLED[operation.name]]
        return [name for name in names if name]
    method = [f"x.{operation.method}"] if operation.method else []
    return [*filter(_exists, operation.spellings), *method]


def _exists(spelling: str) -> bool:
    """Whether NumPy still has it: `np.trapz` and `np.row_stack` are gone."""
    prefix, _, name = spelling.partition(".")
    return prefix != "np" or hasattr(np, name.partition(".")[0])


def _arguments(operation: ArrayOperation) -> str:
    """Those that are understood."""
    texts = []
    for parameter in operation.parameters:
        if parameter.kind in {"refused", "graph"}:
            continue
        star = "*" if parameter.kind == "rest" else ""
        default = f"={_written(parameter.default)}" if parameter.has_default else ""
        texts.append(f"{star}{parameter.name}{default}")
    return ", ".join(texts)


def _written(default: object) -> str:
    return f'"{default}"' if isinstance(default, str) else str(default)


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    lines = [list(titles), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return [f"| {' | '.join(cells)} |" for cells in lines]


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _arrays() -> list[str]:
    lines = []
    for family, operations in _families().items():
        by_arguments: dict[str, list[str]] = {}
        for operation in operations:
            names = _names(operation)
            if names:
                arguments = "" if operation.name in NOT_CALLED else _arguments(operation)
                by_arguments.setdefault(arguments, []).extend(names)
        if family == "shaping":
            for names_, arguments in READ_BY_HAND:
                by_arguments.setdefault(arguments, []).extend(names_.split())
        rows = [
            (_code(dict.fromkeys(names)), f"`{arguments}`" if arguments else "")
            for arguments, names in by_arguments.items()
        ]
        lines += [
            f"### {TITLES.get(family, family.capitalize())}",
            "",
            *_table(("functions", "arguments"), rows),
            "",
        ]
    return lines


def _pointwise() -> list[str]:
    groups: dict[str, list[str]] = {}
    title = ""
    for operation in TABLE.values():
        if operation.spellings[0].startswith("scipy.") or is_of_distribution(operation.name):
            continue
        title = POINTWISE.get(operation.name, title)
        groups.setdefault(title, []).extend(operation.spellings)
    rows = []
    for title, names in groups.items():
        others = [n for n in dict.fromkeys(names) if not n.startswith(("np.", "scipy."))]
        rows.append(
            (title, _code(n for n in dict.fromkeys(names) if n.startswith("np.")), _code(others))
        )
    return _table(("", "NumPy", "Python"), rows)


def _special() -> list[str]:
    names = [
        spelling.removeprefix("scipy.special.")
        for operation in TABLE.values()
        for spelling in operation.spellings
        if spelling.startswith("scipy.special.")
    ]
    methods = ", ".join(f"`.{name}`" for name in DISTRIBUTION_METHODS)
    return [
        f"Of `scipy.special`: {_code(sorted(set(names)))}.",
        "",
        f"Of `scipy.stats`, by {methods}: {_code(SHAPES)}.",
    ]


def _refused(*, later: bool) -> list[str]:
    def row(line: Refused) -> tuple[str, str, str]:
        names = [name.replace("ndarray.", "x.").replace("ufunc.", "np.add.") for name in line.names]
        return _code(names), line.why, _escaped(line.instead)

    rows = [row(line) for line in REFUSED if line.later is later]
    return _table(("functions", "why", "instead"), rows)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def scalar_conventions() -> list[str]:
    """README's table of them, line by line."""
    section = (ROOT / "README.md").read_text().split("\n## Where there is no derivative\n")[1]
    lines = section.split("\n## ")[0].splitlines()
    return [line for line in lines if line.startswith("|")]


def _conventions() -> list[str]:
    rows = []
    for expression, arguments, expected in CONVENTIONS:
        given = ", ".join(f"{name} = {_short(value)}" for name, value in arguments.items())
        rows.append((f"`{expression}`", f"`{given}`", f"`{_short(expected)}`"))
    return _table(("of", "at", "is"), rows)


def _short(value: object) -> str:
    """`[1, 0]` for a list of floats."""
    return (
        re.sub(r"\.0\b", "", str(value))
        .replace("-0.3183098861837907", "-1/pi")
        .replace("3.141592653589793", "pi")
    )


def page() -> str:
    """The whole page."""
    complete()
    parts = [
        "# What diffsrc understands",
        "",
        (
            "Made from its tables by the tests (`pytest tests/test_support.py --update-golden`), "
            "which also run what is shown here. What is not on this page is refused, at its line."
        ),
        "",
        "## Functions of arrays",
        "",
        (
            "As functions, and as methods where `x.name` stands, with these arguments. Others "
            "(`out=`, `where=`, `initial=`, `order=`) are refused, unless they are `None`."
        ),
        "",
        *_arrays(),
        f"Attributes: {_code(f'x.{name}' for name in ATTRIBUTES.split())}.",
        "",
        "## Functions of numbers",
        "",
        (
            "Those of NumPy go through arrays item by item, with broadcasting; their arguments "
            "`out=`, `where=` and `dtype=` are refused. Python's operators are understood too."
        ),
        "",
        *_pointwise(),
        "",
        "### Special functions and distributions",
        "",
        *_special(),
        "",
        "## Indexing",
        "",
        *_table(("", ""), [(title, _code(examples)) for title, *examples in INDEXING]),
        "",
        "## Python",
        "",
        *_table(("", ""), [(title, _code(examples)) for title, *examples in PYTHON]),
        "",
        "Refused:",
        "",
        *_table(("", "instead"), [(f"`{text}`", instead) for text, instead in NOT_PYTHON]),
        "",
        "## Where there is no derivative",
        "",
        (
            "At kinks, ties and edges the derivative is that of the branch that Python or NumPy "
            "takes; the rest is convention. Of numbers, and of arrays item by item:"
        ),
        "",
        *scalar_conventions(),
        "",
        "Of arrays as wholes, the derivative by `x`:",
        "",
        *_conventions(),
        "",
        f"Where 0 is divided by 0, it is nan, with NumPy's warning: {_code(NO_VALUE)} of zeros.",
        "",
        "## Refused",
        "",
        "What has no derivative, or no value that could have one:",
        "",
        *_refused(later=False),
        "",
        "What may come:",
        "",
        *_refused(later=True),
    ]
    return "\n".join(parts) + "\n"
