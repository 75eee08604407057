"""What an instance may have under a name of its class: functions, cached properties, constants."""

import enum
import functools
import types
from dataclasses import dataclass

import pytest

from diffsrc import grad, write_module


class Lens:
    kind = "thin"
    power = 2.0

    def __init__(self, focus):
        self.focus = focus

    def bend(self, x):
        return 2.0 * x

    @functools.cached_property
    def strength(self):
        return 2 * self.focus

    @staticmethod
    def shift(x):
        return 3.0 * x

    @classmethod
    def scale(cls, x):
        return 5.0 * x

    half = functools.partialmethod(bend)

    def all_of_it(self, x):
        y = self.bend(x) + self.strength * x + self.shift(x) + self.scale(x) + self.half(x)
        return y + (1000 * x if self.kind == "thin" else 0) + self.power * x


LENS = Lens(1.0)
LENSES = (LENS,)
OWN = {
    "bend": lambda x: 20.0 * x,
    "strength": 30.0,
    "shift": lambda x: 40.0 * x,
    "scale": lambda x: 50.0 * x,
    "half": lambda x: 60.0 * x,
    "kind": "thick",
    "power": 70.0,
}
WAYS = {
    "argument": (lambda x, lens: lens.all_of_it(x), LENS),
    "item of a tuple": (lambda x, lenses: lenses[0].all_of_it(x), (LENS,)),
    "item of a list": (lambda x, lenses: lenses[-1].all_of_it(x), [2.0, LENS]),
    "item of a dict": (lambda x, lenses: lenses["a"].all_of_it(x), {"a": LENS}),
    "item of an item": (lambda x, lenses: lenses[0]["a"].all_of_it(x), [{"a": LENS}]),
    "several arguments": (lambda x, *lenses: lenses[0].all_of_it(x), LENS),
    "attribute": (lambda x, holder: holder.lens.all_of_it(x), types.SimpleNamespace(lens=LENS)),
    "attribute of an item": (
        lambda x, holders: holders[0].lens.all_of_it(x),
        [types.SimpleNamespace(lens=LENS)],
    ),
    "global": (lambda x: 1.0 * LENS.all_of_it(x),),
    "item of a global": (lambda x: 1.0 * LENSES[0].all_of_it(x),),
    "default": (lambda x, lens=LENS: lens.all_of_it(x),),
    "receiver": (LENS.all_of_it,),
}


@pytest.fixture
def lens():
    yield LENS
    vars(LENS).clear()
    LENS.focus = 1.0


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", OWN)
def test_an_instance_gets_its_own(lens, way, name):
    f, *arguments = WAYS[way]
    df = grad(f)
    assert df(3.0, *arguments) == Lens(1.0).all_of_it(1.0)
    setattr(lens, name, OWN[name])
    assert df(3.0, *arguments) == lens.all_of_it(1.0)
    delattr(lens, name)
    assert df(3.0, *arguments) == Lens(1.0).all_of_it(1.0)


def test_the_function_itself_fills_the_cache(lens):
    df = grad(lens.all_of_it)
    before = df(3.0)
    assert "strength" not in vars(lens)
    lens.all_of_it(1.0)
    lens.focus = 7.0
    assert df(3.0) == before == lens.all_of_it(1.0)
    del lens.strength
    assert df(3.0) == before + 12.0


def test_another_instance_has_a_value():
    df = grad(lambda x, lens: lens.strength * x)
    plain, own = Lens(1.0), Lens(1.0)
    own.strength = 50.0
    assert [df(3.0, lens) for lens in (plain, own, plain, own)] == [2.0, 50.0, 2.0, 50.0]


def test_the_class_gets_another_cached_property():
    class Child(Lens):
        @functools.cached_property
        def strength(self):
            return 3.0

    df, child = grad(lambda x, lens: lens.strength * x), Child(1.0)
    assert df(3.0, child) == 3.0
    del Child.strength
    assert df(3.0, child) == 2.0


def test_members_of_enums():
    class Glass(enum.Enum):
        CROWN = 1.5

        @functools.cached_property
        def twice(self):
            return 2 * self.value

        def bend(self, x):
            return self.value * x

    df = grad(lambda x: Glass.CROWN.twice * x + Glass.CROWN.bend(x))
    assert df(3.0) == 4.5
    Glass.CROWN.twice = 10.0
    assert df(3.0) == 11.5
    Glass.CROWN.bend = lambda x: 20.0 * x
    assert df(3.0) == 30.0


@dataclass
class Made:
    focus: float

    @functools.cached_property
    def strength(self):
        return 2 * self.focus


def test_an_instance_that_the_function_makes():
    assert grad(lambda x: Made(x).strength ** 2)(3.0) == 24.0


def test_a_module_refuses_what_it_is_not_written_for(tmp_path):
    def f(x, made: Made):
        return made.strength * x

    write_module(tmp_path / "m.py", grad(f))
    names: dict[str, object] = {}
    exec((tmp_path / "m.py").read_text(), names)  # noqa: S102
    assert names["f_grad"](3.0, Made(1.0)) == 2.0
    made = Made(1.0)
    assert made.strength == 2.0
    made.focus = 7.0
    with pytest.raises(ValueError, match="f_grad is written for made without a value of its own"):
        names["f_grad"](3.0, made)
