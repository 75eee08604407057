"""Programs compute what the functions compute, bit for bit; the rest is refused."""

from __future__ import annotations

import dataclasses
import importlib
import enum
import functools
import math
import operator
import random
import struct
import time
import types
from collections import namedtuple
from math import cos as kosinus
from math import pi, sin
from typing import NamedTuple

import numpy as np
import pytest

from diffsrc.capture import capture, capture_text
from diffsrc.errors import (
    DiffsrcError,
    NotDifferentiable,
    ShapeError,
    SourceUnavailable,
    UnknownFunction,
    UnsupportedSyntax,
)
from diffsrc.ir import Assert, Call, Const, If, Let, Program, Result, Var, reachable
from diffsrc.parse import parse
from diffsrc.specialise import bind, signature_of, unknown_signature
from tests.language import CASES
from tests.refused import REFUSED

# An evaluator of programs


OPERATORS = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul,
    "div": operator.truediv, "pow": operator.pow, "neg": operator.neg,
    "pos": operator.pos, "floordiv": operator.floordiv, "mod": operator.mod,
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge,
    "eq": operator.eq, "ne": operator.ne, "not": operator.not_,
}  # fmt: skip
BITS = {"&": operator.and_, "|": operator.or_, "~": operator.invert}


class Evaluator:
    """Runs a program, each value when it is asked for: an `If` runs one arm only."""

    def __init__(self, program: Program, args, kwargs):
        self.program = program
        self.values = {}
        bound = dict(program_arguments(program, args, kwargs))
        self.names = {free.var.name: free.value for free in program.free}
        assert not self.names.keys() & bound.keys()
        self.names |= bound

    def run(self):
        results = self.block(self.program.body)
        return self.structured(self.program.structure, results)

    def structured(self, structure, results):
        if isinstance(structure, int):
            return results[structure]
        return tuple(self.structured(inner, results) for inner in structure)

    def block(self, block):
        for statement in block.statements:
            if isinstance(statement, Let):
                self.value(statement.node)
            elif not self.value(statement.condition):
                message = statement.message
                raise AssertionError(*([] if message is None else [self.value(message)]))
        if block.fail:
            error = self.value(block.fail.error)
            raise error() if isinstance(error, type) else error
        return [self.value(node) for node in block.results]

    def value(self, node):
        if node not in self.values:
            self.values[node] = self.compute(node)
        return self.values[node]

    def compute(self, node):
        match node:
            case Const():
                return node.value
            case Var():
                return self.names[node.name]
            case If():
                return self.block(node.then if self.value(node.condition) else node.orelse)
            case Result():
                return self.value(node.of)[node.index]
            case Call():
                return self.call(node)
        raise AssertionError(node)

    def call(self, node):
        op, options = node.op, node.options
        if op in {"and", "or"} and not options:
            first = self.value(node.args[0])
            return first if bool(first) is (op == "or") else self.value(node.args[1])
        args = [self.value(arg) for arg in node.args]
        if op == "attribute":
            return getattr(args[0], options[0])
        if op == "item":
            return args[0][options[0]]
        if op in {"raise", "text"}:
            names = {f"_{i}": value for i, value in enumerate(args)}
            text = "".join(p if isinstance(p, str) else f"_{p}" for p in options[0])
            return eval(text, names)  # noqa: S307 - a template of the parser's
        if not options:
            return OPERATORS[op](*args)
        (spelling,) = options
        if spelling in BITS:
            return BITS[spelling](*args)
        if spelling in {"math.fsum", "sum"}:
            return {"math.fsum": math.fsum, "sum": sum}[spelling](args)
        module, _, name = spelling.rpartition(".")
        module = importlib.import_module({"np": "numpy"}.get(module, module or "builtins"))
        found = getattr(module, name)
        return found(*args) if callable(found) else found


def program_arguments(program, args, kwargs):
    args, kwargs = list(args), dict(kwargs)
    for parameter in program.parameters:
        name = parameter.name
        if parameter.kind == "VAR_POSITIONAL":
            yield name, tuple(args)
        elif parameter.kind == "VAR_KEYWORD":
            yield name, kwargs
        elif args and parameter.kind != "KEYWORD_ONLY":
            yield name, args.pop(0)
        else:
            yield name, kwargs.pop(name, parameter.default)


def program_of(f, *args, **kwargs):
    captured = capture(f)
    return parse(captured, signature_of(captured, args, kwargs))


def outcome(run):
    try:
        return run()
    except Exception as error:  # noqa: BLE001
        return type(error), str(error)


def bits(value):
    if isinstance(value, tuple):
        if len(value) == 2 and isinstance(value[0], type):
            return value
        return tuple(map(bits, value))
    if isinstance(value, np.ndarray):
        return value.dtype, value.tobytes()
    if value is None or isinstance(value, str):
        return value
    return struct.pack("d", value) if value == value else "nan"


def check(f, *args, program=None, **kwargs):
    program = program or program_of(f, *args, **kwargs)
    expected = outcome(lambda: f(*args, **kwargs))
    got = outcome(lambda: Evaluator(program, args, kwargs).run())
    assert bits(got) == bits(expected), (f, args, got, expected)
    return program




@pytest.mark.parametrize(
    ("f", "argument_lists"), CASES, ids=[f"{i}-{getattr(f, '__name__', 'object')}" for i, (f, _) in enumerate(CASES)]
)
def test_programs_compute_what_functions_compute(f, argument_lists):
    with np.errstate(all="ignore"):
        for args in argument_lists:
            check(f, *args)


@pytest.mark.parametrize(
    ("f", "args", "error", "caret", "word"), REFUSED, ids=[case[0].__name__ for case in REFUSED]
)
def test_the_rest_is_refused_at_its_place(f, args, error, caret, word):
    with pytest.raises(DiffsrcError) as raised:
        program_of(f, *args)
    assert type(raised.value) is error
    place = raised.value.place
    assert place is not None
    assert place.text[place.column : place.end_column] == caret
    assert word in str(raised.value)
