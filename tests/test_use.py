"""Ranks that the use of an argument decides, before there is any call.

PYTEST_DONT_REWRITE: functions with `assert` are derived here.
"""

import math
import runpy

import numpy as np
import pytest

from diffsrc import ShapeError, grad
from diffsrc.capture import capture, capture_text
from diffsrc.cli import main
from diffsrc.specialise.annotations import unknown_signature

HEAD = """
import math
import numpy as np
from numpy import interp
from math import exp as e

"""

# Functions of x, y, z and their ranks, None where these are not known.
USES = {
    # Unpacking of shapes
    "m, n = x.shape\nreturn m": (2, None, None),
    "(n,) = x.shape\nreturn n": (1, None, None),
    "[m, n, k] = np.shape(x)\nreturn m": (3, None, None),
    "m, *rest = x.shape\nreturn m": (None, None, None),
    "m, n = x.shape[:2]\nreturn m": (None, None, None),
    "n = x.shape[0]\nreturn n": (None, None, None),
    # What is asserted
    "assert x.ndim == 2\nreturn x": (2, None, None),
    "assert len(x.shape) == 2, 'no'\nreturn x": (2, None, None),
    "assert np.ndim(x) == 0\nreturn x": (0, None, None),
    "assert x.ndim == 1 and y.ndim == 2\nreturn x": (1, 2, None),
    "assert x.ndim == 1 or y.ndim == 2\nreturn x": (None, None, None),
    "assert x.ndim != 1\nreturn x": (None, None, None),
    "assert x.ndim >= 1\nreturn x": (None, None, None),
    "assert x.shape == (3, 4)\nreturn x": (2, None, None),
    "if x.ndim != 2:\n    raise ValueError\nreturn x": (2, None, None),
    "if x.ndim != 2 or y.ndim != 1:\n    raise ValueError(x)\nreturn x": (2, 1, None),
    "if x.ndim != 2 and y.ndim != 1:\n    raise ValueError\nreturn x": (None, None, None),
    "if x.ndim == 2:\n    raise ValueError\nreturn x": (None, None, None),
    "if x.ndim == 2:\n    y = 1\nreturn x": (None, None, None),
    # Functions that take one rank
    "return np.einsum('ij,j->i', x, y)": (2, 1, None),
    "return np.einsum('i j, jk , ', x, y, z)": (2, 2, 0),
    "return np.einsum('...j,j', x, y)": (None, 1, None),
    "return np.einsum(z, x, y)": (None, None, None),
    "return np.interp(x, y, z)": (None, 1, 1),
    "return interp(x, fp=z, xp=y)": (None, 1, 1),
    "return np.interp(0.5, y, 2 * z)": (None, 1, None),
    "return np.convolve(x, y)": (1, 1, None),
    "return np.vander(x) + np.polyval(y, z)": (1, 1, None),
    "return np.sum(z[np.ix_(x, y)])": (1, 1, None),
    "return np.searchsorted(x, y) + np.digitize(y, z)": (1, None, 1),
    "return np.sum(x)": (None, None, None),
    # Numbers
    "return math.exp(x) * e(y)": (0, 0, None),
    "return math.hypot(x, y) + math.fsum(z)": (0, 0, None),
    "return sum(range(x, y))": (0, 0, None),
    "return np.arange(x) + np.eye(y)": (0, 0, None),
    "return math.exp(-x)": (None, None, None),
    # What may not run
    "return math.exp(x) if y else z": (None, None, None),
    "return z if math.exp(x) > 1 else y": (0, None, None),
    "return y and math.exp(x)": (None, None, None),
    "return math.exp(x) and y": (0, None, None),
    "return 0 < math.exp(x) < math.exp(y) < math.exp(z)": (0, None, None),
    "return [math.exp(x) for _ in y]": (None, None, None),
    "f = lambda: math.exp(x)\nreturn y": (None, None, None),
    "def f():\n    return math.exp(x)\nreturn y": (None, None, None),
    "for _ in y:\n    math.exp(x)\nreturn z": (None, None, None),
    "for _ in range(x):\n    pass\nreturn z": (0, None, None),
    "while math.exp(x):\n    y = math.exp(z)\nreturn z": (0, None, None),
    "if y:\n    return x\nreturn math.exp(x)": (None, None, None),
    "if y:\n    z = 1\nreturn math.exp(x) + math.exp(z)": (0, None, None),
    "try:\n    math.exp(x)\nexcept TypeError:\n    pass\nreturn z": (None, None, None),
    # What is another value by then
    "x = np.sum(x)\nreturn math.exp(x)": (None, None, None),
    "x = math.exp(x)\nm, n = x.shape\nreturn m": (0, None, None),
    "x += 1\nreturn math.exp(x)": (None, None, None),
    "for x in y:\n    pass\nreturn math.exp(x)": (None, None, None),
    "return (x := np.sum(y)) + math.exp(x)": (None, None, None),
    "(x, y) = z\nreturn math.exp(x)": (None, None, None),
    "def x():\n    pass\nreturn math.exp(x)": (None, None, None),
    # Contradictions
    "m, n = x.shape\nreturn math.exp(x)": (None, None, None),
    "assert x.ndim == 1\nassert x.ndim == 2\nreturn x": (None, None, None),
    # Names that mean other things
    "math = y\nreturn math.exp(x)": (None, None, None),
    "len = y\nassert len(x.shape) == 2\nreturn x": (None, None, None),
    "import math\nreturn math.exp(x)": (None, None, None),
    "return exp(x) + my.exp(x)": (None, None, None),
}


