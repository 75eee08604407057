"""How fast gradients of the golden set of arrays are, beside those by hand and by others.

    python benchmarks/array_programs.py [NAME...] [small|large]

Times are microseconds a call in one thread. `emitted` is `df.function`; `df adds` is what a call of
`df` itself, which looks at what it is called with, costs above that. The others, measured against
`df`, get the program's own text with their NumPy in place of NumPy; JAX is compiled beforehand, has
its arguments already, and is measured at the small sizes. A dash is where they cannot derive it.
Every gradient is compared with the one by hand first; exit code 1 when one of ours differs.
"""

from __future__ import annotations

import os

# Before NumPy is imported: this is when its BLAS starts threads.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import inspect
import linecache
import pkgutil
import sys
import types
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from statistics import geometric_mean, median
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.timing import of_calls, table
from diffsrc import DiffsrcError, grad
from tests import array_programs

# At most, but for other projects at least.
LIMITS = {"/ by hand": 1.15, "/ f": 3.0, "tangent": 1.0, "autograd": 1.0, "jax": 1.0}
OTHERS = ("tangent", "autograd", "jax")
ROUNDS = {"small": 51, "large": 7}
# Below these, of a gradient, calls decide rather than waste.
MICROSECONDS = 20

MODULES = {"tangent": "numpy", "autograd": "autograd.numpy", "jax": "jax.numpy"}

Gradient = Callable[..., Any]


class Golden(NamedTuple):
    """One program of the golden set."""

    name: str
    f: Callable[..., Any]
    hand: Gradient
    wrt: tuple[str, ...]
    positions: tuple[int, ...]
    cases: Callable[[str], list[tuple[Any, ...]]]


def golden(name: str) -> Golden:
    """The program of that name."""
    module = import_module(f"tests.array_programs.{name}")
    hand = getattr(import_module(f"tests.array_references.{name}"), f"{name}_grad")
    f, wrt = getattr(module, name), module.WRT
    parameters = list(inspect.signature(f).parameters)
    positions = tuple(map(parameters.index, wrt))
    return Golden(name, f, hand, wrt, positions, module.cases)


def names() -> list[str]:
    """All programs of the golden set."""
    return sorted(module.name for module in pkgutil.iter_modules(array_programs.__path__))


def rewritten(program: Golden, project: str) -> Callable[..., Any]:
    """The program with a project's NumPy, in a module that `inspect` can read."""
    text = inspect.getsource(inspect.getmodule(program.f))
    text = text.replace("import numpy as np", f"import {MODULES[project]} as np")
    other = types.ModuleType(f"{program.name}_for_{project}")
    file = f"<{other.__name__}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    sys.modules[other.__name__] = other
    exec(compile(text, file, "exec"), other.__dict__)  # noqa: S102 # our own program
    function: Callable[..., Any] = getattr(other, program.name)
    return function


def by_autograd(program: Golden) -> Gradient:
    """The gradient by autograd."""
    import autograd

    return autograd.grad(rewritten(program, "autograd"), program.positions)


def by_tangent(program: Golden) -> Gradient:
    """The gradient by tangent: emitted source too."""
    import tangent

    return tangent.grad(rewritten(program, "tangent"), wrt=program.positions)


def by_jax(program: Golden) -> Gradient:
    """The gradient by JAX in float64, with its arguments on its side."""
    import jax

    jax.config.update("jax_enable_x64", True)
    compiled = jax.jit(jax.grad(rewritten(program, "jax"), program.positions))

    def gradient(*args: Any) -> Any:
        return jax.block_until_ready(compiled(*args))

    return gradient


DERIVE = {"tangent": by_tangent, "autograd": by_autograd, "jax": by_jax}


def differs(one: Any, other: Any) -> bool:
    """Whether gradients are more than 1e-9 of the largest component apart."""
    pairs = zip(parts(one), parts(other), strict=True)
    return not all(
        np.shape(a) == np.shape(b) and np.abs(a - b).max() <= 1e-9 * np.abs(b).max()
        for a, b in pairs
    )


