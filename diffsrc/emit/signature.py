"""The `def` line of an emitted function and its docstring, broken as `ruff format` has them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from diffsrc.emit.expressions import literal
from diffsrc.ir import Const, Container, Node, Program, Stack, Structure

WIDTH = 88
INDENT = "    "


def docstring(doc: str) -> str:
    """A docstring; one that is too long for a line says what it derives by in a second."""
    line = f'{INDENT}"""{doc}"""'
    first, comma, second = doc.partition(" with respect to ")
    if len(line) <= WIDTH or not comma:
        return line
    import textwrap

    rows = textwrap.wrap(f"With respect to {second}", WIDTH - len(INDENT))
    inner = "\n".join(INDENT + row for row in rows)
    return f'{INDENT}"""{first}.\n\n{inner}\n{INDENT}"""'


def signature(name: str, program: Program) -> str:
    """The `def` line, broken as `ruff format` breaks it."""
    parts, result = parameters(program), returned(program)
    line = f"def {name}({', '.join(parts)}){result}:"
    if len(line) <= WIDTH or not parts:
        return line
    inner = INDENT + ", ".join(parts)
    if len(inner) <= WIDTH:
        return f"def {name}(\n{inner}\n){result}:"
    trailing = "" if parts[-1].startswith("**") else ","
    rows = "".join(f"{INDENT}{part},\n" for part in parts[:-1])
    return f"def {name}(\n{rows}{INDENT}{parts[-1]}{trailing}\n){result}:"


def returned(program: Program) -> str:
    """The annotation of what is returned, where the user annotated all numbers as `float`."""
    numbers = [p for p in program.parameters if p.node is not None]
    if not numbers or any(p.annotation not in {"float", "int"} for p in numbers):
        return ""

    def text(structure: Structure) -> str:
        if isinstance(structure, int):
            return "float" if program.body.fails else kind_of(program.body.results[structure])
        if isinstance(structure, Stack):
            return "np.ndarray"
        if isinstance(structure, Container):  # of the user's `*args` or `**kwargs`, or aux
            inside = shared(text(inner) for inner in structure)
            if structure.kind == "list":
                return f"list[{inside}]"
            names = ("None" if name is None else type(name).__name__ for name in structure.names)
            return f"dict[{shared(names)}, {inside}]"
        return f"tuple[{', '.join(text(inner) for inner in structure)}]"

    return f" -> {text(program.structure)}"


def kind_of(result: Node) -> str:
    """The annotation of one result: a number, or what is handed through beside one."""
    if isinstance(result, Const) and not isinstance(result.value, int | float):
        return "None" if result.value is None else type(result.value).__name__
    return "bool" if result.type.kind == "bool" else "float"


def shared(kinds: Iterable[str]) -> str:
    """The one of annotations that are all alike; what stands for any otherwise."""
    found = {*kinds}
    return found.pop() if len(found) == 1 else "object"


def raising(error: str, words: str) -> list[str]:
    """The lines in an `if` that raise an error."""
    message = literal(words)
    call = f"{INDENT * 2}raise {error}({message})"
    if len(call) <= WIDTH:
        return [call]
    room = WIDTH - len(INDENT * 3) - len('""')
    parts = [""]
    # The axes of an array stay together.
    *most, last = re.split(r" (?![^\[]*\])", words)
    for word in [*(f"{word} " for word in most), last]:
        if parts[-1] and len(parts[-1]) + len(word) > room:
            parts.append("")
        parts[-1] += word
    rows = [INDENT * 3 + literal(part) for part in parts]
    return [f"{INDENT * 2}raise {error}(", *rows, f"{INDENT * 2})"]


def parameters(program: Program) -> list[str]:
    """The parameters as they stand in the `def` line."""
    parts: list[str] = []
    previous = ""
    for parameter in program.parameters:
        kind = parameter.kind
        if previous == "POSITIONAL_ONLY" and kind != "POSITIONAL_ONLY":
            parts.append("/")
        if kind == "KEYWORD_ONLY" and previous not in {
            "KEYWORD_ONLY",
            "VAR_POSITIONAL",
        }:
            parts.append("*")
        stars = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}.get(kind, "")
        text = stars + parameter.name
        if parameter.annotation:
            text += f": {parameter.annotation}"
        if parameter.has_default:
            equals = " = " if parameter.annotation else "="
            text += equals + _quoted(parameter.default_text)
        parts.append(text)
        previous = kind
    if previous == "POSITIONAL_ONLY":
        parts.append("/")
    return parts


def _quoted(text: str) -> str:
    """A default in double quotes, where it is a plain string."""
    plain = text.startswith("'") and text.endswith("'") and not set(text[1:-1]) & set("'\"\\")
    return f'"{text[1:-1]}"' if plain else text
