"""Complex numbers on the way to a real result: what makes them, and their parts."""

from __future__ import annotations

import ast
import sys

from diffsrc.capture import Captured
from diffsrc.ir import COMPLEX, Node
from diffsrc.ops import TABLE
from diffsrc.ops.complex import TAKES_COMPLEX
from diffsrc.parse.distributions import Distributions
from diffsrc.parse.iterate import Arguments, Keywords
from diffsrc.parse.values import Items, Method, Static, Value
from diffsrc.specialise import Signature

_SYMBOLS = {"floordiv": "//", "mod": "%"}
# Of functions that have other names, the ones that are for real numbers.
_REAL_ONLY = {"np.fabs": "np.abs", "scipy.special.exp2": "np.exp2"}
_ORDER = frozenset({"lt", "le", "gt", "ge", "max", "min", "maximum", "minimum", "fmax", "fmin"})


def conj(array: object) -> object:
    """What stands for the method of NumPy's numbers and arrays."""
    return array


class ComplexNumbers(Distributions):
    """Reads what is about complex numbers alone."""

    def __init__(self, captured: Captured, signature: Signature) -> None:
        super().__init__(captured, signature)
        self.handlers[id(complex)] = self._complex
        self.handlers[id(complex.conjugate)] = self.handlers[id(conj)] = self._conjugate
        cmath = sys.modules.get("cmath")
        if cmath is not None:
            self.handlers[id(cmath.polar)] = self._polar

    def attribute(self, base: Value, name: str, node: ast.expr) -> Value:
        """`.real`, `.imag`, and the methods that give the conjugate."""
        if isinstance(base, Node) and base.type.kind in {"float", "complex"}:
            match name:
                case "real" | "imag":
                    self.not_guessed(base, node)
                    return self.node(name, (base,), node, f".{name}")
                case "conjugate":
                    self.not_guessed(base, node)
                    return Method(Static(complex.conjugate), base)
                case "conj":
                    self.not_guessed(base, node)
                    return Method(Static(conj), base)
        return super().attribute(base, name, node)

    def _conjugate(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        if keywords or len(args) != 1:
            self.refuse("The conjugate is taken of one number.", node, "Write z.conjugate().")
        function = node.func if isinstance(node, ast.Call) else None
        method = function.attr if isinstance(function, ast.Attribute) else "conjugate"
        return self.node("conj", (self.numeric(args[0], node),), node, f".{method}()")

    def _complex(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        parts = [*args, *(keywords[name] for name in ("real", "imag") if name in keywords)]
        known = len(parts) == len(args) + len(keywords) and 0 < len(parts) <= 2
        if not known or (keywords and (args or "real" not in keywords)):
            self.refuse(
                "These arguments of complex are not understood.",
                node,
                "Call it with the real and the imaginary part.",
            )
        nodes = tuple([self.numeric(part, node) for part in parts])
        if not self.arrays.isdisjoint(nodes):
            self.refuse(
                "Python would raise: complex takes no arrays.", node, "Write real + 1j * imag."
            )
        if len(nodes) == 2 and any(n.type is COMPLEX for n in nodes):
            self.refuse(
                "A part of a complex number is complex here.",
                node,
                "Give the real and the imaginary part, which are real.",
            )
        return self.node("complex", nodes, node, "complex")

    def _polar(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        if keywords or len(args) != 1:
            self.refuse("cmath.polar takes one number.", node, "Write cmath.polar(z).")
        z = self.numeric(args[0], node)
        return Items(
            (self.node("abs", (z,), node, "abs"), self.node("phase", (z,), node, "cmath.phase"))
        )

    def node(self, op: str, args: tuple[Node, ...], node: ast.AST, spelling: str = "") -> Node:
        """An operation as written; a refusal where it takes no complex number."""
        if spelling.startswith("cmath."):
            self.graph.complex = True
            if not self.arrays.isdisjoint(args):
                self.refuse(
                    f"Python would raise: {spelling} takes no arrays.",
                    node,
                    f"Write np.{spelling.removeprefix('cmath.')} of it.",
                )
        if self.graph.complex and any(arg.type is COMPLEX for arg in args):
            self._check_complex(op, node, spelling)
        made = super().node(op, args, node, spelling)
        if made.type is COMPLEX and any(arg.type.axes for arg in args):
            self.refuse_complex(node)
        return made

    def _check_complex(self, op: str, node: ast.AST, spelling: str) -> None:
        """Refuse a complex argument that Python, or its library, does not take."""
        advice = "Take .real, .imag or abs(...) of it first."
        name = spelling or _SYMBOLS.get(op, op)
        if spelling.startswith("math."):
            other = f"c{spelling}"
            known = other in TABLE[op].spellings
            self.refuse(
                f"{spelling} takes no complex numbers: Python would raise.",
                node,
                f"{other} does." if known else advice,
            )
        if op in _ORDER:
            self.refuse("Complex numbers have no order: Python would raise.", node, advice)
        if spelling in _REAL_ONLY:
            other = _REAL_ONLY[spelling]
            self.refuse(f"{spelling} takes no complex numbers.", node, f"{other} does.")
        if op not in TAKES_COMPLEX and op not in {"raise", "text"}:
            self.refuse(f"{name} is not understood of complex numbers.", node, advice)
