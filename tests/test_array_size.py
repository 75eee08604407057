"""Long programs of arrays: work that grows with them, a stack that does not, right numbers."""

import cProfile
import gc
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from diffsrc import grad
from diffsrc.api.result import PAUSES
from diffsrc.ir import Graph


def products(count):
    """A chain that is multiplied in the best order."""
    steps = [f"A{i + 1} = A{i} @ W" for i in range(count)]
    return ["A0 = W @ W.T", *steps, f"return A{count} @ x @ x"]


def residual(count):
    """Each value is used three times: in a sum, a product and a mean."""
    steps = [f"h{i + 1} = h{i} + np.tanh(W @ h{i}) * h{i}.mean()" for i in range(count)]
    return ["h0 = x", *steps, f"return h{count}.sum()"]


def normalised(count):
    steps = [f"h{i + 1} = (h{i} - h{i}.mean()) / np.std(h{i}) * x" for i in range(count)]
    return ["h0 = W @ x", *steps, f"return h{count}.sum()"]


def layers(count):
    steps = [f"h{i + 1} = np.where(h{i} > 0, np.exp(W @ h{i} - x), x)" for i in range(count)]
    return ["h0 = x", *steps, f"return h{count} @ h{count}"]


def items(count):
    steps = [f"t{i + 1} = t{i} + x[{i % 4}] * np.sin(W[{i % 3}] @ x)" for i in range(count)]
    return ["t0 = x[0]", *steps, f"return t{count}"]


def slices(count):
    """What the adjoint of each value is added to, in two parts."""
    steps = [f"h{i + 1} = h{i} + np.sum(h{i}[1:] * h{i}[:-1]) * x" for i in range(count)]
    return ["h0 = np.sin(W @ x) / 1000", *steps, f"return h{count}.sum()"]


PROGRAMS = {p.__name__: p for p in (products, residual, normalised, layers, items, slices)}
W = np.array(
    [[0.3, -0.2, 0.4, 0.1], [0.2, 0.4, -0.1, 0.3], [-0.3, 0.2, 0.5, 0.2], [0.1, 0.3, 0.2, 0.4]]
)
SHAPES = {"W": "n n", "x": "n"}
X = np.array([0.7, -0.4, 1.1, 0.3])


def imported(lines, folder, name):
    path = folder / f"{name}.py"
    path.write_text(
        "\n".join(["import numpy as np", "", "", "def f(W, x):", *(f"    {n}" for n in lines), ""])
    )
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.f


@pytest.mark.parametrize("kind", PROGRAMS)
def test_work_grows_with_the_program(kind, tmp_path: Path):
    calls = []
    for count in (20, 40, 60):
        df = grad(imported(PROGRAMS[kind](count), tmp_path, f"{kind}_{count}"), shapes=SHAPES)
        profile = cProfile.Profile()
        profile.runcall(getattr, df, "source")
        calls.append(sum(entry.callcount for entry in profile.getstats()))
    # The first of them imports what it needs.
    assert calls[2] - calls[1] <= 1.25 * (calls[1] - calls[0])


@pytest.mark.parametrize("kind", PROGRAMS)
def test_long_programs_have_the_gradient(kind, tmp_path: Path):
    f = imported(PROGRAMS[kind](20), tmp_path, f"{kind}_20")
    step = 1e-4 * np.cos(np.arange(16.0)).reshape(4, 4)
    near, far = (f(W + k * step, X) - f(W - k * step, X) for k in (1, 2))
    slope = (8 * near - far) / 12
    assert np.isclose(np.vdot(grad(f)(W, X), step), slope, rtol=1e-6)


def test_what_was_derived_is_freed_now_and_then() -> None:
    """The collector is paused while a function is derived, and does not count what is made then."""

    def energy(x):
        return np.sum(np.exp(x) * x)

    def graphs() -> int:
        return sum(type(thing) is Graph for thing in gc.get_objects())

    gc.collect()
    before = graphs()
    for _ in range(2 * PAUSES):
        grad(energy)(np.ones(2))
    assert graphs() - before <= PAUSES
