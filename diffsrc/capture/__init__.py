"""Capture: a function's syntax tree, and what its names mean, without running it."""

from diffsrc.capture.attributes import static_attribute
from diffsrc.capture.captured import Captured
from diffsrc.capture.classes import TextClass, TextField, TextMember
from diffsrc.capture.known import KNOWN_MODULES
from diffsrc.capture.live import capture
from diffsrc.capture.namespace import TextFunction, Unresolved
from diffsrc.capture.scope import (
    BoundMethod,
    Found,
    MissingName,
    PropertyOf,
    Scope,
    Textual,
    UnknownValue,
)
from diffsrc.capture.text import TextModule, capture_text

__all__ = [
    "KNOWN_MODULES",
    "BoundMethod",
    "Captured",
    "Found",
    "MissingName",
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
    "static_attribute",
]