@pytest.mark.parametrize("mode", ["live", "text"])
@pytest.mark.parametrize("body", USES)
def test_use(body, mode, tmp_path) -> None:
    file = tmp_path / "use.py"
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    file.write_text(f"{HEAD}def f(x, y, z):\n{lines}\n")
    if mode == "text":
        captured = capture_text(str(file), "f")
    else:
        captured = capture(runpy.run_path(str(file))["f"])
    arguments = dict(unknown_signature(captured).arguments)
    found = tuple(None if a.axes is None else len(a.axes) for a in arguments.values())
    assert found == USES[body]
    assert [a.array for a in arguments.values()] == [bool(rank) for rank in found]


def test_a_lambda() -> None:
    ((_, x), (_, y)) = unknown_signature(capture(lambda x, y: x * math.exp(y))).arguments
    assert (x.axes, y.axes) == (None, ())


def test_annotations_and_shapes_come_first() -> None:
    def f(x: np.ndarray, y: float, z=2.0):
        return math.exp(x) + np.interp(0.5, y, z)

    x, y, z = (argument for _, argument in unknown_signature(capture(f)).arguments)
    assert (x.axes, x.array) == (None, True)
    assert (y.axes, z.axes) == ((), ())
    (_, y), *_ = unknown_signature(capture(lambda y: math.exp(y)), {"y": ("n",)}).arguments  # noqa: PLW0108
    assert y.axes == ("n",)


def least_squares(w, X, y):
    m, _ = X.shape
    assert w.ndim == 1
    if y.ndim != 1:
        raise ValueError("y is no vector")
    return np.sum((X @ w - y) ** 2) / m


def test_the_code_is_known_before_any_call() -> None:
    df = grad(least_squares)
    source = df.source
    assert "least_squares_grad is written for w[n], X[m, n], y[m]" in source
    args = np.ones(2), np.arange(6.0).reshape(3, 2), np.ones(3)
    found = df(*args)
    assert df.source_for(*args) == source
    assert np.allclose(found, 2 * args[1].T @ (args[1] @ args[0] - 1) / 3)


def test_use_may_not_be_enough() -> None:
    with pytest.raises(ShapeError, match="The rank of 'x'"):
        _ = grad(lambda x, xp, fp: np.sum(np.interp(x, xp, fp))).source


def test_the_command_line(tmp_path, capsys) -> None:
    file = tmp_path / "model.py"
    file.write_text(
        "import numpy as np\ndef f(A, v):\n    return np.sum(np.einsum('ij,j->i', A, v) ** 2)\n"
    )
    assert main(["show", f"{file}:f"]) == 0
    assert "A[n, m], v[m]" in capsys.readouterr().out
