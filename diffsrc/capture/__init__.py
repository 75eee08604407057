"""Capture: a function's syntax tree, and what its names mean, without running it.

What reads texts (`capture_text` and the stand-ins `Text...`, all of them `Textual`) is
imported when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from diffsrc.capture.attributes import static_attribute
from diffsrc.capture.captured import Captured, Outline
from diffsrc.capture.known import KNOWN_MODULES
from diffsrc.capture.live import capture, outline
from diffsrc.capture.scope import (
    BoundMethod,
    Found,
    MissingName,
    PropertyOf,
    Scope,
    Textual,
    UnknownValue,
)

if TYPE_CHECKING:
    from diffsrc.capture.classes import TextClass, TextField, TextMember
    from diffsrc.capture.namespace import TextFunction, Unresolved
    from diffsrc.capture.text import TextModule, capture_text

__all__ = [
    "KNOWN_MODULES",
    "BoundMethod",
    "Captured",
    "Found",
    "MissingName",
    "Outline",
    "PropertyOf",
    "Scope",
    "TextClass",
    "TextField",
    "TextFunction",
    "TextMember",
    "TextModule",
    "Textual",
    "UnknownValue",
    "Unresolved",
    "capture",
    "capture_text",
    "outline",
    "static_attribute",
]

_LATE = {
    "TextClass": "classes",
    "TextField": "classes",
    "TextMember": "classes",
    "TextFunction": "namespace",
    "Unresolved": "namespace",
    "TextModule": "text",
    "capture_text": "text",
}


def __getattr__(name: str) -> object:
    if name not in _LATE:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
    globals()[name] = value
    return value
