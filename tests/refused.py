"""Functions that are refused: arguments, the error, what the caret marks, a word."""
# The functions are written as users may write them, not as they should.
# ruff: noqa: F401, F821, NPY002, PLE0704, PLR0915, PLW0603, PTH123
# ruff: noqa: RET503, RET504, RUF059, S102, S307, S311, SIM102

import functools
import math
import operator
import random
import sys
import time

import numpy as np

import diffsrc
from diffsrc.errors import (
    NotDifferentiable,
    SourceUnavailable,
    UnknownFunction,
    UnsupportedSyntax,
)

HOLDER = [1.0, "a"]


class Odd:
    def __init__(self):
        self.k = 2.0

    def __bool__(self):
        raise AssertionError

    def __eq__(self, other):
        raise AssertionError

    __hash__ = None

    def __getattr__(self, name):
        raise AssertionError


derived = diffsrc.grad(math.sin)


def endless(x, n):
    return endless(x, n - 1)


def chatty(x):
    print(x)
    return x


def table():
    refused = []

    def case(f, args, error, caret, word):
        refused.append((f, args, error, caret, word))

    def for_loop(x):
        for i in range(3):
            x = x * i
        return x

    case(for_loop, (1.0,), UnsupportedSyntax, "for i in range(3):", "loop")

    def while_loop(x):
        while x > 1:
            x = x / 2
        return x

    case(while_loop, (1.0,), UnsupportedSyntax, "while x > 1:", "while")

    def comprehension(x):
        return sum([x**k for k in range(3)])

    case(comprehension, (1.0,), UnsupportedSyntax, "[x**k for k in range(3)]", "compre")

    def generator(x):
        return sum(x**k for k in range(1, 3))

    case(generator, (1.0,), UnsupportedSyntax, "(x**k for k in range(1, 3))", "generator")

    def goes_through(x):
        return sum(range(3)) * x

    case(goes_through, (1.0,), UnsupportedSyntax, "range(3)", "several values")

    def item_assignment(x):
        values = [x, 2]
        values[0] = 3
        return values[0]

    case(item_assignment, (1.0,), UnsupportedSyntax, "values[0]", "Setting items")

    def append(x):
        values = [x]
        values.append(2)
        return values[0]

    case(append, (1.0,), UnsupportedSyntax, "values.append", "append")

    def in_place(x):
        a = [x]
        b = a
        b += [2]
        return len(a) * x

    case(in_place, (1.0,), UnsupportedSyntax, "b += [2]", "changes")

    def attribute_assignment(x, o):
        o.k = x
        return x

    case(attribute_assignment, (1.0, Odd()), UnsupportedSyntax, "o.k", "attributes")

    def array_item(x):
        y = x * 2
        y[0] = 1.0
        return y

    case(array_item, (np.ones(2),), UnsupportedSyntax, "y[0]", "Setting items")

    def array_method(x):
        return x.tobytes()

    case(array_method, (np.ones(2),), UnsupportedSyntax, "x.tobytes", ".tobytes")

    def array_in_place(x):
        x += 1
        return x

    case(array_in_place, (np.ones(2),), UnsupportedSyntax, "x += 1", "in place")

    def array_alias(x):
        y = x * 2
        z = y
        y += 1
        return y * z

    case(array_alias, (np.ones(2),), UnsupportedSyntax, "y += 1", "in place")

    def attempt(x):
        try:
            return 1 / x
        except ZeroDivisionError:
            return 0.0

    case(attempt, (1.0,), UnsupportedSyntax, "try:", "try")

    def context(x):
        with np.errstate(all="ignore"):
            return x * 2

    case(context, (1.0,), UnsupportedSyntax, 'with np.errstate(all="ignore"):', "with")

    def global_write(x):
        global COUNT
        COUNT = 1
        return x

    case(global_write, (1.0,), UnsupportedSyntax, "global COUNT", "global")

    def nonlocal_write(x):
        def inner():
            nonlocal x
            x = 2
            return x

        return inner()

    case(nonlocal_write, (1.0,), UnsupportedSyntax, "nonlocal x", "nonlocal")

    def deletes(x):
        y = x
        del y
        return x

    case(deletes, (1.0,), UnsupportedSyntax, "del y", "del")

    def class_inside(x):
        class A:
            pass

        return x

    case(class_inside, (1.0,), UnsupportedSyntax, "class A:", "class")

    def foreign_import(x):
        import json

        return x

    case(foreign_import, (1.0,), UnsupportedSyntax, "import json", "json")

    def complex_number(x):
        return math.exp(x * 1j)

    case(complex_number, (1.0,), UnsupportedSyntax, "math.exp(x * 1j)", "omplex")

    def prints(x):
        print(x)
        return x

    case(prints, (1.0,), UnsupportedSyntax, "print(x)", "effect")

    def prints_in_helper(x):
        return chatty(x)

    case(prints_in_helper, (1.0,), UnsupportedSyntax, "print(x)", "effect")

    def random_call(x):
        return x * random.random()

    case(random_call, (1.0,), UnknownFunction, "random.random()", "random")

    def numpy_random(x):
        return x * np.random.normal()

    case(numpy_random, (1.0,), UnknownFunction, "np.random.normal()", "random")

    def reads_clock(x):
        return x * time.time()

    case(reads_clock, (1.0,), UnknownFunction, "time.time()", "functions that diffsrc knows")

    def opens(x):
        return x + open("f").read()

    case(opens, (1.0,), UnknownFunction, 'open("f")', "functions that diffsrc knows")

    def evaluates(x):
        return eval("x")

    case(evaluates, (1.0,), UnknownFunction, 'eval("x")', "eval")

    def unknown_numpy(x):
        return np.unwrap(x)

    case(unknown_numpy, (1.0,), UnknownFunction, "np.unwrap(x)", "unwrap")

    def missing(x):
        return x * not_there

    case(missing, (1.0,), UnsupportedSyntax, "not_there", "not defined")

    def missing_attribute(x):
        return math.sine(x)

    case(missing_attribute, (1.0,), UnsupportedSyntax, "math.sine", "sine")

    def unbound(x):
        y = x + z
        z = y
        return z

    case(unbound, (1.0,), UnsupportedSyntax, "z", "no value yet")

    def maybe_undefined(x):
        if x > 0:
            y = x
        return y

    case(maybe_undefined, (1.0,), UnsupportedSyntax, "y", "'y' has no value on one")

    def string_by_path(x):
        mode = "a" if x > 0 else "b"
        return x if mode == "a" else -x

    case(string_by_path, (1.0,), UnsupportedSyntax, "mode", "same string")

    def nothing_sometimes(x):
        if x > 0:
            return x

    case(
        nothing_sometimes,
        (1.0,),
        UnsupportedSyntax,
        "if x > 0:",
        "nothing unless x > 0",
    )

    def nothing(x):
        x = x * 2

    case(nothing, (1.0,), NotDifferentiable, "def nothing(x):", "nothing")

    def string(x):
        return f"{x}"

    case(string, (1.0,), NotDifferentiable, 'return f"{x}"', "a string")

    def truth_value(x):
        return x > 0

    case(truth_value, (1.0,), NotDifferentiable, "return x > 0", "a truth value")

    def only_strings(x):
        return "a", "b"

    case(only_strings, (1.0,), NotDifferentiable, 'return "a", "b"', "tuple")

    def two_structures(x):
        if x > 0:
            return x, x
        return x

    case(two_structures, (1.0,), NotDifferentiable, "return x, x", "path")

    def list_result(x):
        return [x, x]

    case(list_result, (1.0,), UnsupportedSyntax, "return [x, x]", "list")

    def raises_always(x):
        raise ValueError(x)

    case(raises_always, (1.0,), NotDifferentiable, "raise ValueError(x)", "every path")

    def recursion(x, n):
        return endless(x, n)

    case(recursion, (1.0, 3), UnsupportedSyntax, "endless(x, n - 1)", "static argument")

    def wrong_call(x):
        return operator.add(x)

    case(wrong_call, (1.0,), UnsupportedSyntax, "operator.add(x)", "2 arguments")

    def wrong_user_call(x):
        return endless(x)

    case(wrong_user_call, (1.0,), UnsupportedSyntax, "endless(x)", "missing 1 required")

    def ufunc_out(x):
        return np.sin(x, out=None)

    case(ufunc_out, (1.0,), UnsupportedSyntax, "np.sin(x, out=None)", "'out'")

    def second_of_log(x):
        return np.log(x, 2)

    case(second_of_log, (1.0,), UnsupportedSyntax, "np.log(x, 2)", "1 argument")

    def inverts(x):
        return 1.0 if ~(x > 0) else x

    case(inverts, (1.0,), UnsupportedSyntax, "~(x > 0)", "~True")

    def truth_of_object(x, o):
        return x if o else -x

    case(truth_of_object, (1.0, Odd()), UnsupportedSyntax, "o", "counts as true")

    def equal_objects(x, o):
        return x if o == 3 else -x

    case(equal_objects, (1.0, Odd()), UnsupportedSyntax, "o == 3", "equal")

    def dynamic_attribute(x, o):
        return x * o.other

    case(dynamic_attribute, (1.0, Odd()), UnsupportedSyntax, "o.other", "__getattr__")

    def arithmetic_of_object(x, o):
        return x * o

    case(arithmetic_of_object, (1.0, Odd()), UnsupportedSyntax, "x * o", "Odd")

    def adds_string(x):
        return x + "a"

    case(adds_string, (1.0,), UnsupportedSyntax, 'x + "a"', "string")

    def sums_set(x, y):
        return sum({x, y})

    case(sums_set, (1.0, 1.0), UnsupportedSyntax, "sum({x, y})", "set")

    def runtime_index(x):
        return (1.0, 2.0)[int(x)]

    case(runtime_index, (1.0,), UnsupportedSyntax, "int(x)", "index")

    def membership(x, y):
        return x if x in (y, 1) else y

    case(membership, (1.0, 2.0), UnsupportedSyntax, "x in (y, 1)", "identity")

    def mixed_list(x):
        return x if HOLDER[1] == "a" else -x

    case(mixed_list, (1.0,), UnsupportedSyntax, "HOLDER[1]", "list")

    def calls_derivative(x):
        return derived(x)

    case(calls_derivative, (1.0,), UnsupportedSyntax, "derived(x)", "derivative")

    def relays(x):
        return functools.reduce(operator.mul, (x, x))

    case(relays, (1.0,), UnknownFunction, "functools.reduce(operator.mul, (x, x))", "red")

    def numbers_type(x):
        return x if isinstance(x * 2, float) else -x

    case(numbers_type, (1.0,), UnsupportedSyntax, "isinstance(x * 2, float)", "type")

    def unpacks_number(x):
        a, b = x
        return a

    case(unpacks_number, (1.0,), UnsupportedSyntax, "a, b", "unpacked")

    def keeps_reraise(x):
        if x > 0:
            raise
        return x

    case(keeps_reraise, (1.0,), UnsupportedSyntax, "raise", "raise")

    def yields(x):
        def inner():
            yield x

        return sum(inner())

    case(yields, (1.0,), UnsupportedSyntax, "yield x", "generator")

    def decorated(x):
        @chatty
        def inner(y):
            return y

        return inner(x)

    case(decorated, (1.0,), UnsupportedSyntax, "chatty", "decorator")

    def many_copies(x):
        if x > 1:
            if x > 2:
                return x
        if x > 3:
            if x > 4:
                return x
        if x > 5:
            if x > 6:
                return x
        if x > 7:
            if x > 8:
                return x
        if x > 9:
            if x > 10:
                return x
        if x > 11:
            if x > 12:
                return x
        if x > 13:
            if x > 14:
                return x
        return -x

    case(many_copies, (1.0,), UnsupportedSyntax, "if x > 3:", "64")

    def no_source(x):
        return compiled(x)

    case(no_source, (1.0,), SourceUnavailable, "compiled(x)", "")

    def recursion_limit(x):
        return sys.getrecursionlimit() * x

    case(recursion_limit, (1.0,), UnknownFunction, "sys.getrecursionlimit()", "")

    def array_compare(x):
        return x * 1 if x * 1 == "a" else -x

    case(array_compare, (np.ones(2),), UnsupportedSyntax, 'x * 1 == "a"', "array")
    return refused


exec("def compiled(x): return x")
REFUSED = table()
