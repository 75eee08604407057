"""Guards of a module on the kinds of arguments that decided its code: None, a number, a class."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Iterator, Sequence

from diffsrc.emit.module import Guard, plain_text
from diffsrc.ir import Asked, Call, Node, Program, Var

TYPE = "TypeError"


def kind_guards(parsed: Program, taken: Collection[str]) -> Iterator[tuple[str, Guard]]:
    """What is to be asked again of an argument, or of a part, since its answer decided the code.

    `taken` are names that mean something else than Python's own.
    """
    parameters = {parameter.name for parameter in parsed.parameters}
    for asked in parsed.asked:
        name = _written(asked.node, parameters)
        guard = None if name is None else _guard(name, asked, taken)
        if name is not None and guard is not None:
            yield name, guard


def _written(node: Node, parameters: Collection[str]) -> str | None:
    """How a parameter is written, or what is in one; None of what is a constant of the module."""
    match node:
        case Var() if node.name in parameters:
            return node.name
        case Call(op="attribute" | "item", args=(base,), options=(key,)):
            name = _written(base, parameters)
            if name is None:
                return None
            return f"{name}.{key}" if node.op == "attribute" else f"{name}[{plain_text(key)}]"
        case _:
            return None


def _guard(name: str, asked: Asked, taken: Collection[str]) -> Guard | None:
    """The guard for one question; None where a module alone cannot ask it."""
    no, about, words = "not " if asked.answer else "", asked.about, _kind(name, asked)
    match asked.question:
        case "bool":  # None is not 0, and counts as false
            return Guard(f"not {name}", "and", f"{name} != 0", words, TYPE)
        case "callable":
            return Guard(f"callable({name})", "", "", words, TYPE)
        case "hasattr":
            return Guard(f"{no}hasattr({name}, {plain_text(about)})", "", "", words, TYPE)
        case "order":
            assert isinstance(about, tuple)
            keys = ", ".join(map(plain_text, about))
            words = f"{name} with the keys {keys}".replace('"', "'")
            return Guard(f"[*{name}]", "!=", f"[{keys}]", words)
        case "ndim":
            return Guard(f"np.ndim({name})", "!=", "0", words)
        case "isscalar":
            return Guard(f"{no}np.isscalar({name})", "", "", words, TYPE)
        case "is" if about is None:
            words = words if asked.node.type.kind == "float" else f"{name} other than None"
            return Guard(name, "is", "None", words, TYPE)
        case "is":
            classes: Sequence[object] = [type(about)]
        case "isinstance":
            assert isinstance(about, list)
            classes = about
        case _:
            classes = [about]
    text = _names(classes, taken)
    if text is None:
        return _of_own_kind(name, asked, taken, words)
    if asked.question != "is":
        other = "the type" if asked.answer else "another type than"
        words = f"{name} of {other} {text.strip('()').replace(', ', ' or ')}"
    if asked.question == "type":
        return Guard(f"type({name})", "is not", text, words, TYPE)
    return Guard(f"{no}isinstance({name}, {text})", "", "", words, TYPE)


def _of_own_kind(name: str, asked: Asked, taken: Collection[str], words: str) -> Guard | None:
    """That it is plainly what it was: a class that was asked for has no name in a module."""
    own = _names([asked.own], taken)
    if own is None:
        return None
    if own in {"int", "float"}:
        return Guard(f"type({name})", "not in", "(int, float)", words, TYPE)
    return Guard(f"type({name})", "is not", own, words, TYPE)


def _kind(name: str, asked: Asked) -> str:
    if asked.node.type.kind != "float":
        return name
    return f"{'an array' if _names([asked.own], ()) == 'np.ndarray' else 'a number'} {name}"


def _names(classes: Sequence[object], taken: Collection[str]) -> str | None:
    """Classes as a module names them; None if one has no name there."""
    names = []
    for cls in classes:
        name, module = getattr(cls, "__name__", ""), getattr(cls, "__module__", "")
        if getattr(builtins, name, None) is cls and name not in taken:
            names.append(name)
        elif module == "numpy":
            names.append(f"np.{name}")
        else:
            return None
    return names[0] if len(names) == 1 else f"({', '.join(names)})"
