"""What decides a derivative's code from outside, each case with what it is changed to.

A case is a module of which `f` is derived: `«a→b»` is `a` in it before, and `b` after.
"""

import re
from typing import NamedTuple


class Case(NamedTuple):
    """The text of a module, what it is changed to, and how `f` is called in both."""

    before: str
    after: str
    call: str


TEXTS = {
    "helper": """
def h(x): return x * x«→ * x»
def f(x): return h(x)
""",
    "helper of a helper": """
def k(x): return x * x«→ * x»
def h(x): return k(x)
def f(x): return h(x)
""",
    "helper's default": """
def h(x, n=«2→3»): return x**n
def f(x): return h(x)
""",
    "helper's keyword default": """
def h(x, *, kind='«a→b»'): return x if kind == 'a' else x * x
def f(x): return h(x)
""",
    "own default": """
D = «2.0→3.0»
def f(x, n=D): return x**n
""",
    "own static default": """
D = '«a→b»'
def f(x, kind=D): return x if kind == 'a' else x * x
""",
    "static global": """
MODE = '«a→b»'
def f(x): return x if MODE == 'a' else x * x
""",
    "live global": """
K = «2.0→5.0»
def f(x): return K * x * x
""",
    "type of a global": """
K = «2.0→None»
def f(x): return K * x if K else x * x
""",
    "integer for a float": """
K = «2.0→2»
def f(x): return x**K
""",
    "array for a float": """
import numpy as np
K = «2.0→np.array([1.0, 2.0])»
def f(x): return np.sin(K * x)
""",
    "closure": """
def outer(mode):
    def f(x): return x if mode == 'a' else x * x
    return f
f = outer('«a→b»')
""",
    "live closure": """
def outer(k):
    def f(x): return k * x * x
    return f
f = outer(«2.0→7.0»)
""",
    "closure with a function": """
def a(x): return x
def b(x): return x * x
def outer(g):
    def f(x): return g(x)
    return f
f = outer(«a→b»)
""",
    "another function under the name": """
import math
sin = math.«sin→cos»
def f(x): return sin(x)
""",
    "own function under a library's name": """
from math import sin
def mine(x): return x * x
«→sin = mine»
def f(x): return sin(x)
""",
    "builtin shadowed": """
def mine(x): return x * x
«→abs = mine»
def f(x): return abs(x)
""",
    "module patched": """
import math
import other_patched as lib
def mine(x): return x * x
lib.exp = «math.exp→mine»
def f(x): return lib.exp(x)
""",
    "NumPy patched": """
import numpy as np
def mine(x): return x * x
«→np.exp2 = mine»
def f(x): return np.exp2(x)
""",
    "distribution patched": """
from scipy import stats
«→stats.cauchy = stats.laplace»
def f(x): return stats.cauchy.pdf(x, 0.0, 1.0)
""",
    "global of a helper elsewhere": """
import other_constant
other_constant.K = «3.0→4.0»
def f(x): return other_constant.scaled(x)
""",
    "method": """
class P:
    def g(self, x): return x * x«→ * x»
p = P()
def f(x): return p.g(x)
""",
    "method of a base": """
class B:
    def g(self, x): return x * x«→ * x»
class P(B): pass
p = P()
def f(x): return p.g(x)
""",
    "method by super": """
class B:
    def g(self, x): return x * x«→ * x»
class P(B):
    def g(self, x): return super().g(x) + x
p = P()
f = p.g
""",
    "base class": """
class A:
    def g(self, x): return x * x
class B:
    def g(self, x): return x
class P(«A→B»): pass
p = P()
def f(x): return p.g(x)
""",
    "property": """
class P:
    k = 2.0
    @property
    def twice(self): return «2→3» * self.k
p = P()
def f(x): return p.twice * x * x
""",
    "class attribute": """
class P:
    k = «2.0→9.0»
    def g(self, x): return self.k * x * x
f = P().g
""",
    "class attribute by the class": """
class P:
    k = «2.0→9.0»
def f(x): return P.k * x * x
""",
    "static class attribute": """
class P:
    kind = '«a→b»'
    def g(self, x): return x if self.kind == 'a' else x * x
f = P().g
""",
    "attribute of an instance": """
class P:
    def __init__(self, k): self.k = k
    def g(self, x): return self.k * x * x
f = P(«2.0→3.0»).g
""",
    "static attribute of an instance": """
class P:
    def __init__(self, k): self.k = k
    def g(self, x): return x if self.k == 'a' else x * x
f = P('«a→b»').g
""",
    "slot": """
class P:
    __slots__ = ('k',)
    def __init__(self, k): self.k = k
    def g(self, x): return x if self.k == 'a' else x * x
f = P('«a→b»').g
""",
    "instance's own function": """
class P: pass
def a(x): return x
def b(x): return x * x
p = P()
p.g = «a→b»
def f(x): return p.g(x)
""",
    "cached property": """
import functools
class P:
    @functools.cached_property
    def k(self): return 2.0«→ + 1.0»
p = P()
def f(x): return p.k * x
""",
    "cached property's value": """
import functools
class P:
    @functools.cached_property
    def k(self): return 2.0
p = P()
«→p.k = 5.0»
def f(x): return p.k * x
""",
    "callable object": """
class P:
    def __call__(self, x): return x * x«→ * x»
f = P()
""",
    "frozen receiver": """
import dataclasses
@dataclasses.dataclass(frozen=True)
class P:
    k: float
    def g(self, x): return self.k * x * x
f = P(«2.0→3.0»).g
""",
    "receiver frozen or not": """
import dataclasses
@dataclasses.dataclass(frozen=«True→False»)
class P:
    k: float
    def g(self, x): return self.k * x * x
f = P(2.0).g
""",
    "field's default": """
import dataclasses
@dataclasses.dataclass
class P:
    a: float
    k: float = «2.0→3.0»
def f(x):
    p = P(x)
    return p.k * p.a * p.a
""",
    "named tuple's default": """
from typing import NamedTuple
class P(NamedTuple):
    a: float
    k: float = «2.0→3.0»
def f(x):
    p = P(x)
    return p.k * p.a * p.a
""",
    "named tuple's fields": """
from typing import NamedTuple
class P(NamedTuple):
    «a→b»: float
    «b→a»: float
def f(x):
    p = P(x, 3 * x)
    return p.a * p.a
""",
    "enum's value": """
import enum
class E(enum.Enum):
    A = «2→4»
    B = 3
def f(x): return x**E.A.value
""",
    "enum member": """
import enum
class E(enum.Enum):
    A = 2
    B = 3
MODE = E.«A→B»
def f(x): return x if MODE is E.A else x * x
""",
    "enum argument": """
import enum
class E(enum.Enum):
    «A = 2→B = 3»
    «B = 3→A = 2»
def f(x, mode): return x if mode is E.A else x * x
""",
    "function argument": """
def g(x): return x * x«→ * x»
def f(x, g): return g(x)
""",
    "partial": """
import functools
def g(x, n): return x**n
f = functools.partial(g, n=«2→3»)
""",
    "static partial": """
import functools
def g(x, kind): return x if kind == 'a' else x * x
f = functools.partial(g, kind='«a→b»')
""",
    "partial as a helper": """
import functools
def g(n, x): return x**n
h = functools.partial(g, «2→3»)
def f(x): return h(x)
""",
    "cached helper": """
import functools
@functools.lru_cache
def h(x): return x * x«→ * x»
def f(x): return h(x)
""",
    "dict": """
TABLE = {'a': '«sum→product»', 'b': 'product'}
def f(x): return x + x if TABLE['a'] == 'sum' else x * x
""",
    "dict of functions": """
def a(x): return x
def b(x): return x * x
TABLE = {'a': «a→b»}
def f(x): return TABLE['a'](x)
""",
    "tuple of numbers": """
T = («1.0→3.0», 2.0)
def f(x): return T[0] * x * x + T[1] * x
""",
    "length of a tuple": """
T = (1.0, 2.0«→, 3.0»)
def f(x): return x * x if len(T) == 2 else x
""",
    "class asked for": """
class A: pass
class B: pass
KIND = «A→B»
p = A()
def f(x): return x * x if isinstance(p, KIND) else x
""",
    "name of an attribute": """
class P:
    a = 'one'
    b = 'two'
NAME = '«a→b»'
p = P()
def f(x): return x if getattr(p, NAME) == 'one' else x * x
""",
    "attribute by a name": """
class P:
    a = '«one→two»'
NAME = 'a'
p = P()
def f(x): return x if getattr(p, NAME) == 'one' else x * x
""",
    "whether there is an attribute": """
class P:
    «a→b» = 'one'
p = P()
def f(x): return x if hasattr(p, 'a') else x * x
""",
    "spelling of a number": """
def f(x): return «11_000→11000» * x * x
""",
    "name of a value": """
import math
def f(x):
    «y→wave» = math.sin(x)
    return «y * y→wave * wave»
""",
    "annotation": """
import enum
class E(enum.Enum):
    A = 1
Kind = «float→int»
def f(x: Kind): return x * x
""",
    "derivative as a helper": """
import diffsrc
def g(x): return x**«3→4»
h = diffsrc.grad(g)
def f(x): return g(x) * x
""",
    "one of two lambdas": """
fs = (lambda x: x * x, lambda x: x * x * x)
f = fs[«0→1»]
""",
    "what raises": """
class E(ValueError): pass
class F(ValueError): pass
Error = «E→F»
def f(x):
    if x < 0:
        raise Error('negative')
    return x * x
""",
    "static method": """
class P:
    @staticmethod
    def g(x): return x * x«→ * x»
def f(x): return P.g(x)
""",
    "class method": """
class P:
    k = '«a→b»'
    @classmethod
    def g(cls, x): return x if cls.k == 'a' else x * x
def f(x): return P.g(x)
""",
    "operator of a class": """
class P:
    def __mul__(self, x): return x * x«→ * x»
p = P()
def f(x): return p.__mul__(x)
""",
    "object in an argument": """
class P:
    def __init__(self, k): self.k = k
def f(x, p): return x if p.k == 'a' else x * x
q = P('«a→b»')
""",
    "numbers of an argument": """
class P:
    def __init__(self, k): self.k = k
def f(x, p): return p.k * x * x
q = P(«2.0→3.0»)
""",
    "union of classes": """
class A: pass
class B: pass
KIND = «A→B» | int
p = A()
def f(x): return x * x if isinstance(p, KIND) else x
""",
    "namespace": """
import types
p = types.SimpleNamespace(kind="«a→b»")
def f(x): return x * x if p.kind == "a" else x
""",
    "function in a namespace": """
import types
def a(x): return x * x
def b(x): return x
p = types.SimpleNamespace(g=«a→b»)
def f(x): return p.g(x)
""",
    "fraction": """
from fractions import Fraction
K = Fraction(1, «2→3»)
def f(x): return K.denominator * x * x
""",
    "set": """
MODES = {"«a", "b→b", "c»"}
def f(x): return x * x if "a" in MODES else x
""",
    "positions of a pattern": """
import dataclasses
@dataclasses.dataclass
class P:
    «a→b»: float
    «b→a»: float
def f(x):
    p = P(x, x * x)
    match p:
        case P(u, v):
            return u * v * v
    return x
""",
    "mixin that comes first": """
class A:
    def g(self, x): return x * x
class B:
    def g(self, x): return x
class P(«A, B→B, A»): pass
p = P()
def f(x): return p.g(x)
""",
    "module's attribute": """
import other_constant
other_constant.MODE = "«a→b»"
def f(x): return x * x if other_constant.MODE == "a" else x
""",
    "helper that is a method": """
class P:
    def __init__(self, n): self.n = n
    def g(self, x): return x * x if self.n == "a" else x
h = P("«a→b»").g
def f(x): return h(x)
""",
    "code replaced": """
def a(x): return x * x
def b(x): return x
def h(x): return a(x)
h.__code__ = «a→b».__code__
def f(x): return h(x)
""",
    "defaults replaced": """
def h(x, n=1): return x**n
h.__defaults__ = («2→3»,)
def f(x): return h(x)
""",
    "singledispatch": """
import functools
@functools.singledispatch
def h(x): return x * x
def other(x): return x
«→h.register(float)(other)»
def f(x): return h(x)
""",
    "metaclass": """
class M(type):
    @property
    def k(cls): return "«a→b»"
class P(metaclass=M): pass
def f(x): return x * x if P.k == "a" else x
""",
    "number of an enum": """
import enum
class E(enum.Enum):
    A = 1
    def __init__(self, value): self.k = «2.5→1.5»
def f(x): return x if E.A.k > 2 else x * x
""",
    "name deleted": """
def abs(x): return x * x
def f(x): return abs(x)
«→del abs»
""",
    "method of a library's class": """
from scipy import stats
def g(self, x): return x**3
def f(x): return stats.cauchy.cdf(x)
«→type(stats.cauchy).cdf = g»
""",
    "method of a library's base class": """
from scipy import stats
def g(self, x): return x**3
def f(x): return stats.laplace.logsf(x)
«→stats.rv_continuous.logsf = g»
""",
    "rounding of a float": """
def h(x, k=0.1«→ + 0.2»): return x * x * k
def f(x): return h(x)
""",
    "sign of a zero": """
import math
def h(x, k=«→-»0.0): return math.copysign(x * x, k)
def f(x): return h(x)
""",
}
# What functions and classes say of themselves: what is set, and what `f` asks.
SAID = {
    "attribute of a function": ("h.mode = '«a→b»'", "h.mode == 'a'"),
    "attribute of a function, gone": ("«h.mode = 'a'→»", "h.mode == 'a'"),
    "attribute of a method": ("C.m.mode = '«a→b»'", "C.m.mode == 'a'"),
    "attribute of a partial": ("p = functools.partial(h); p.mode = '«a→b»'", "p.mode == 'a'"),
    "attribute of a cached function": (
        "p = functools.lru_cache(h); p.mode = '«a→b»'",
        "p.mode == 'a'",
    ),
    "name of a function": ("h.__name__ = '«a→b»'", "h.__name__ == 'a'"),
    "module of a function": ("h.__module__ = '«m→n»'", "h.__module__ == 'm'"),
    "text of a function": ("h.__doc__ = '«m→n»'", "h.__doc__ == 'm'"),
    "name of a class": ("C.__name__ = '«m→n»'", "C.__name__ == 'm'"),
    "qualified name of a class": ("C.__qualname__ = '«m→n»'", "C.__qualname__ == 'm'"),
    "module of a class": ("C.__module__ = '«m→n»'", "C.__module__ == 'm'"),
    "text of a class": ("C.__doc__ = '«m→n»'", "C.__doc__ == 'm'"),
}
TEXTS |= {
    name: f"""
import functools
def h(x): return x * x
class C:
    def m(self, x): return x
{said}
def f(x): return x if {asked} else x * x
"""
    for name, (said, asked) in SAID.items()
}
CALLS = {
    "integer for a float": "f(-2.0)",
    "builtin shadowed": "f(-2.0)",
    "enum argument": "f(2.0, module.E.A)",
    "function argument": "f(2.0, module.g)",
    "what raises": "f(-2.0)",
    "object in an argument": "f(2.0, module.q)",
    "numbers of an argument": "f(2.0, module.q)",
    "name deleted": "f(-2.0)",
}


def case(name, text):
    before, after = (re.sub("(?s)«(.*?)→(.*?)»", rf"\{i}", text) for i in (1, 2))
    return Case(before, after, CALLS.get(name, "f(2.0)"))


CASES = {name: case(name, text) for name, text in TEXTS.items()}
# What is changed of these is live, and not in the key.
FOUND_AGAIN = {
    "live global",
    "live closure",
    "attribute of an instance",
    "frozen receiver",
    "numbers of an argument",
}
OTHERS = {
    "other_patched.py": "",
    "other_constant.py": "K = 1.0\ndef scaled(x):\n    return K * x * x\n",
}
