"""Derivatives in other processes: by pickle, multiprocessing with spawn, and joblib."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from diffsrc import grad, hessian, register, user_rules, value_and_grad

ROOT = Path(__file__).parents[1]

# A script whose functions other processes do not find by a name, and a module beside it.
MODULE = """
import functools, math
from diffsrc import grad, value_and_grad

K = 2.0

def wave(x):
    return K * math.sin(x)

wave_slope = grad(wave)
curvature = grad(grad(wave))

@grad
def cube(x):
    return K * x**3

cube_curvature = grad(cube)

class Spring:
    def __init__(self, k):
        self.k = k

    def energy(self, x):
        return self.k * x**2

    @grad(wrt="x")
    def force(self, x):
        return self.k * x**2

    @grad
    def quartic(x):
        return x**4

    slope = grad(lambda self, x: self.k * x**3, wrt="x")

spring_force = grad(Spring(3.0).energy)
"""

SCRIPT = """
import json, math, multiprocessing, sys
import joblib
from diffsrc import custom_jvp, custom_vjp, grad, hessian, register, value_and_grad
import models

FACTOR = 3.0

def helper(r):
    return FACTOR * r * r

def area(r):
    return math.pi * helper(r)

area_slope = grad(area)

@value_and_grad
def volume(r):
    return helper(r) * r

class Ball:
    def __init__(self, k):
        self.k = k

    def energy(self, x):
        return self.k * helper(x)

def rounded(x):
    return round(x) * 1.0

register(rounded, lambda y, x: helper(x))

def steps(x):
    return rounded(x) * x

@grad
def decorated_steps(x):
    return rounded(x) * x

@custom_vjp
def stairs(x):
    return round(x) * 1.0

stairs.defvjp(lambda x: (stairs(x), x), lambda r, g: (g * helper(r),))

@custom_jvp
def clipped(x):
    return min(max(x, 0.0), 1.0)

@clipped.defjvp
def straight_through(primals, tangents):
    return clipped(*primals), tangents[0] * FACTOR

def own_rules(x):
    return stairs(x) * clipped(x) * rounded(x)

def by_name(x):
    # Which attribute is read, the walk from here cannot tell.
    return rounded(x) * x * getattr(math, "pi")

def local_rule(k):
    @custom_vjp
    def inner(x):
        return round(x) * 1.0
    inner.defvjp(lambda x: (inner(x), x), lambda r, g: (g * r * k,))
    return grad(lambda x: inner(x) * x)

def scaled(k):
    def inner(x):
        return k * x**2
    return grad(inner)

named = {
    "area": area_slope,
    "twice": grad(area_slope),
    "decorated": volume,
    "module": models.wave_slope,
    "second": models.curvature,
    "decorated in a module": models.cube,
    "of a decorated one": models.cube_curvature,
    "method": models.spring_force,
    "decorated method": models.Spring(3.0).force,
    "attribute of an instance": models.Spring(3.0).slope,
    "function of a class": models.Spring.quartic,
    "own method": grad(Ball(2.0).energy),
    "registered": grad(steps),
    "second of registered": grad(grad(steps)),
    "decorated, of registered": decorated_steps,
    "of a registered one": grad(rounded),
    "custom": grad(own_rules),
    "of a custom one": grad(stairs),
    "by name": grad(by_name),
}
nameless = {
    "lambda": grad(lambda x: FACTOR * x**3),
    "closure": scaled(5.0),
    "custom in a function": local_rule(2.0),
    "second of a lambda": hessian(lambda x: x**3),
}

def call(df):
    return repr(df(2.0)), df.source if hasattr(df, "source") else ""

if __name__ == "__main__":
    how = sys.argv[1]
    if how == "spawn":
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            found = dict(zip(named, pool.map(call, named.values())))
    else:
        work = named | nameless
        found = joblib.Parallel(n_jobs=2)(joblib.delayed(call)(df) for df in work.values())
        found = dict(zip(work, found))
    here = {name: call(df) for name, df in (named | nameless).items() if name in found}
    print(json.dumps([found, here]))
