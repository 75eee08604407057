"""The text of a standalone module: header, imports, constants, functions."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from diffsrc.emit.expressions import literal
from diffsrc.emit.signature import INDENT, WIDTH, raising

# As isort orders them, the standard library apart. SciPy ships no types.
STANDARD = {
    "cmath": "import cmath",
    "dataclasses": "import dataclasses",
    "math": "import math",
}
OTHERS = {"np": "import numpy as np"}
OF_SCIPY = ("integrate", "linalg", "special", "stats")
MAX_ELEMENTS = 1_000
LARGEST = 8  # bytes: a longer float has no Python literal
PLAIN = (bool, int, float, complex, str, bytes, type(None))
DTYPES = {"float64": "", "int64": "", "float32": "np.float32", "int32": "np.int32"}


@dataclass(frozen=True)
class Constant:
    """A name of the user's, what it held when the module was written, and where."""

    name: str
    value: object
    origin: str

    @property
    def text(self) -> str:
        """The line that sets it, with a comment; two where one is too short."""
        statement, comment = f"{self.name} = {value_text(self)}", f"# {self.origin}"
        if "\n" in statement or len(statement) + 2 + len(comment) > WIDTH:
            return f"{comment}\n{statement}"
        return f"{statement}  {comment}"


def module(
    header: Sequence[str],
    imports: Collection[str],
    constants: Sequence[str],
    functions: Sequence[str],
) -> str:
    """The text of a module.

    Args:
        header: the lines of the comment at its top.
        imports: which of `math`, `np`, `special` and `stats` it uses.
        constants: the lines that set them, in their order.
        functions: the text of each.
    """
    used = set(imports)
    if any("np." in line for line in constants):
        used.add("np")
    blocks = [
        "\n".join(f"# {line}".rstrip() for line in header),
        "\n".join(text for name, text in STANDARD.items() if name in used),
        "\n".join([*(text for name, text in OTHERS.items() if name in used), *_of_scipy(used)]),
        "\n".join(constants),
    ]
    top = "\n\n".join(block for block in blocks if block)
    return "\n\n\n".join([top, *(text.rstrip("\n") for text in functions)]) + "\n"


def _of_scipy(used: Collection[str]) -> list[str]:
    names = ", ".join(name for name in OF_SCIPY if name in used)
    return [f"from scipy import {names}  # type: ignore[import-untyped]"] if names else []


# Values


def is_plain(value: object) -> bool:
    """Whether a literal can be written for it: numbers, strings, tuples of them."""
    if isinstance(value, tuple | list) and type(value) in (tuple, list):
        return all(map(is_plain, value))
    if isinstance(value, dict) and type(value) is dict:
        return all(is_plain(k) and is_plain(v) for k, v in value.items())
    return type(value) in PLAIN


def is_number(value: Any) -> bool:
    """Whether a value is a real number of NumPy's."""
    if type(value).__module__ != "numpy" or hasattr(value, "__setitem__"):
        return False
    dtype: Any = getattr(value, "dtype", None)
    return dtype is not None and dtype.kind in "biuf" and dtype.itemsize <= LARGEST


def plain_text(value: object) -> str:
    """The literal for a plain value, as `ruff format` writes it."""
    match value:
        case tuple():
            inner = ", ".join(map(plain_text, value))
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        case list():
            return f"[{', '.join(map(plain_text, value))}]"
        case dict():
            pairs = (f"{plain_text(k)}: {plain_text(v)}" for k, v in value.items())
            return f"{{{', '.join(pairs)}}}"
        case _ if type(value) not in PLAIN:  # a number of NumPy's
            number: Any = value
            return f"np.{number.dtype.name}({plain_text(number.item())})"
        case complex(real=real, imag=imag):
            size = plain_text(abs(imag)).removesuffix(".0")
            if imag > 0 and str(real) == "0.0" and math.isfinite(imag):
                return f"{size}j"
            if real and imag and math.isfinite(abs(value)):
                return f"{plain_text(real)} {'+' if imag > 0 else '-'} {size}j"
            return f"complex({plain_text(real)}, {plain_text(imag)})"
        case float() if not math.isfinite(value):
            return f'float("{value!r}")'
        case _:
            return literal(value)


def value_text(constant: Constant) -> str:
    """The value of a constant: a number, or an array of numbers.

    Raises:
        ValueError: there is no literal for it.
    """
    value: Any = constant.value
    if type(value) in (bool, int, float, complex) or is_number(value):
        return plain_text(value)
    dtype = str(getattr(value, "dtype", ""))
    if dtype not in DTYPES or value.size > MAX_ELEMENTS:
        what = "an array" if getattr(value, "ndim", 0) else type(value).__name__
        raise ValueError(
            f"{constant.name} is {what} of which a standalone module holds no copy; "
            "make it an argument"
        )
    elements = value.tolist()
    keyword = f", dtype={DTYPES[dtype]}" if DTYPES[dtype] else ""
    line = f"np.array({plain_text(elements)}{keyword})"
    if len(constant.name) + 3 + len(line) <= WIDTH:
        return line
    if keyword:
        rows = [*_rows("", elements, 1, ","), f"{INDENT}{keyword[2:]},"]
    elif len(plain_text(elements)) + len(INDENT) <= WIDTH:
        rows = [INDENT + plain_text(elements)]
    else:
        rows = _rows("", elements, 1, "")
    return "\n".join(["np.array(", *rows, ")"])


def _rows(before: str, value: object, level: int, after: str) -> list[str]:
    """A list on one line, or with one element a line where that is too long."""
    line = f"{INDENT * level}{before}{plain_text(value)}{after}"
    if len(line) <= WIDTH or not isinstance(value, list):
        return [line]
    rows = [row for item in value for row in _rows("", item, level + 1, ",")]
    return [f"{INDENT * level}{before}[", *rows, f"{INDENT * level}]{after}"]


# Guards


@dataclass(frozen=True)
class Guard:
    """What the code of a function relies on: where `left op right`, it raises.

    `words` say for which arguments it is written. Of a call that tells it alone there is no `op`.
    """

    left: str
    op: str
    right: str
    words: str
    error: str = "ValueError"

    def lines(self, function: str) -> list[str]:
        """The statement that raises."""
        asked = " ".join(part for part in (self.left, self.op, self.right) if part)
        test, deep = f"{INDENT}if {asked}:", INDENT * 2
        lines = [test]
        if len(test) > WIDTH and not self.op:
            called, _, inside = test.partition("(")
            lines = [f"{called}(", deep + inside.removesuffix("):"), f"{INDENT}):"]
        elif len(test) > WIDTH:
            lines = [
                f"{INDENT}if (",
                f"{deep}{self.left}",
                f"{deep}{self.op} {self.right}",
                f"{INDENT}):",
            ]
        return [*lines, *raising(self.error, f"{function} is written for {self.words}")]
