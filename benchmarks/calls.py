"""How fast derivatives of the golden set are, beside those by hand and by others.

    python benchmarks/calls.py [NAME...]

Times are nanoseconds a call, over all cases of a program. `emitted` is
`df.function`; `df adds` is what a call of `df` itself costs above that. The others
get the same program with NumPy's functions in place of `math`'s (autograd its own
NumPy), and a dash where they cannot derive it. Every value is compared with the
derivative by hand first; exit code 1 when one of ours differs.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import pkgutil
import sys
import types
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.timing import Point, nanoseconds, table
from diffsrc import grad
from tests import programs

LIMITS = {"emitted / by hand": 1.1, "df adds": 80.0, "tangent": 15.0, "autograd": 100.0}

# What NumPy calls otherwise; `erf` is SciPy's.
NUMPY = {"math.asin": "np.arcsin", "math.erf": "special.erf"}
PRELUDES = {
    "autograd": "import autograd.numpy as np\nimport autograd.scipy.special as special",
    "tangent": "import numpy as np\nimport scipy.special as special",
}


class WithNumpy(ast.NodeTransformer):
    """`math.sin` becomes `np.sin`; annotations go, which tangent does not read."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Replace a name of `math`."""
        text = ast.unparse(node)
        if text.startswith("math."):
            other = NUMPY.get(text, text.replace("math.", "np."))
            return ast.parse(other, mode="eval").body
        self.generic_visit(node)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        """Leave the name only."""
        return ast.arg(node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Leave out what the function returns."""
        self.generic_visit(node)
        node.returns = None
        return node


def rewritten(name: str, project: str) -> Callable[..., Any]:
    """The program with NumPy's functions, in a module that `inspect` can read."""
    module = import_module(f"tests.programs.{name}")
    tree = WithNumpy().visit(ast.parse(inspect.getsource(module)))
    text = f"{PRELUDES[project]}\n{ast.unparse(ast.fix_missing_locations(tree))}\n"
    other = types.ModuleType(f"{name}_for_{project}")
    file = f"<{other.__name__}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    sys.modules[other.__name__] = other
    exec(compile(text, file, "exec"), other.__dict__)  # noqa: S102 # our own program
    function: Callable[..., Any] = getattr(other, name)
    return function


def by_autograd(name: str, positions: tuple[int, ...]) -> Callable[..., Any]:
    """The gradient by autograd."""
    import autograd

    return autograd.grad(
        rewritten(name, "autograd"), positions if len(positions) > 1 else positions[0]
    )


def by_tangent(name: str, positions: tuple[int, ...]) -> Callable[..., Any]:
    """The gradient by tangent: emitted source too."""
    import tangent

    return tangent.grad(rewritten(name, "tangent"), wrt=positions)


def differs(function: Callable[..., Any], expected: dict[Point, Any]) -> Point | None:
    """The first case with a partial derivative that is 1e-9 of the largest off."""
    sizes = [max(map(abs, column)) for column in zip(*map(parts, expected.values()), strict=True)]
    for point, value in expected.items():
        found = parts(function(*point))
        for one, other, size in zip(found, parts(value), sizes, strict=True):
            if not abs(one - other) <= 1e-9 * size:
                return point
    return None


def parts(value: Any) -> tuple[Any, ...]:
    """The partial derivatives of a gradient."""
    return value if isinstance(value, tuple) else (value,)


def usable(
    derive: Callable[[str, tuple[int, ...]], Callable[..., Any]],
    name: str,
    positions: tuple[int, ...],
    expected: dict[Point, Any],
) -> Callable[..., Any] | str:
    """Another project's gradient if it is right, else why it is not used."""
    try:
        function = derive(name, positions)
        wrong = differs(function, expected)
    except Exception as error:  # noqa: BLE001 # whatever another project raises
        return f"{type(error).__name__}: {str(error).splitlines()[:1]}"
    return function if wrong is None else f"another value at {wrong}"


def measure(name: str) -> tuple[list[object], dict[str, str]]:
    """One row of the table, and what the others could not do."""
    module = import_module(f"tests.programs.{name}")
    hand = getattr(import_module(f"tests.references.{name}"), f"{name}_grad")
    function, wrt = getattr(module, name), module.WRT
    df = grad(function, wrt=wrt if len(wrt) > 1 else wrt[0])
    expected = {p: hand(*p) for p in module.CASES}
    wrong = differs(df, expected)
    if wrong is not None:
        sys.exit(f"{name}: wrong at {wrong}\n{df.source}")
    positions = tuple(list(inspect.signature(function).parameters).index(w) for w in wrt)
    functions = {"hand": hand, "function": df.function, "df": df}
    failed: dict[str, str] = {}
    for project, derive in (("tangent", by_tangent), ("autograd", by_autograd)):
        other = usable(derive, name, positions, expected)
        if isinstance(other, str):
            failed[project] = other
        else:
            functions[project] = other
    times = nanoseconds(functions, module.CASES)
    others = [ratio(times, p, "function") if p in times else None for p in PRELUDES]
    adds = median(df - own for df, own in zip(times["df"], times["function"], strict=True))
    row = [name, median(times["hand"]), median(times["function"])]
    return [*row, ratio(times, "function", "hand"), adds, *others[::-1]], failed


def ratio(times: dict[str, list[float]], one: str, other: str) -> float:
    """The median ratio of two functions' times in the same round."""
    return median(a / b for a, b in zip(times[one], times[other], strict=True))


def main(names: list[str]) -> None:
    """Print the table and how it stands to the limits."""
    warnings.simplefilter("ignore")
    rows: list[list[object]] = []
    notes: list[str] = []
    for name in names or sorted(m.name for m in pkgutil.iter_modules(programs.__path__)):
        row, failed = measure(name)
        rows.append(row)
        notes += [f"{project} cannot do {name}: {why}" for project, why in failed.items()]
    head = ["", "by hand", "emitted", *LIMITS]
    print(table([head, *rows]), end="\n\n")
    for i, (what, limit) in enumerate(LIMITS.items(), start=3):
        found = [row[i] for row in rows if isinstance(row[i], float)]
        if not found:
            continue
        least = what in PRELUDES
        beyond = [r[0] for r in rows if r[i] is not None and (r[i] < limit) == least]
        worst = min(found) if least else max(found)
        text = f"{what}: median {median(found):.2f}, worst {worst:.2f}"
        print(f"{text}; limit {limit:g}; beyond: {', '.join(map(str, beyond)) or 'none'}")
    print("", *notes, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