"""


@pytest.mark.parametrize("kept", ["0", "1"])
@pytest.mark.parametrize("how", ["spawn", "joblib"])
def test_other_processes(tmp_path, how, kept):
    (tmp_path / "models.py").write_text(MODULE)
    (tmp_path / "script.py").write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    environment |= {"DIFFSRC_CACHE": kept, "DIFFSRC_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, tmp_path / "script.py", how],
        check=True,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    found, here = json.loads(done.stdout)
    assert found == here
    assert len(found) == {"spawn": 19, "joblib": 23}[how]
    assert found["area"][0] == repr(3.141592653589793 * 12.0)
    assert found["decorated"][0] == "(24.0, 36.0)"


# In this process


def cubic(x):
    return x**3


slope = grad(cubic)


@value_and_grad
def square(x):
    return x * x


class Spring:
    def __init__(self, k):
        self.k = k

    @grad(wrt="x")
    def force(self, x):
        return self.k * x**2


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_round_trips(protocol):
    for df in (slope, grad(slope), square, hessian(cubic)):
        again = pickle.loads(pickle.dumps(df, protocol))
        assert again.operators == df.operators
        assert again(2.0) == df(2.0)
    assert pickle.loads(pickle.dumps(square, protocol)) is square
    assert pickle.loads(pickle.dumps(slope, protocol))(2.0) == 12.0
    assert pickle.loads(pickle.dumps(hessian(cubic), protocol))(2.0) == 12.0
    assert pickle.loads(pickle.dumps(Spring(3.0).force, protocol))(2.0) == 12.0


def test_of_a_decorated_function():
    """The function's name means a derivative, which is not what is to be derived."""
    again = pickle.loads(pickle.dumps(grad(square.primal)))
    assert again(3.0) == 6.0
    assert repr(again) == repr(grad(square.primal))


def test_a_derivative_that_has_been_called():
    df = grad(cubic)
    assert df(2.0) == 12.0
    assert pickle.loads(pickle.dumps(df))(2.0) == 12.0


def test_a_lambda_says_what_plain_pickle_cannot_do():
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(grad(lambda x: x**2))


def test_without_the_source(tmp_path):
    """The file is gone in the other process: it says so, and gives no number."""
    (tmp_path / "gone.py").write_text("def f(x):\n    return x * x\n")
    program = (
        "import pickle, sys, pathlib\n"
        "import gone, diffsrc, linecache\n"
        "data = pickle.dumps(diffsrc.grad(gone.f))\n"
        "pathlib.Path(gone.__file__).unlink()\n"
        "linecache.clearcache()\n"
        "try:\n"
        "    pickle.loads(data)(2.0)\n"
        "except diffsrc.SourceUnavailable as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.stdout.startswith("The source of 'f' cannot be found: it was defined in ")


def test_a_rule_that_only_this_process_has(tmp_path):
    """What it would be without, is not given in its place."""
    (tmp_path / "script.py").write_text(
        "import multiprocessing, diffsrc\n"
        "def rounded(x):\n    return round(x) * 1.0\n"
        "def steps(x):\n    return rounded(x) * x\n"
        "if __name__ == '__main__':\n"
        "    diffsrc.register(rounded, lambda y, x: 1.0)\n"
        "    slope = diffsrc.grad(steps)\n"
        "    print(slope(2.0))\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        try:\n"
        "            print(pool.apply(slope, (2.0,)))\n"
        "        except diffsrc.UnknownFunction as error:\n"
        "            print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, tmp_path / "script.py"],
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    value, refusal = done.stdout.split("\n", 1)
    assert value == "4.0"
    assert "rounded" in refusal


def test_a_rule_goes_again(monkeypatch):
    """Where it is known already nothing changes; another one takes its place."""

    def rule(y, x):
        return 2.0 * x

    def other(y, x):
        return 3.0 * x

    register(rounded, rule)
    rules = {id(rounded): user_rules.rule_of(rounded)}
    monkeypatch.setattr(user_rules, "_REGISTERED", rules)
    user_rules.receive(rounded, (rule,))
    user_rules.receive(rounded, 1)
    assert user_rules.rule_of(rounded).partials == (rule,)
    df = grad(lambda x: 2 * rounded(x))
    assert df(2.0) == 8.0
    user_rules.receive(rounded, (other,))
    assert df(2.0) == 12.0


def rounded(x):
    return round(x) * 1.0
