"""What decides a derivative's code from outside, each case with what it is changed to.

A case is a module, a text in it and what comes in its place, and a call. `f` is derived.
"""

CASES = {
    "helper": (
        """
def h(x):
    return x * x
def f(x):
    return h(x)
""",
        "x * x",
        "x * x * x",
        "f(2.0)",
    ),
    "helper of a helper": (
        """
def k(x):
    return x * x
def h(x):
    return k(x)
def f(x):
    return h(x)
""",
        "x * x",
        "x * x * x",
        "f(2.0)",
    ),
    "helper's default": (
        """
def h(x, n=2):
    return x**n
def f(x):
    return h(x)
""",
        "n=2",
        "n=3",
        "f(2.0)",
    ),
    "helper's keyword default": (
        """
def h(x, *, kind='a'):
    return x if kind == 'a' else x * x
def f(x):
    return h(x)
""",
        "kind='a'",
        "kind='b'",
        "f(2.0)",
    ),
    "own default": (
        """
D = 2.0
def f(x, n=D):
    return x**n
""",
        "D = 2.0",
        "D = 3.0",
        "f(2.0)",
    ),
    "own static default": (
        """
D = 'a'
def f(x, kind=D):
    return x if kind == 'a' else x * x
""",
        "D = 'a'",
        "D = 'b'",
        "f(2.0)",
    ),
    "static global": (
        """
MODE = 'a'
def f(x):
    return x if MODE == 'a' else x * x
""",
        "MODE = 'a'",
        "MODE = 'b'",
        "f(2.0)",
    ),
    "live global": (
        """
K = 2.0
def f(x):
    return K * x * x
""",
        "K = 2.0",
        "K = 5.0",
        "f(2.0)",
    ),
    "type of a global": (
        """
K = 2.0
def f(x):
    return K * x if K else x * x
""",
        "K = 2.0",
        "K = None",
        "f(2.0)",
    ),
    "integer for a float": (
        """
K = 2.0
def f(x):
    return x**K
""",
        "K = 2.0",
        "K = 2",
        "f(-2.0)",
    ),
    "array for a float": (
        """
import numpy as np
K = 2.0
def f(x):
    return np.sin(K * x)
""",
        "K = 2.0",
        "K = np.array([1.0, 2.0])",
        "f(2.0)",
    ),
    "closure": (
        """
def outer(mode):
    def f(x):
        return x if mode == 'a' else x * x
    return f
f = outer('a')
""",
        "outer('a')",
        "outer('b')",
        "f(2.0)",
    ),
    "live closure": (
        """
def outer(k):
    def f(x):
        return k * x * x
    return f
f = outer(2.0)
""",
        "outer(2.0)",
        "outer(7.0)",
        "f(2.0)",
    ),
    "closure with a function": (
        """
def a(x):
    return x
def b(x):
    return x * x
def outer(g):
    def f(x):
        return g(x)
    return f
f = outer(a)
""",
        "outer(a)",
        "outer(b)",
        "f(2.0)",
    ),
    "another function under the name": (
        """
import math
sin = math.sin
def f(x):
    return sin(x)
""",
        "sin = math.sin",
        "sin = math.cos",
        "f(2.0)",
    ),
    "own function under a library's name": (
        """
from math import sin
def mine(x):
    return x * x
def f(x):
    return sin(x)
""",
        "def f(x)",
        "sin = mine\ndef f(x)",
        "f(2.0)",
    ),
    "builtin shadowed": (
        """
def mine(x):
    return x * x
def f(x):
    return abs(x)
""",
        "def f(x)",
        "abs = mine\ndef f(x)",
        "f(-2.0)",
    ),
    "module patched": (
        """
import math
import other_patched as lib
def mine(x):
    return x * x
lib.exp = math.exp
def f(x):
    return lib.exp(x)
""",
        "lib.exp = math.exp",
        "lib.exp = mine",
        "f(2.0)",
    ),
    "NumPy patched": (
        """
import numpy as np
def mine(x):
    return x * x
def f(x):
    return np.exp2(x)
""",
        "def f(x)",
        "np.exp2 = mine\ndef f(x)",
        "f(2.0)",
    ),
    "global of a helper elsewhere": (
        """
import other_constant
other_constant.K = 3.0
def f(x):
    return other_constant.scaled(x)
""",
        "K = 3.0",
        "K = 4.0",
        "f(2.0)",
    ),
    "method": (
        """
class P:
    def g(self, x):
        return x * x
p = P()
def f(x):
    return p.g(x)
""",
        "x * x",
        "x * x * x",
        "f(2.0)",
    ),
    "method of a base": (
        """
class B:
    def g(self, x):
        return x * x
class P(B):
    pass
p = P()
def f(x):
    return p.g(x)
""",
        "x * x",
        "x * x * x",
        "f(2.0)",
    ),
    "method by super": (
        """
class B:
    def g(self, x):
        return x * x
class P(B):
    def g(self, x):
        return super().g(x) + x
p = P()
f = p.g
""",
        "return x * x",
        "return x * x * x",
        "f(2.0)",
    ),
    "base class": (
        """
class A:
    def g(self, x):
        return x * x
class B:
    def g(self, x):
        return x
class P(A):
    pass
p = P()
def f(x):
    return p.g(x)
""",
        "class P(A)",
        "class P(B)",
        "f(2.0)",
    ),
    "property": (
        """
class P:
    k = 2.0
    @property
    def twice(self):
        return 2 * self.k
p = P()
def f(x):
    return p.twice * x * x
""",
        "2 * self.k",
        "3 * self.k",
        "f(2.0)",
    ),
    "class attribute": (
        """
class P:
    k = 2.0
    def g(self, x):
        return self.k * x * x
f = P().g
""",
        "k = 2.0",
        "k = 9.0",
        "f(2.0)",
    ),
    "class attribute by the class": (
        """
class P:
    k = 2.0
def f(x):
    return P.k * x * x
""",
        "k = 2.0",
        "k = 9.0",
        "f(2.0)",
    ),
    "static class attribute": (
        """
class P:
    kind = 'a'
    def g(self, x):
        return x if self.kind == 'a' else x * x
f = P().g
""",
        "kind = 'a'",
        "kind = 'b'",
        "f(2.0)",
    ),
    "attribute of an instance": (
        """
class P:
    def __init__(self, k):
        self.k = k
    def g(self, x):
        return self.k * x * x
f = P(2.0).g
""",
        "P(2.0)",
        "P(3.0)",
        "f(2.0)",
    ),
    "static attribute of an instance": (
        """
class P:
    def __init__(self, k):
        self.k = k
    def g(self, x):
        return x if self.k == 'a' else x * x
f = P('a').g
""",
        "P('a')",
        "P('b')",
        "f(2.0)",
    ),
    "slot": (
        """
class P:
    __slots__ = ('k',)
    def __init__(self, k):
        self.k = k
    def g(self, x):
        return x if self.k == 'a' else x * x
f = P('a').g
""",
        "P('a')",
        "P('b')",
        "f(2.0)",
    ),
    "instance's own function": (
        """
class P:
    pass
def a(x):
    return x
def b(x):
    return x * x
p = P()
p.g = a
def f(x):
    return p.g(x)
""",
        "p.g = a",
        "p.g = b",
        "f(2.0)",
    ),
    "callable object": (
        """
class P:
    def __call__(self, x):
        return x * x
f = P()
""",
        "x * x",
        "x * x * x",
        "f(2.0)",
    ),
    "frozen receiver": (
        """
import dataclasses
@dataclasses.dataclass(frozen=True)
class P:
    k: float
    def g(self, x):
        return self.k * x * x
f = P(2.0).g
""",
        "P(2.0)",
        "P(3.0)",
        "f(2.0)",
    ),
    "receiver frozen or not": (
        """
import dataclasses
@dataclasses.dataclass(frozen=True)
class P:
    k: float
    def g(self, x):
        return self.k * x * x
f = P(2.0).g
""",
        "(frozen=True)",
        "(frozen=False)",
        "f(2.0)",
    ),
    "field's default": (
        """
import dataclasses
@dataclasses.dataclass
class P:
    a: float
    k: float = 2.0
def f(x):
    p = P(x)
    return p.k * p.a * p.a
""",
        "k: float = 2.0",
        "k: float = 3.0",
        "f(2.0)",
    ),
    "named tuple's default": (
        """
from typing import NamedTuple
class P(NamedTuple):
    a: float
    k: float = 2.0
def f(x):
    p = P(x)
    return p.k * p.a * p.a
""",
        "k: float = 2.0",
        "k: float = 3.0",
        "f(2.0)",
    ),
    "named tuple's fields": (
        """
from typing import NamedTuple
class P(NamedTuple):
    a: float
    b: float
def f(x):
    p = P(x, 3 * x)
    return p.a * p.a
""",
        "a: float\n    b: float",
        "b: float\n    a: float",
        "f(2.0)",
    ),
    "enum's value": (
        """
import enum
class E(enum.Enum):
    A = 2
    B = 3
def f(x):
    return x**E.A.value
""",
        "A = 2",
        "A = 4",
        "f(2.0)",
    ),
    "enum member": (
        """
import enum
class E(enum.Enum):
    A = 2
    B = 3
MODE = E.A
def f(x):
    return x if MODE is E.A else x * x
""",
        "MODE = E.A",
        "MODE = E.B",
        "f(2.0)",
    ),
    "enum argument": (
        """
import enum
class E(enum.Enum):
    A = 2
    B = 3
def f(x, mode):
    return x if mode is E.A else x * x
""",
        "A = 2\n    B = 3",
        "B = 3\n    A = 2",
        "f(2.0, module.E.A)",
    ),
    "function argument": (
        """
def g(x):
    return x * x
def f(x, g):
    return g(x)
""",
        "x * x",
        "x * x * x",
        "f(2.0, module.g)",
    ),
    "partial": (
        """
import functools
def g(x, n):
    return x**n
f = functools.partial(g, n=2)
""",
        "n=2",
        "n=3",
        "f(2.0)",
    ),
    "static partial": (
        """
import functools
def g(x, kind):
    return x if kind == 'a' else x * x
f = functools.partial(g, kind='a')
""",
        "kind='a')",
        "kind='b')",
        "f(2.0)",
    ),
    "partial as a helper": (
        """
import functools
def g(n, x):
    return x**n
h = functools.partial(g, 2)
def f(x):
    return h(x)
""",
        "(g, 2)",
        "(g, 3)",
        "f(2.0)",
    ),
    "cached helper": (
        """
import functools
@functools.lru_cache
def h(x):
    return x * x
def f(x):
    return h(x)
""",
        "x * x",
        "x * x * x",
        "f(2.0)",
    ),
    "dict": (
        """
TABLE = {'a': 'sum', 'b': 'product'}
def f(x):
    return x + x if TABLE['a'] == 'sum' else x * x
""",
        "'a': 'sum'",
        "'a': 'product'",
        "f(2.0)",
    ),
    "dict of functions": (
        """
def a(x):
    return x
def b(x):
    return x * x
TABLE = {'a': a}
def f(x):
    return TABLE['a'](x)
""",
        "{'a': a}",
        "{'a': b}",
        "f(2.0)",
    ),
    "tuple of numbers": (
        """
T = (1.0, 2.0)
def f(x):
    return T[0] * x * x + T[1] * x
""",
        "(1.0, 2.0)",
        "(3.0, 2.0)",
        "f(2.0)",
    ),
    "length of a tuple": (
        """
T = (1.0, 2.0)
def f(x):
    return x * x if len(T) == 2 else x
""",
        "(1.0, 2.0)",
        "(1.0, 2.0, 3.0)",
        "f(2.0)",
    ),
    "class asked for": (
        """
class A:
    pass
class B:
    pass
KIND = A
p = A()
def f(x):
    return x * x if isinstance(p, KIND) else x
""",
        "KIND = A",
        "KIND = B",
        "f(2.0)",
    ),
    "name of an attribute": (
        """
class P:
    a = 'one'
    b = 'two'
NAME = 'a'
p = P()
def f(x):
    return x if getattr(p, NAME) == 'one' else x * x
""",
        "NAME = 'a'",
        "NAME = 'b'",
        "f(2.0)",
    ),
    "attribute by a name": (
        """
class P:
    a = 'one'
NAME = 'a'
p = P()
def f(x):
    return x if getattr(p, NAME) == 'one' else x * x
""",
        "a = 'one'",
        "a = 'two'",
        "f(2.0)",
    ),
    "whether there is an attribute": (
        """
class P:
    a = 'one'
p = P()
def f(x):
    return x if hasattr(p, 'a') else x * x
""",
        "a = 'one'",
        "b = 'one'",
        "f(2.0)",
    ),
    "spelling of a number": (
        """
def f(x):
    return 11_000 * x * x
""",
        "11_000",
        "11000",
        "f(2.0)",
    ),
    "name of a value": (
        """
import math
def f(x):
    y = math.sin(x)
    return y * y
""",
        "    y = math.sin(x)\n    return y * y",
        "    wave = math.sin(x)\n    return wave * wave",
        "f(2.0)",
    ),
    "annotation": (
        """
import enum
class E(enum.Enum):
    A = 1
Kind = float
def f(x: Kind):
    return x * x
""",
        "Kind = float",
        "Kind = int",
        "f(2.0)",
    ),
    "derivative as a helper": (
        """
import diffsrc
def g(x):
    return x**3
h = diffsrc.grad(g)
def f(x):
    return g(x) * x
""",
        "x**3",
        "x**4",
        "f(2.0)",
    ),
    "one of two lambdas": (
        """
fs = (lambda x: x * x, lambda x: x * x * x)
f = fs[0]
""",
        "fs[0]",
        "fs[1]",
        "f(2.0)",
    ),
    "what raises": (
        """
class E(ValueError):
    pass
class F(ValueError):
    pass
Error = E
def f(x):
    if x < 0:
        raise Error('negative')
    return x * x
""",
        "Error = E",
        "Error = F",
        "f(-2.0)",
    ),
    "static method": (
        """
class P:
    @staticmethod
    def g(x):
        return x * x
def f(x):
    return P.g(x)
""",
        "x * x",
        "x * x * x",
        "f(2.0)",
    ),
    "class method": (
        """
class P:
    k = 'a'
    @classmethod
    def g(cls, x):
        return x if cls.k == 'a' else x * x
def f(x):
    return P.g(x)
""",
        "k = 'a'",
        "k = 'b'",
        "f(2.0)",
    ),
    "operator of a class": (
        """
class P:
    def __mul__(self, x):
        return x * x
p = P()
def f(x):
    return p.__mul__(x)
""",
        "return x * x",
        "return x * x * x",
        "f(2.0)",
    ),
    "object in an argument": (
        """
class P:
    def __init__(self, k):
        self.k = k
def f(x, p):
    return x if p.k == 'a' else x * x
q = P('a')
""",
        "P('a')",
        "P('b')",
        "f(2.0, module.q)",
    ),
    "numbers of an argument": (
        """
class P:
    def __init__(self, k):
        self.k = k
def f(x, p):
    return p.k * x * x
q = P(2.0)
""",
        "P(2.0)",
        "P(3.0)",
        "f(2.0, module.q)",
    ),
    "union of classes": (
        """
class A:
    pass
class B:
    pass
KIND = A | int
p = A()
def f(x):
    return x * x if isinstance(p, KIND) else x
""",
        "A | int",
        "B | int",
        "f(2.0)",
    ),
    "namespace": (
        """
import types
p = types.SimpleNamespace(kind="a")
def f(x):
    return x * x if p.kind == "a" else x
""",
        'kind="a"',
        'kind="b"',
        "f(2.0)",
    ),
    "function in a namespace": (
        """
import types
def a(x):
    return x * x
def b(x):
    return x
p = types.SimpleNamespace(g=a)
def f(x):
    return p.g(x)
""",
        "g=a",
        "g=b",
        "f(2.0)",
    ),
    "fraction": (
        """
from fractions import Fraction
K = Fraction(1, 2)
def f(x):
    return K.denominator * x * x
""",
        "(1, 2)",
        "(1, 3)",
        "f(2.0)",
    ),
    "set": (
        """
MODES = {"a", "b"}
def f(x):
    return x * x if "a" in MODES else x
""",
        '"a", "b"',
        '"b", "c"',
        "f(2.0)",
    ),
    "positions of a pattern": (
        """
import dataclasses
@dataclasses.dataclass
class P:
    a: float
    b: float
def f(x):
    p = P(x, x * x)
    match p:
        case P(u, v):
            return u * v * v
    return x
""",
        "    a: float\n    b: float",
        "    b: float\n    a: float",
        "f(2.0)",
    ),
    "mixin that comes first": (
        """
class A:
    def g(self, x):
        return x * x
class B:
    def g(self, x):
        return x
class P(A, B):
    pass
p = P()
def f(x):
    return p.g(x)
""",
        "P(A, B)",
        "P(B, A)",
        "f(2.0)",
    ),
    "module's attribute": (
        """
import other_constant
other_constant.MODE = "a"
def f(x):
    return x * x if other_constant.MODE == "a" else x
""",
        'MODE = "a"',
        'MODE = "b"',
        "f(2.0)",
    ),
    "helper that is a method": (
        """
class P:
    def __init__(self, n):
        self.n = n
    def g(self, x):
        return x * x if self.n == "a" else x
h = P("a").g
def f(x):
    return h(x)
""",
        'P("a")',
        'P("b")',
        "f(2.0)",
    ),
    "code replaced": (
        """
def a(x):
    return x * x
def b(x):
    return x
def h(x):
    return a(x)
h.__code__ = a.__code__
def f(x):
    return h(x)
""",
        "a.__code__",
        "b.__code__",
        "f(2.0)",
    ),
    "defaults replaced": (
        """
def h(x, n=1):
    return x**n
h.__defaults__ = (2,)
def f(x):
    return h(x)
""",
        "(2,)",
        "(3,)",
        "f(2.0)",
    ),
    "singledispatch": (
        """
import functools
@functools.singledispatch
def h(x):
    return x * x
def other(x):
    return x
def f(x):
    return h(x)
""",
        "def f(x)",
        "h.register(float)(other)\ndef f(x)",
        "f(2.0)",
    ),
    "metaclass": (
        """
class M(type):
    @property
    def k(cls):
        return "a"
class P(metaclass=M):
    pass
def f(x):
    return x * x if P.k == "a" else x
""",
        'return "a"',
        'return "b"',
        "f(2.0)",
    ),
    "attribute of a function": (
        """
import enum
import functools
def h(x):
    return x * x
class C:
    def m(self, x):
        return x
class E(enum.Enum):
    A = 1
    def __init__(self, value):
        self.k = 2.5
h.mode = 'a'
def f(x):
    return x if h.mode == 'a' else x * x
""",
        "h.mode = 'a'",
        "h.mode = 'b'",
        "f(2.0)",
    ),
    "attribute of a function, gone": (
        """
import enum
import functools
def h(x):
    return x * x
class C:
    def m(self, x):
        return x
class E(enum.Enum):
    A = 1
    def __init__(self, value):
        self.k = 2.5
h.mode = 'a'
def f(x):
    return x if h.mode == 'a' else x * x
""",
        "h.mode = 'a'",
        "",
        "f(2.0)",
    ),
    "attribute of a method": (
        """
import enum
import functools
def h(x):
    return x * x
class C:
    def m(self, x):
        return x
class E(enum.Enum):
    A = 1
    def __init__(self, value):
        self.k = 2.5
C.m.mode = 'a'
def f(x):
    return x if C.m.mode == 'a' else x * x
""",
        "C.m.mode = 'a'",
        "C.m.mode = 'b'",
        "f(2.0)",
    ),
    "attribute of a partial": (
        """
import enum
import functools
def h(x):
    return x * x
class C:
    def m(self, x):
        return x
class E(enum.Enum):
    A = 1
    def __init__(self, value):
        self.k = 2.5
p = functools.partial(h)
p.mode = 'a'
def f(x):
    return x if p.mode == 'a' else x * x
""",
        "p.mode = 'a'",
        "p.mode = 'b'",
        "f(2.0)",
    ),
    "attribute of a cached function": (
        """
import enum
import functools
def h(x):
    return x * x
class C:
    def m(self, x):
        return x
class E(enum.Enum):
    A = 1
    def __init__(self, value):
        self.k = 2.5
p = functools.lru_cache(h)
p.mode = 'a'
def f(x):
    return x if p.mode == 'a' else x * x
""",
        "p.mode = 'a'",
        "p.mode = 'b'",
        "f(2.0)",
    ),
    "name of a function": (
        """
import enum
import functools
def h(x):
    return x * x
class C:
    def m(self, x):
        return x
class E(enum.Enum):
    A = 1
    def __init__(self, value):
        self.k = 2.5
h.__name__ = 'a'
def f(x):
    return x if h.__name__ == 'a' else x * x
""",
        "__ = 'a'",
        "__ = 'b'",
        "f(2.0)",
    ),
    "module of a function": (
        """
import enum
import functools
def h(x):
    return x * x
class C:
    def m(self, x):
        return x
class E(enum.Enum):
    A = 1
    def __init__(self, value):
        self.k = 2.5
h.__module__ = 'm'
def f(x):
    return x if h.__module__ == 'm' else x * x
""",
        "__ = 'm'",
        "__ = 'n'",
        "f(2.0)",
    ),
    "text of a function": (
        """
import enum
import functools
def h(x):
    return x * x
class C:
    def m(self, x):
        return x
class E(enum.Enum):
    A = 1
    def __init__(self, value):
        self.k = 2.5
h.__doc__ = 'm'
def f(x):
    return x if h.__doc__ == 'm' else x * x
""",
        "__ = 'm'",
        "__ = 'n'",
        "f(2.0)",
    ),
    "name of a class": (
        """
import enum
import functools
def h(x):
    return x * x
class C:
    def m(self, x):
        return x
class E(enum.Enum):
    A = 1
    def __init__(self, value):
        self.k = 2.5
C.__name__ = 'm'
def f(x):
    return x if C.__name__ == 'm' else x * x
""",
        "__ = 'm'",
        "__ = 'n'",
        "f(2.0)",
    ),
    "qualified name of a class": (
        """
import enum
import functools
def h(x):
    return x * x
class C:
    def m(self, x):
        return x
class E(enum.Enum):
    A = 1
    def __init__(self, value):
        self.k = 2.5
C.__qualname__ = 'm'
def f(x):
    return x if C.__qualname__ == 'm' else x * x
""",
        "__ = 'm'",
        "__ = 'n'",
        "f(2.0)",
    ),
    "module of a class": (
        """
import enum
import functools
def h(x):
    return x * x
class C:
    def m(self, x):
        return x
class E(enum.Enum):
    A = 1
    def __init__(self, value):
        self.k = 2.5
C.__module__ = 'm'
def f(x):
    return x if C.__module__ == 'm' else x * x
""",
        "__ = 'm'",
        "__ = 'n'",
        "f(2.0)",
    ),
    "text of a class": (
        """
import enum
import functools
def h(x):
    return x * x
class C:
    def m(self, x):
        return x
class E(enum.Enum):
    A = 1
    def __init__(self, value):
        self.k = 2.5
C.__doc__ = 'm'
def f(x):
    return x if C.__doc__ == 'm' else x * x
""",
        "__ = 'm'",
        "__ = 'n'",
        "f(2.0)",
    ),
    "number of an enum": (
        """
import enum
import functools
def h(x):
    return x * x
class C:
    def m(self, x):
        return x
class E(enum.Enum):
    A = 1
    def __init__(self, value):
        self.k = 2.5

def f(x):
    return x if E.A.k > 2 else x * x
""",
        "2.5",
        "1.5",
        "f(2.0)",
    ),
    "name deleted": (
        """
def abs(x):
    return x * x
def f(x):
    return abs(x)
""",
        "    return abs(x)",
        "    return abs(x)\ndel abs",
        "f(-2.0)",
    ),
    "method of a library's class": (
        """
from scipy import stats
def g(self, x):
    return x**3
def f(x):
    return stats.cauchy.cdf(x)
""",
        "    return x**3",
        "    return x**3\ntype(stats.cauchy).cdf = g",
        "f(2.0)",
    ),
    "method of a library's base class": (
        """
from scipy import stats
def g(self, x):
    return x**3
def f(x):
    return stats.laplace.logsf(x)
""",
        "    return x**3",
        "    return x**3\nstats.rv_continuous.logsf = g",
        "f(2.0)",
    ),
    "rounding of a float": (
        """
def h(x, k=0.1):
    return x * x * k
def f(x):
    return h(x)
""",
        "k=0.1",
        "k=0.1 + 0.2",
        "f(2.0)",
    ),
    "sign of a zero": (
        """
import math
def h(x, k=0.0):
    return math.copysign(x * x, k)
def f(x):
    return h(x)
""",
        "k=0.0",
        "k=-0.0",
        "f(2.0)",
    ),
}
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
