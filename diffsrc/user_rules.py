"""Rules by users: derivatives of functions that diffsrc cannot read, or should not look into.

They are kept as the functions that they were given as, and read as source when a derivative asks
for them: nothing here is called while one is made.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import inspect

T = TypeVar("T")
Function = Callable[..., Any]
Partial = types.FunctionType | int | None

_IS_JVP_RULE = "__diffsrc_is_jvp_rule__"


class Rule:
    """The partial derivatives of a function by each of its arguments.

    Attributes:
        function: what they are of.
        partials: functions of the result and all arguments; 0 where the derivative is zero, None
            where there is none.
    """

    def __init__(self, function: Function, partials: tuple[Partial, ...]) -> None:
        self.function = function
        self.partials = partials

    @property
    def name(self) -> str:
        """What the function is called."""
        return name_of(self.function)

    @property
    def keywords(self) -> tuple[str, ...]:
        """The names of the last arguments, where those can be passed by keyword only."""
        found = _parameters(self.function)
        if found is None or found[2]:
            return ()
        beyond = len(self.partials) - len(found[0])
        return tuple([p.name for p in found[1][: max(beyond, 0)]])


# By the identity of the function, which its rule keeps alive.
_REGISTERED: dict[int, Rule] = {}
# The identities of those that had none when somebody asked: their code may have been read instead.
# Of functions that are gone too, so that it is bounded; it means all of them when it is full.
_WITHOUT: set[int] = set()
_MAX_WITHOUT = 10_000

# What is called when one of those gets a rule.
ON_FIRST_RULE: list[Callable[[], None]] = []


def _enter(function: Function, partials: tuple[Partial, ...]) -> None:
    """Give a function a rule, or another one, which those who read the first one notice."""
    known = _REGISTERED.get(id(function))
    if known is not None:
        known.partials = partials
        return
    _REGISTERED[id(function)] = Rule(function, partials)
    if id(function) in _WITHOUT or len(_WITHOUT) >= _MAX_WITHOUT:
        # Calls would notice by themselves only at a cost.
        for tell in ON_FIRST_RULE:
            tell()


def register(function: Function, *partials: Partial) -> None:
    """Tell the derivative of a function: one partial for each argument, pointwise.

    Each is a Python function of the result and the arguments, which diffsrc reads and never calls
    while it derives. It may use all that diffsrc understands, other registered functions and this
    one too. `None` says that there is no derivative by that argument, 0 that it is zero.
    Derivatives call the function under the name that you gave it. Who registers it again, gives it
    another rule.

    Args:
        function: any callable: compiled, of a library, or a Python function of yours.
        *partials: the partial derivatives, in the order of its arguments; those that can be
            passed by keyword only come last. An argument of which it is None may be any object.

    Raises:
        TypeError: something is no function.
        ValueError: the numbers of arguments do not fit, or diffsrc knows the function already.

    >>> from diffsrc import grad, register
    >>> def logistic(x):
    ...     return special_hardware(x)
    >>> register(logistic, lambda y, x: y * (1 - y))
    >>> print(grad(lambda x: logistic(3 * x)).source)
    def f_grad(x):
        \"\"\"Derivative of f with respect to x.\"\"\"
        logistic_term = logistic(3 * x)
        return 3 * logistic_term * (1 - logistic_term)
    <BLANKLINE>
    """
    if not callable(function):
        raise TypeError(f"register takes a function, not {type(function).__name__}")
    from diffsrc.ops import operation_of

    name = name_of(function)
    known = operation_of(function)
    if known is not None:
        raise ValueError(
            f"diffsrc knows the derivative of {known[1]} already; "
            "to give it another, register a function of yours that calls it"
        )
    if is_of_arrays(function):
        raise ValueError(
            f"{name} is no function of single numbers: a rule tells partial derivatives point by "
            "point, and what NumPy makes of whole arrays has none such"
        )
    if isinstance(function, types.MethodType):
        raise TypeError(
            f"{name} is bound to an object: register the function of its class, "
            "with None as the derivative by self"
        )
    if isinstance(function, type):
        raise TypeError(f"{name} is a class: register a function that makes a number")
    if isinstance(function, CustomRule):
        raise TypeError(f"{name} has a rule of its own, by {type(function).__name__}")
    if getattr(type(function), "__diffsrc_primal__", False):
        raise TypeError(
            f"this is a derivative of {name}, which diffsrc derives by itself: "
            "to give it another rule, register a function of yours that calls it"
        )
    if not partials:
        raise ValueError(f"register({name}, ...) needs a partial derivative for each argument")
    _check_count(function, name, len(partials))
    for i, partial in enumerate(partials):
        _check_partial(name, i, partial, len(partials))
    _enter(function, partials)


def is_of_arrays(function: object) -> bool:
    """Whether a function is NumPy's, and no ufunc: it may join the elements of an array."""
    module = getattr(function, "__module__", None)
    top = module.partition(".")[0] if isinstance(module, str) else ""
    return top == "numpy" and not _is_ufunc(function)