def parts(gradient: Any) -> tuple[Any, ...]:
    """The gradients by each argument."""
    return tuple(gradient) if isinstance(gradient, tuple | list) else (gradient,)


def usable(project: str, program: Golden, args: Sequence[Any]) -> tuple[Gradient, Any] | str:
    """Another project's gradient and its arguments if it is right, else why it is not used."""
    try:
        gradient = DERIVE[project](program)
        if project == "jax":
            import jax

            args = jax.device_put(args)
        found = gradient(*args)
    except Exception as error:  # noqa: BLE001 # whatever another project raises
        return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
    if differs(found, program.hand(*args)):
        return "another value"
    return gradient, args


def measure(program: Golden, size: str) -> tuple[list[object], dict[str, str]]:
    """One row of the table, and what the others could not do."""
    args = program.cases(size)[0]
    df = grad(program.f, wrt=program.wrt if len(program.wrt) > 1 else program.wrt[0])
    failed: dict[str, str] = {}
    expected = program.hand(*args)
    try:
        found = df(*args)
    except DiffsrcError as error:
        return [program.name, *[None] * 9], {"diffsrc": str(error).splitlines()[0]}
    if differs(found, expected):
        sys.exit(f"{program.name}: differs\n{df.source_for(*args)}")
    del found, expected
    calls: dict[str, tuple[Gradient, Any]] = {
        "f": (program.f, args),
        "hand": (program.hand, args),
        "own": (df.function, args),
        "df": (df, args),
    }
    for project in OTHERS if size == "small" else OTHERS[:2]:
        other = usable(project, program, args)
        if isinstance(other, str):
            failed[project] = other
        else:
            calls[project] = other
    times = of_calls(calls, ROUNDS[size])

    def ratio(one: str, other: str) -> float | None:
        if one not in times:
            return None
        return median(a / b for a, b in zip(times[one], times[other], strict=True))

    typical = [median(times[name]) * 1e6 for name in ("f", "hand", "own")]
    adds = median(df - own for df, own in zip(times["df"], times["own"], strict=True)) * 1e6
    own = [ratio("own", "hand"), ratio("own", "f")]
    return [program.name, *typical, adds, *own, *(ratio(p, "df") for p in OTHERS)], failed


def summary(rows: list[list[object]]) -> list[str]:
    """How the table stands to the limits."""
    lines = []
    for i, (what, limit) in enumerate(LIMITS.items(), start=5):
        found = {str(row[0]): row[i] for row in rows if isinstance(row[i], float)}
        if what == "/ f":
            long = {row[0] for row in rows if isinstance(row[3], float) and row[3] > MICROSECONDS}
            found = {name: value for name, value in found.items() if name in long}
        if not found:
            continue
        least = what in OTHERS
        beyond = [f"{n} {v:.2f}" for n, v in found.items() if (v < limit) == least and v != limit]
        worst = (min if least else max)(found.values())
        lines.append(
            f"{what}: geometric mean {geometric_mean(found.values()):.2f}, worst {worst:.2f}"
            f" of {len(found)}; limit {limit:g}; beyond: {', '.join(beyond) or 'none'}"
        )
    return lines


def main(arguments: list[str]) -> None:
    """Print the tables, how they stand to the limits, and what others cannot do."""
    warnings.simplefilter("ignore")
    sizes = [a for a in arguments if a in ROUNDS] or list(ROUNDS)
    wanted = [a for a in arguments if a not in ROUNDS] or names()
    head = ["f", "by hand", "emitted", "df adds", *LIMITS]
    notes: dict[str, None] = {}
    for size in sizes:
        rows: list[list[object]] = []
        for name in wanted:
            row, failed = measure(golden(name), size)
            rows.append(row)
            for project, why in failed.items():
                notes[f"{project} cannot do {name}, {size}: {why[:200]}"] = None
        print(table([[size, *head], *rows]), *summary(rows), "", sep="\n", flush=True)
    print(*notes, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
