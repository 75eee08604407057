"""Derivatives as formulas to read: Python's notation, Unicode, LaTeX, MathML, SymPy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from diffsrc.emit.boxes import CURLY_D, Box, Digits, Factors, Name, Power, Words
from diffsrc.emit.expressions import ATOM, COMPARE, SUM, Printer
from diffsrc.emit.fold import fold
from diffsrc.emit.formula import Definition, Formula, formula
from diffsrc.emit.latex import latex, rows
from diffsrc.emit.layout import Picture, beside, picture, stacked, text
from diffsrc.emit.mathml import math, mathml, table, words
from diffsrc.emit.scatter import puts_of
from diffsrc.emit.symbolic import symbolic
from diffsrc.emit.symbols import symbol
from diffsrc.emit.textbook import textbook
from diffsrc.errors import UnsupportedSyntax
from diffsrc.ir import Call, Container, Node, Program, Structure

WHERE = "where"


class ClosedForm:
    """The results of a lowered program as formulas.

    `str()` is one line in Python's notation. A formula that would be long keeps names
    that the user gave: `... where s6 = (sigma / r) ** 6`.

    Attributes:
        name: the function that was differentiated.
        wrt: for each result the names it was differentiated by, none for the value.
    """

    def __init__(self, program: Program, name: str, wrt: Sequence[Sequence[str]] = ()) -> None:
        self.name = name
        self.wrt = tuple(tuple(names) for names in wrt)
        self._formula: Formula = formula(program)
        self._ranked = program.graph.ranked

    # Python's notation

    @property
    def results(self) -> tuple[str, ...]:
        """Each result in Python's notation."""
        return self._python[0]

    @property
    def definitions(self) -> dict[str, str]:
        """The names in the results, each after those it is made of."""
        return dict(self._python[1])

    @cached_property
    def _python(self) -> tuple[tuple[str, ...], dict[str, str]]:
        printer = Lines()
        parts = self._formula.definitions
        definitions = {part.name: printer.define(part) for part in parts}
        results = tuple(printer.line(node) for node in self._formula.results)
        return results, definitions

    def __str__(self) -> str:
        results, definitions = self._python
        line = _tuple(_structure(self._formula), results)
        if not definitions:
            return line
        return f"{line} {WHERE} {', '.join(f'{n} = {v}' for n, v in definitions.items())}"

    def __repr__(self) -> str:
        return f"<ClosedForm {self}>"

    # Mathematics

    @cached_property
    def _boxes(self) -> tuple[list[tuple[Box | None, Box]], list[tuple[Box, Box]]]:
        """(label, result) and (name, value) of definitions."""
        setting = textbook(self._formula)
        definitions = [setting.define(part) for part in self._formula.definitions]
        results = [setting(node) for node in self._formula.results]
        labels = self._labels(len(results))
        return list(zip(labels, results, strict=True)), definitions

    def _labels(self, count: int) -> Iterator[Box | None]:
        for number in range(count):
            known = number < len(self.wrt)
            yield label(self.name, self.wrt[number]) if known and count > 1 else None

    @cached_property
    def pretty(self) -> str:
        """Unicode, on several lines where it has fractions or cases."""
        results, definitions = self._boxes
        parts = [_equation(label, value) for label, value in results]
        apart = not all(part.flat for part in parts)
        if definitions:
            parts.append(text(WHERE))
            named = [beside(text("  "), _equation(name, value)) for name, value in definitions]
            apart = apart or not all(part.flat for part in named)
            parts += named
        picture = stacked(parts, apart=apart)
        return "\n".join(line.rstrip() for line in picture.lines)

    @cached_property
    def latex(self) -> str:
        """LaTeX, without dollar signs."""
        results, definitions = self._boxes
        if len(results) == 1 and not definitions:
            return latex(results[0][1])
        lines = [
            (latex(label), f"= {latex(value)}") if label else ("", f" {latex(value)}")
            for label, value in results
        ]
        where = rf"\text{{{WHERE} }} "
        for name, value in definitions:
            lines.append((where + latex(name), f"= {latex(value)}"))
            where = ""
        return rows(lines)

    @cached_property
    def mathml(self) -> str:
        """Presentation MathML, one `math` element."""
        results, definitions = self._boxes
        if len(results) == 1 and not definitions:
            return math(mathml(results[0][1]))
        equals = "<mo>=</mo>"
        lines = [
            (mathml(label), equals, mathml(value)) if label else ("", "", mathml(value))
            for label, value in results
        ]
        where = words(f"{WHERE}\N{NO-BREAK SPACE}")
        for name, value in definitions:
            lines.append((f"<mrow>{where}{mathml(name)}</mrow>", equals, mathml(value)))
            where = ""
        return math(table(lines, "right center left"))

    @cached_property
    def sympy(self) -> Any:
        """The SymPy expression, definitions written out; a `Tuple` of several.

        Raises:
            UnsupportedSyntax: it computes with arrays as wholes.
        """
        if self._ranked:
            raise UnsupportedSyntax(
                f"{self.name} computes with arrays as wholes, and .sympy gives formulas of "
                "numbers only.",
                suggestion="Take str(...), .pretty, .latex or .mathml.",
            )
        return symbolic(self._formula)

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex}$"