def _is_ufunc(function: object) -> bool:
    return isinstance(getattr(function, "nin", None), int)


def _check_count(function: Function, name: str, count: int) -> None:
    """Refuse a number of partials that no call of the function has arguments for."""
    least, most = _arities(function, by_keyword=True)
    if not least <= count <= most:
        takes = str(least) if least == most else f"{least} to {most:.0f}"
        raise ValueError(
            f"{name} takes {takes} argument{'' if takes == '1' else 's'}, and {count} partial "
            f"derivative{' is' if count == 1 else 's are'} given"
        )


def _arities(function: Function, *, by_keyword: bool = False) -> tuple[int, float]:
    """How many arguments a function takes by position, or in all; at least and at most."""
    if _is_ufunc(function):
        return function.nin, function.nin  # type: ignore[attr-defined]
    found = _parameters(function)
    if found is None:
        return 1, float("inf")
    positional, keywords, more = found
    least = sum(p.default is p.empty for p in positional)
    if more:
        return least, float("inf")
    if not by_keyword:
        return least, len(positional)
    asked = [i for i, p in enumerate(keywords, len(positional) + 1) if p.default is p.empty]
    return max([least, *asked]), len(positional) + len(keywords)


def _parameters(
    function: Function,
) -> tuple[list[inspect.Parameter], list[inspect.Parameter], bool] | None:
    """The parameters by position and those by keyword only, and whether it takes any number.

    None where it does not say.
    """
    if _is_ufunc(function):  # its signature has `out` and such
        return None
    import inspect

    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # compiled, without a signature
        return None
    positional = [p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    keywords = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    return positional, keywords, any(p.kind is p.VAR_POSITIONAL for p in parameters)


def _check_partial(name: str, index: int, partial: object, count: int) -> None:
    what = f"the partial derivative of {name} by argument {index}"
    if partial is None or (type(partial) is int and partial == 0):
        return
    if not isinstance(partial, types.FunctionType):
        raise TypeError(
            f"{what} is {partial!r}: it should be a Python function, such as lambda y, x: ..., "
            "or 0, or None"
        )
    least, most = _arities(partial)
    if not least <= count + 1 <= most:
        raise ValueError(
            f"{what} takes the result and all arguments, so {count + 1} in all; "
            f"it is written for {least if least == most else f'{least} to {most:.0f}'}"
        )


class CustomRule:
    """A function with a derivative of its own; called, it is the function.

    Attributes:
        function: the function.
        nondiff_argnums: the positions of arguments that it is not derived by.
        keywords: as of a `Rule`; it has none.
    """

    keywords: tuple[str, ...] = ()

    def __init__(
        self, *functions: Function, nondiff_argnums: Sequence[int] = (), **options: object
    ) -> None:
        own = type(self).__name__
        if len(functions) != 1 or options:
            # `@custom_jvp()`, or what JAX takes more.
            raise TypeError(
                f"{own} takes a function, and nondiff_argnums: write @{own} above it, or "
                f"@partial({own}, nondiff_argnums=(0,))"
            )
        (function,) = functions
        if not isinstance(function, types.FunctionType):
            raise TypeError(f"{own} takes a Python function, not {type(function).__name__}")
        if function.__code__.co_kwonlyargcount:
            raise TypeError(
                f"{name_of(function)} takes arguments by keyword only, and {own} is for arguments "
                "by position: leave out the *"
            )
        self.function = function
        self.nondiff_argnums = _positions(function, nondiff_argnums)
        functools.update_wrapper(self, function)
        # It would lead `inspect` past this object.
        del self.__dict__["__wrapped__"]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<diffsrc {type(self).__name__} of {name_of(self.function)}>"

    @property
    def __signature__(self) -> inspect.Signature:
        import inspect

        return inspect.signature(self.function)

    def __reduce__(self) -> str | tuple[Any, ...]:
        # As functions are: by name, as the rule is part of the module that has it, or by value.
        name = name_of(self.function)
        if under_cloudpickle():
            module = self.function.__module__
            found: object = sys.modules.get(module)
            for part in name.split("."):
                found = getattr(found, part, None)
            if module == "__main__" or found is not self:
                return _without_function, (type(self),), dict(self.__dict__)
        return name

    @property
    def name(self) -> str:
        """What the function is called."""
        return name_of(self.function)

    @property
    def advice(self) -> str:
        """What is to be done where there is no rule yet."""
        raise NotImplementedError

    @property
    def parts(self) -> tuple[str, ...]:
        """The attributes that hold the rule."""
        raise NotImplementedError


def _positions(function: Function, argnums: object) -> tuple[int, ...]:
    """The positions that `nondiff_argnums` gives."""
    most = _arities(function)[1]
    if not isinstance(argnums, list | tuple) or not all(type(i) is int for i in argnums):
        raise TypeError(f"nondiff_argnums of {name_of(function)} is {argnums!r}: write (0,), say")
    for i in argnums:
        if not 0 <= i < most or argnums.count(i) > 1:
            raise ValueError(
                f"nondiff_argnums of {name_of(function)} is {argnums!r}: it should hold positions "
                "of its arguments, each once"
            )
    return tuple(argnums)


class custom_vjp(CustomRule):  # noqa: N801 - a decorator; `type(f).__name__` is what the user wrote
    """Give a function a derivative of its own, backwards; as `jax.custom_vjp`.

    `f.defvjp(fwd, bwd)` says which: `fwd(*args)` returns `(value, residuals)`, `bwd(residuals, g)`
    a tuple with the adjoint of each argument, linear in the adjoint `g` of the value. Both are
    read, and their code becomes part of the derivative's.

    Arguments at `nondiff_argnums` may be any object: a string, a function, `self` of a method.
    `bwd` gets them first, before the residuals, and has no adjoints of them.

    >>> from diffsrc import custom_vjp, grad
    >>> @custom_vjp
    ... def root(x):
    ...     return x ** 0.5
    >>> root.defvjp(lambda x: (x**0.5, x**0.5), lambda y, g: (g / (2 * y + 1e-12),))
    >>> grad(root)(0.0)
    1000000000000.0
    """

    fwd: types.FunctionType | None = None
    bwd: types.FunctionType | None = None
    parts = ("fwd", "bwd")
    advice = "Call defvjp(fwd, bwd) before the derivative is taken."

    def defvjp(self, fwd: Function, bwd: Function) -> None:
        """Say what the derivative is.

        Raises:
            TypeError: one of them is no Python function.
            ValueError: they do not take what they are given.
        """
        _check_python(self, "fwd", fwd)
        _check_python(self, "bwd", bwd)
        _check_takes(self, "bwd", bwd, "the residuals and g")
        own, given = _arities(self.function), _arities(fwd)
        if own != given:
            raise ValueError(f"fwd of {self.name} takes the arguments of {self.name}")
        self.fwd, self.bwd = fwd, bwd  # type: ignore[assignment] # they are Python functions


class custom_jvp(CustomRule):  # noqa: N801 - as custom_vjp
    """Give a function a derivative of its own, forwards; as `jax.custom_jvp`.

    `f.defjvp(rule)` says which: `rule(primals, tangents)`, both tuples with an element for each
    argument, returns `(value, tangent)`, linear in the tangents. It is read, and its code becomes
    part of the derivative's. `f.defjvps(...)` says it for each argument.

    Arguments at `nondiff_argnums` may be any object: a string, a function, `self` of a method.
    `rule` gets them first, before `primals` and `tangents`, which do not hold them.

    >>> from diffsrc import custom_jvp, grad
    >>> @custom_jvp
    ... def clipped(x):
    ...     return min(max(x, 0.0), 1.0)
    >>> @clipped.defjvp
    ... def straight_through(primals, tangents):
    ...     return clipped(*primals), tangents[0]
    >>> grad(clipped)(2.0)
    1.0
    """

    # As `defjvp` was given it, or a tuple as `defjvps` was.
    rule: types.FunctionType | tuple[types.FunctionType | None, ...] | None = None
    parts = ("rule",)
    advice = "Call defjvp(rule) before the derivative is taken."

    def defjvp(self, rule: T) -> T:
        """Say what the derivative is; also a decorator.

        Raises:
            TypeError: it is no Python function.
            ValueError: it does not take what it is given.
        """
        _check_python(self, "the rule", rule)
        _check_takes(self, "the rule", rule, "primals and tangents")  # type: ignore[arg-type]
        self.rule = rule  # type: ignore[assignment] # a Python function
        setattr(rule, _IS_JVP_RULE, True)
        return rule

    def defjvps(self, *rules: Function | None) -> None:
        """Say what the derivative is by each argument: `rule(tangent, value, *primals)`, or None.

        Each returns a tangent, linear in that of the argument; None says that it is zero.

        Raises:
            TypeError: one of them is no Python function, or there are `nondiff_argnums`.
            ValueError: they are not one for each argument, or do not take what they are given.
        """
        if self.nondiff_argnums:
            raise TypeError(f"{self.name} has nondiff_argnums: use defjvp, as in JAX")
        found = _parameters(self.function)
        assert found is not None  # it is a Python function
        named, _, more = found
        # Calls may leave arguments out that have defaults; their tangents are there nevertheless.
        if len(rules) < len(named) or (len(rules) > len(named) and not more):
            raise ValueError(
                f"defjvps of {self.name} takes a rule for each argument, or None: "
                f"{len(rules)} for {'at least ' if more else ''}{len(named)} "
                f"{'is' if len(rules) == 1 else 'are'} given"
            )
        count = len(rules) + 2
        for i, rule in enumerate(rules):
            if rule is None:
                continue
            what = f"the rule by argument {i}"
            _check_python(self, what, rule)
            fewest, highest = _arities(rule)
            if not fewest <= count <= highest:
                raise ValueError(
                    f"{what} of {self.name} takes the tangent, the value and all arguments, so "
                    f"{count} in all"
                )
        self.rule = rules  # type: ignore[assignment] # they are Python functions


def _without_function(kind: type[CustomRule]) -> CustomRule:
    """What pickle fills: its parts may lead back to it."""
    return kind.__new__(kind)


def under_cloudpickle() -> bool:
    """Whether it is cloudpickle, of whatever package, that asks for something to be pickled.

    Only that takes functions by value. To whoever is asked it does not say so; its frames do.
    """
    frame: types.FrameType | None = sys._getframe(1)  # noqa: SLF001 - `inspect` takes 3 ms
    while frame is not None:
        if "cloudpickle" in str(frame.f_globals.get("__name__")).split("."):
            return True
        frame = frame.f_back
    return False


def _check_python(custom: CustomRule, what: str, function: object) -> None:
    if not isinstance(function, types.FunctionType):
        kind = type(function).__name__
        raise TypeError(f"{what} of {custom.name} should be a Python function, not {kind}")


def _check_takes(custom: CustomRule, what: str, function: Function, last: str) -> None:
    """Refuse a function that does not take the arguments at `nondiff_argnums`, and two more."""
    least, most = _arities(function)
    count = len(custom.nondiff_argnums)
    if not least <= count + 2 <= most:
        first = f"those at nondiff_argnums, {last}" if count else last
        number = count + 2 if count else "two"
        raise ValueError(f"{what} of {custom.name} takes {number} arguments, {first}")


def is_jvp_rule(function: types.FunctionType) -> bool:
    """Whether a `defjvp` was given the function: as a decorator it changes nothing."""
    return _IS_JVP_RULE in function.__dict__


def stop_gradient(x: T) -> T:
    """Return `x`; to derivatives it is a constant, through which nothing is derived.

    >>> from diffsrc import grad, stop_gradient
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    return x


def registered() -> list[Rule]:
    """All rules that `register` was given."""
    return list(_REGISTERED.values())


def receive(function: Function, partials: tuple[Partial, ...] | int) -> None:
    """Register the rule that a function has in another process.

    Where only the number of its partials could be sent, and there is no rule here, derivatives by
    its arguments are refused: the function itself might be read instead, and give other numbers.
    """
    known = _REGISTERED.get(id(function))
    if isinstance(partials, int):
        if known is None:
            _enter(function, (None,) * partials)
    elif (
        known is None
        or len(known.partials) != len(partials)
        or not all(map(_are_alike, known.partials, partials))
    ):
        _enter(function, partials)


def _are_alike(one: Partial, other: Partial) -> bool:
    """Whether two partials are the same code; what is in closures is not compared."""
    if isinstance(one, types.FunctionType) and isinstance(other, types.FunctionType):
        return one.__code__ == other.__code__ and not one.__closure__
    return one is other


def rule_of(value: object) -> Rule | CustomRule | None:
    """The rule that somebody gave a function."""
    if issubclass(type(value), CustomRule):
        return value  # type: ignore[return-value] # it is one
    rule = _REGISTERED.get(id(value))
    if rule is None and callable(value) and len(_WITHOUT) < _MAX_WITHOUT:
        _WITHOUT.add(id(value))
    return rule


def name_of(function: object) -> str:
    """What a function is called, as far as it says so."""
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", None)
    return name if isinstance(name, str) else type(function).__name__


def spelling_of(function: object) -> str | None:
    """How a function of a library that modules import is written: `scipy.special.foo`, `np.foo`."""
    name = getattr(function, "__name__", "")
    for prefix, module in (("math", "math"), ("np", "numpy"), ("scipy.special", "scipy.special")):
        if name and getattr(sys.modules.get(module), name, None) is function:
            return f"{prefix}.{name}"
    return None
