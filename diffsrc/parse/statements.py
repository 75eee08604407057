"""Statements, one after the other, along every path of a function."""

from __future__ import annotations

import ast
import functools
import importlib
from dataclasses import dataclass
from typing import TypeAlias

from diffsrc.capture import is_known_import
from diffsrc.errors import Place
from diffsrc.ir import Assert, Fail, Node
from diffsrc.parse.paths import Paths
from diffsrc.parse.context import Stop
from diffsrc.parse.values import (
    NOTHING,
    Frame,
    Items,
    Local,
    Method,
    Object,
    Outcome,
    Partial,
    Sink,
    Static,
    Value,
    what,
)
