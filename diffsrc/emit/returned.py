"""The `return` of several values, broken as `ruff format` has it."""

from __future__ import annotations

from collections.abc import Callable

from diffsrc.emit.breaking import NAME, evaluated, middle
from diffsrc.emit.expressions import Printer, literal
from diffsrc.emit.signature import INDENT, WIDTH
from diffsrc.ir import Container, Node, Stack, Structure


class Returned:
    """Writes a `return` of more than one value.

    Attributes:
        results: the values that the structure counts.
        printer: writes a value in one line.
        fitted: writes a value that has a line to itself, so many levels deeper than the statement
            and with so many characters around it; parts of it may get names before, which the
            printer knows from then on.
        named: gives a value a line of its own, and a name.
        level: that of the statement.
        scalar: whether the code is for single numbers: arrays are made of lists of lists then,
            else of tuples of arrays.
    """

    def __init__(  # noqa: PLR0913 - what writes the parts
        self,
        results: tuple[Node, ...],
        printer: Printer,
        fitted: Callable[[Node, int, int], str],
        named: Callable[[Node], None],
        level: int,
        *,
        scalar: bool,
    ) -> None:
        self.results = results
        self.printer = printer
        self.fitted = fitted
        self.named = named
        self.level = level
        self.scalar = scalar

    def lines(self, structure: tuple[Structure, ...]) -> list[str]:
        """The statement."""
        line = self._in_one_line(structure)
        if len(line) <= WIDTH:
            return [line]
        part = self._long_part(structure, len(line))
        if part is not None:
            self.named(part)
            return [self._in_one_line(structure)]
        rows = self._rows("return ", structure, self.level, "")
        # With names for its parts it may be short.
        line = self._in_one_line(structure)
        return [line] if len(line) <= WIDTH else rows

    def _long_part(self, structure: tuple[Structure, ...], length: int) -> Node | None:
        """Of a value too long for a line of its own, the part without which all fits into one."""
        margin = self.level * len(INDENT)
        plain = [self.results[part] for part in structure if isinstance(part, int)]
        for node in plain if len(plain) == len(structure) else ():
            text = self.printer(node)
            if len(text) + len(",") + len(INDENT) + margin <= WIDTH:
                continue
            inside = evaluated(node, self.printer.names)
            lengths = [self.printer.lengths.get(inner, 0) for inner in inside]
            short = [
                inner
                for inner, own in zip(inside, lengths, strict=True)
                if margin + own + NAME <= WIDTH and length - own + NAME <= WIDTH
            ]
            part = middle(self.printer, short, len(text) // 2)
            if part is not None:
                return part
        return None

    def _in_one_line(self, structure: tuple[Structure, ...]) -> str:
        text = self._flat(structure)
        bare = len(structure) > 1 and not isinstance(structure, Stack | Container)
        return f"{INDENT * self.level}return {text[1:-1] if bare else text}"

    def _flat(self, structure: Structure) -> str:
        """All of it in one line."""
        if isinstance(structure, int):
            return self.printer(self.results[structure])
        if isinstance(structure, Stack):
            start, end = self._array(structure)
            return f"{start}{self._items(structure)}{end}"
        if isinstance(structure, Container):
            start, _, end = _brackets(structure)
            return f"{start}{self._inside(structure)}{end}"
        inner = ", ".join(self._flat(part) for part in structure)
        return f"({inner},)" if len(structure) == 1 else f"({inner})"

    def _items(self, structure: Stack) -> str:
        """What a stack is made of."""
        if not self.scalar:
            return self._flat(tuple(structure))
        parts = (
            self._items(part) if isinstance(part, Stack) else self._flat(part) for part in structure
        )
        return f"[{', '.join(parts)}]"

    def _array(self, structure: Stack) -> tuple[str, str]:
        """The call that makes an array of a stack's items, before and after them."""
        if self.scalar:
            return "np.array(", ")"
        # The last axis counts the columns; rows of them come first.
        rows = isinstance(structure[0], Stack)
        return "np.stack(", ")" if rows else ", axis=-1)"

    def _rows(self, before: str, structure: Structure, level: int, after: str) -> list[str]:
        """A tuple with one element a line, where it is too long for one."""
        margin = INDENT * level
        if isinstance(structure, int):
            used = len(before) + len(after)
            text = self.fitted(self.results[structure], used, level - self.level)
            return [f"{margin}{before}{text}{after}"]
        line = f"{margin}{before}{self._flat(structure)}{after}"
        if before != "return " and len(line) <= WIDTH:
            return [line]
        if isinstance(structure, Stack):
            return self._rows_of_array(before, structure, level, after)
        if isinstance(structure, Container):
            return self._rows_of_container(before, structure, level, after)
        rows = [row for part in structure for row in self._rows("", part, level + 1, ",")]
        # With names for its parts it may be short, and of one element stands in one line then.
        line = f"{margin}{before}{self._flat(structure)}{after}"
        if len(structure) == 1 and len(line) <= WIDTH:
            return [line]
        return [f"{margin}{before}(", *rows, f"{margin}){after}"]

    def _rows_of_container(
        self, before: str, structure: Container, level: int, after: str
    ) -> list[str]:
        """A list or dict with one element a line; a call with all in one, if they fit."""
        margin = INDENT * level
        start, keys, end = _brackets(structure)
        first, last = f"{margin}{before}{start}", f"{margin}{end}{after}"
        line = f"{margin}{INDENT}{self._inside(structure)}"
        if structure.model and len(line) <= WIDTH:
            return [first, line, last]
        rows = [f"{margin}{INDENT}{model}," for model in _given(structure)]
        for key, part in zip(keys, structure, strict=True):
            rows += self._rows(key, part, level + 1, ",")
        # With names for its parts it may be short.
        line = f"{margin}{before}{self._flat(structure)}{after}"
        return [line] if len(line) <= WIDTH else [first, *rows, last]

    def _inside(self, structure: Container) -> str:
        """What stands in the brackets, in one line."""
        _, keys, _ = _brackets(structure)
        parts = [key + self._flat(part) for key, part in zip(keys, structure, strict=True)]
        return ", ".join([*_given(structure), *parts])

    def _rows_of_array(self, before: str, structure: Stack, level: int, after: str) -> list[str]:
        """A stack that is too long for a line, as calls are broken."""
        margin = INDENT * level
        start, end = self._array(structure)
        keyword = end.removesuffix(")").removeprefix(", ")
        line = f"{margin}{INDENT}{self._items(structure)}{end[:-1]}"
        if len(line) <= WIDTH:
            rows = [line]
        else:
            rows = self._bracketed(structure, level + 1, "," if keyword else "")
            rows += [f"{margin}{INDENT}{keyword},"] if keyword else []
        return [f"{margin}{before}{start}", *rows, f"{margin}){after}"]

    def _bracketed(self, structure: Stack, level: int, after: str) -> list[str]:
        """The items of a stack, one a line."""
        margin = INDENT * level
        rows: list[str] = []
        for part in structure:
            if self.scalar and isinstance(part, Stack):
                line = f"{margin}{INDENT}{self._items(part)},"
                fits = len(line) <= WIDTH
                rows += [line] if fits else self._bracketed(part, level + 1, ",")
            else:
                rows += self._rows("", part, level + 1, ",")
        left, right = "[]" if self.scalar else "()"
        return [f"{margin}{left}", *rows, f"{margin}{right}{after}"]


def _brackets(structure: Container) -> tuple[str, list[str], str]:
    """What stands before the parts, before each of them, and after."""
    match structure.kind:
        case "list":
            return "[", [""] * len(structure), "]"
        case "dict":
            return "{", [f"{literal(name)}: " for name in structure.names], "}"
        case "named tuple":
            start = f"{structure.model}._replace("
        case _:
            start = "dataclasses.replace("
    return start, [f"{name}=" for name in structure.names], ")"


def _given(structure: Container) -> list[str]:
    """What a call is given before the parts."""
    return [structure.model] if structure.kind == "dataclass" else []
