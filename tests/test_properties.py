"""Random functions: derivatives against 75 digits, values bit for bit.

`--long` takes as many as it says from a new seed; `--long-start` goes on where a run has stopped.
"""

import contextlib
import importlib.util
import itertools
import json
import linecache
import math
import os
import random
import struct
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from diffsrc import NotDifferentiable, derivative, grad, hessian, value_and_grad
from tests.exact import Truth
from tests.generate import case

EPSILON = 2.0**-52
OF_NOISE = 64  # roundings of the terms that cancel
OF_VALUE = 64
FLOOR = 1e-22  # what differences in 75 digits leave of a zero


@pytest.fixture
def module_of(tmp_path):
    """Write a text to a file and import it."""
    names = []

    def load(text, name):
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        names.append((name, str(path)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            spec.loader.exec_module(module)
        return module

    yield load
    for name, path in names:
        sys.modules.pop(name, None)
        linecache.cache.pop(path, None)


def bits(value):
    if isinstance(value, np.ndarray):
        return value.dtype, value.tobytes()
    return struct.pack("d", value)


class Run:
    """One case on its way through the checks."""

    def __init__(self, drawn, module):
        self.case = drawn
        self.function = getattr(module, drawn.name)
        self.truth = Truth(drawn.text, drawn.name)
        self.texts = []

    def fail(self, what, arguments):
        text = "\n".join(self.texts)
        pytest.fail(f"{what}\nat {arguments}\n\n{self.case.text}\n{text}", pytrace=False)

    def check(self, got, arguments, wrt, what):
        """Compare a number with the derivative by the names in `wrt`."""
        want = self.truth.derivative(arguments, wrt)
        if want is None:
            return
        if np.ndim(got):
            self.fail(f"{what} is {got!r}, not one number", arguments)
        error = abs(float(got) - want)
        if error <= EPSILON * OF_VALUE * abs(want) + FLOOR:
            return
        if not self.truth.resolves(arguments, wrt):
            return
        noise = self.truth.noise(arguments, wrt)
        if len(wrt) == 2:
            # A first derivative's terms, which may cancel whatever changes (`max(x, y) / x`), are
            # derived one by one.
            x, y = wrt
            noise += self.truth.noise(arguments, (x,)) / max(1.0, abs(arguments[y]))
        if not error <= EPSILON * (OF_VALUE * abs(want) + OF_NOISE * noise):
            ulps = error / EPSILON / (abs(want) + noise or FLOOR)
            self.fail(
                f"{what} is {float(got)!r}, not {want!r} (off by {error:.2g}, {ulps:.2g} ulp "
                f"of terms of {noise:.2g})",
                arguments,
            )

    def smooth(self, arguments):
        """Whether the function is defined and has no kink, edge or jump nearby."""
        try:
            value = self.function(**arguments)
            exact = self.truth.derivative(arguments, ())
        except (ArithmeticError, ValueError, AssertionError):
            return False
        return not np.iscomplexobj(value) and math.isfinite(value) and exact is not None

    def derived(self, made, call, arguments):
        """The result of a derivative, None where it is said to be a step's."""
        try:
            result = call()
            self.texts.append(made.source_for(**arguments))
        except NotDifferentiable as error:
            if "steps" not in str(error):
                self.fail(f"{made!r}: {error}", arguments)
            return None
        except Exception as error:  # noqa: BLE001 - any is a failure
            with contextlib.suppress(Exception):  # the one before is shown
                self.texts.append(made.source_for(**arguments))
            self.fail(f"{made!r} raised {type(error).__name__}: {error}", arguments)
        return result


def array_of(points, name):
    column = [p[name] for p in points]
    return np.array(column) if isinstance(column[0], float) else column[0]


def check_arrays(run, points, wrt):
    """As ufuncs do: an array of points at once gives an array of derivatives."""
    columns = {name: array_of(points, name) for name in points[0]}
    try:
        wanted = run.function(**columns)
    except (ValueError, ArithmeticError):  # as of integers to a negative power
        return
    made = value_and_grad(run.function, wrt=run.case.wrt)
    result = run.derived(made, lambda: made(**columns), columns)
    if result is None:
        return
    value, gradient = result
    if bits(np.asarray(value)) != bits(np.asarray(wanted)):
        run.fail(f"the value is {value!r}, not {wanted!r}", columns)
    shape = np.shape(columns[run.case.wrt[0]])
    for name, slope in zip(run.case.wrt, gradient, strict=True):
        if np.shape(slope) != shape:
            run.fail(f"by {name} the shape is {np.shape(slope)}, not {shape}", columns)
        for number, point in zip(slope, points, strict=True):
            run.check(number, point, (name,), f"by {name} of arrays")
    second = derivative(run.function, wrt=wrt[0], order=2)
    slope = run.derived(second, lambda: second(**columns), columns)
    if slope is not None:
        if np.shape(slope) != shape:
            run.fail(f"twice by {wrt[0]}: the shape is {np.shape(slope)}", columns)
        for number, point in zip(slope, points, strict=True):
            run.check(number, point, (wrt[0], wrt[0]), f"twice by {wrt[0]} of arrays")


def check_numbers(run, points, wrt, kind):
    made = value_and_grad(run.function, wrt=run.case.wrt)
    for point in points:
        result = run.derived(made, lambda point=point: made(**point), point)
        if result is None:
            for name in run.case.wrt:
                alone = grad(run.function, wrt=name)
                got = run.derived(alone, lambda a=alone, p=point: a(**p), point)
                run.check(got or 0.0, point, (name,), f"by {name} alone")
            continue
        value, gradient = result
        if bits(value) != bits(run.function(**point)):
            run.fail(f"the value is {value!r}, not {run.function(**point)!r}", point)
        for name, got in zip(run.case.wrt, gradient, strict=True):
            if not isinstance(got, float):
                run.fail(f"by {name}: {got!r} is no float", point)
            run.check(got, point, (name,), f"by {name}")
    del run.texts[:]
    second = {
        "nested": lambda: grad(grad(run.function, wrt=wrt[0]), wrt=wrt[1]),
        "order": lambda: derivative(run.function, wrt=wrt[0], order=2),
        "hessian": lambda: hessian(run.function, wrt=wrt),
    }[kind]()
    for point in points:
        got = run.derived(second, lambda point=point: second(**point), point)
        if kind == "hessian":
            for i, row in enumerate(got or ()):
                for j, entry in enumerate(row):
                    if bits(entry) != bits(got[j][i]):
                        run.fail(f"the Hessian's {i}, {j} is not its {j}, {i}", point)
                    names = (wrt[i], wrt[j])
                    run.check(entry, point, names, f"the Hessian's entry {names}")
        else:
            names = (wrt[0], wrt[0] if kind == "order" else wrt[1])
            run.check(0.0 if got is None else got, point, names, f"by {names}")


def draw(seed, number, load, statements):
    """The case of a number that has points to check, its points, and the randomness left."""
    for attempt in itertools.count():
        source = random.Random(f"{seed}:{number}:{attempt}")  # noqa: S311 - no secret
        drawn = case(source, statements=statements)
        run = Run(drawn, load(drawn.text, f"random_{number}_{attempt}"))
        points = [p for p in drawn.points if run.smooth(p)]
        if points:
            return run, points, source
    raise AssertionError


def check_case(seed, number, load, statements=6):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        run, points, source = draw(seed, number, load, statements)
        names = run.case.wrt
        wrt = tuple(source.choice(names) for _ in range(2))
        kind = source.choice(("nested", "order", "hessian"))
        if kind == "hessian":
            wrt = names if len(names) < 3 else tuple(source.sample(names, 2))
        check_numbers(run, points[:2], wrt, kind)
        if run.case.arrays:
            del run.texts[:]
            check_arrays(run, points, wrt)


def pytest_generate_tests(metafunc):
    if "number" in metafunc.fixturenames:
        start, count, seed = metafunc.config.property_cases
        metafunc.parametrize("number", range(start, start + count))
        metafunc.parametrize("seed", [seed], ids=[f"seed{seed}"])


def test_a_random_function(seed, number, module_of, long):
    check_case(seed, number, module_of, statements=6 if long else 3)


TEXTS = """
import json, random, sys, warnings
from importlib import import_module
from pathlib import Path

from diffsrc import NotDifferentiable, hessian, value_and_grad
from tests.generate import case

warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[1])
texts = []
for number in range(60):
    drawn = case(random.Random(f"texts:{number}"), statements=6)
    Path(sys.argv[1], f"texts_{number}.py").write_text(drawn.text)
    function = getattr(import_module(f"texts_{number}"), drawn.name)
    for operator in (value_and_grad, hessian):
        try:
            df = operator(function, wrt=drawn.wrt[:2])
            texts.append(df.source_for(**drawn.points[0]))
        except NotDifferentiable as error:
            texts.append(f"# {error.message}\\n")
print(json.dumps(texts))
"""


def test_random_functions_have_one_text(tmp_path):
    """Wherever objects lie in memory, which is what nodes hash by; and as `ruff format` has it."""
    runs = []
    for seed in ("1", "4242"):
        folder = tmp_path / seed
        folder.mkdir()
        started = subprocess.Popen(
            [sys.executable, "-c", TEXTS, folder],
            cwd=Path(__file__).parent.parent,
            env=os.environ | {"PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        runs.append(started)
    outputs = [started.communicate()[0] for started in runs]
    assert [started.returncode for started in runs] == [0, 0]
    texts, others = map(json.loads, outputs)
    for i, (one, other) in enumerate(zip(texts, others, strict=True)):
        assert one == other
        (tmp_path / f"text_{i}.py").write_text(one)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--diff"]
    done = subprocess.run(
        [*command, *tmp_path.glob("text_*.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