class Lines(Printer):
    """Prints formulas in Python's notation, operands first, however deep they are."""

    def __init__(self) -> None:
        self.named: dict[Node, tuple[str, int]] = {}
        self.done: dict[Node, tuple[str, int]] = {}
        super().__init__({})

    def line(self, node: Node) -> str:
        """The text of a formula."""
        return fold(node, self.done, self._form)[0]

    def _form(self, node: Node) -> tuple[str, int]:
        if isinstance(node, Call) and node.op == "undefined":
            return f"undefined({node.options[0]})", ATOM
        if isinstance(node, Call) and node.op == "sign":
            text = self(node.args[0], COMPARE + 1)
            return f"({text} > 0) - ({text} < 0)", SUM
        if isinstance(node, Call) and node.op == "scatter":
            return self._scattered(node)
        return super()._text(node)

    def _scattered(self, node: Call) -> tuple[str, int]:
        """A sum: `embed[1:](v)` is zero elsewhere, of a shape that what stands beside it tells."""
        start = node.args[0]
        zeros = isinstance(start, Call) and start.op == "np.zeros_like"
        line = "" if zeros else self(start, SUM)
        for put in puts_of(node):
            items = self.filled(put.items, node.args)
            sign = "-" if put.negative else "+"
            line += f" {sign} " if line else sign.strip("+")
            line += f"embed[{items}]({self(node.args[put.value])})"
        single = zeros and len(node.params) == 1 and not line.startswith("-")
        return line, ATOM if single else SUM

    def define(self, part: Definition) -> str:
        """The value of a part, which is printed as its name from here on."""
        value = self.line(part.value)
        self.named[part.node] = part.name, ATOM
        self.done = dict(self.named)
        return value

    def _text(self, node: Node) -> tuple[str, int]:
        return self.done[node]


def label(name: str, wrt: tuple[str, ...]) -> Box:
    """`∂f/∂x`, or `f` for the value."""
    function = Name(symbol(name)) if name.isidentifier() else Words(name)
    if not wrt:
        return function
    below: list[Box] = []
    for by in dict.fromkeys(wrt):
        times = wrt.count(by)
        below += [CURLY_D, _powered(Name(symbol(by)), times)]
    return Factors(negative=False, top=(_powered(CURLY_D, len(wrt)), function), bottom=tuple(below))


def _powered(box: Box, exponent: int) -> Box:
    return box if exponent == 1 else Power(box, Digits(str(exponent)))


def _equation(name: Box | None, value: Box) -> Picture:
    if name is None:
        return picture(value)
    return beside(picture(name), text(" = "), picture(value))


def _structure(formula: Formula) -> Structure:
    """How the results are returned; all of them where the program does not say it."""
    count = len(formula.results)
    return formula.structure if count == 1 or formula.structure != 0 else tuple(range(count))


def _tuple(structure: Structure, results: tuple[str, ...]) -> str:
    if isinstance(structure, int):
        return results[structure]
    parts = [_tuple(part, results) for part in structure]
    if isinstance(structure, Container):
        pairs = [*zip(structure.names, parts, strict=False)]
        match structure.kind:
            case "list":
                return f"[{', '.join(parts)}]"
            case "dict":
                return f"{{{', '.join(f'{name!r}: {text}' for name, text in pairs)}}}"
            case _:
                return f"{structure.title}({', '.join(f'{name}={text}' for name, text in pairs)})"
    inner = ", ".join(parts)
    return f"({inner},)" if len(structure) == 1 else f"({inner})"
