"""The result of an operator: a light callable that derives when it is first used."""

from __future__ import annotations

import ast
import contextlib
import functools
import gc
import importlib
import os
import re
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from diffsrc.api.derive import Stages, derive
from diffsrc.api.entry import Entry, entry_for
from diffsrc.api.operators import Operator, function_name, labels
from diffsrc.capture import Captured, capture
from diffsrc.emit.expressions import MODULES
from diffsrc.errors import ShapeError
from diffsrc.ir import Program
from diffsrc.load import load
from diffsrc.specialise import Signature, is_open, signature_of, unknown_signature

if TYPE_CHECKING:
    import inspect

    from diffsrc.draw import ExpressionGraph
    from diffsrc.emit.notation import ClosedForm


class Specialisation:
    """The derivative for the arguments of one signature."""

    def __init__(self, captured: Captured, signature: Signature, stages: Stages) -> None:
        self.captured = captured
        self.signature = signature
        self.stages = stages
        self.source = stages.source
        # At most one: made when it is asked for, calls may never need it.
        self._plain: list[types.FunctionType] = []
        self.entry: Entry = entry_for(captured, signature, stages, self._loaded)

    def function(self) -> types.FunctionType:
        """The emitted function as its text has it."""
        if not self._plain:
            self._plain.append(load_program(self.captured, self.stages))
        return self._plain[0]

    def _loaded(
        self, checks: Mapping[str, types.CellType], before: str, inexact: AbstractSet[int]
    ) -> types.FunctionType:
        if not before and not inexact:
            return self.function()
        return load_program(self.captured, self.stages, checks, before, inexact)


def load_program(
    captured: Captured,
    stages: Stages,
    checks: Mapping[str, types.CellType] = types.MappingProxyType({}),
    before: str = "",
    inexact: AbstractSet[int] = frozenset(),
) -> types.FunctionType:
    """The emitted function on the user's own globals and cells.

    `before`, which uses what is in `checks`, and `inexact` are as `load` has them.
    """
    own = captured.function
    module_globals = own.__globals__ if own is not None else {}
    cells = dict(captured.scope.cells)
    for free in stages.simplified.free:
        if not free.own:
            cells[free.var.name] = types.CellType(free.value)
    cells |= {name: types.CellType(value) for name, value in stages.fixed.items()}
    cells |= {c.name: types.CellType(c.value) for c in stages.constants}
    for name, module in MODULES.items():
        used = re.search(rf"(?<![\w.]){name}\.\w", stages.source)
        if used and name not in own_names(stages.simplified):
            imported = importlib.import_module(module)
            if module_globals.get(name) is not imported:
                cells[name] = types.CellType(imported)
    function = load(
        stages.source,
        stages.name,
        module_globals=module_globals,
        cells={**cells, **checks},
        before=before,
        inexact=inexact,
    )
    if own is not None:
        function.__module__ = own.__module__
        _keep_defaults(function, stages.simplified)
    return function


def _keep_defaults(function: types.FunctionType, program: Program) -> None:
    """The user's default objects, without those of bound parameters."""
    positional = [
        p for p in program.parameters if p.kind in {"POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD"}
    ]
    function.__defaults__ = tuple(p.default for p in positional if p.has_default) or None
    keyword = {
        p.name: p.default for p in program.parameters if p.kind == "KEYWORD_ONLY" and p.has_default
    }
    function.__kwdefaults__ = keyword or None


def imports(source: str, program: Program) -> dict[str, str]:
    """The modules that the text uses, by the name under which it uses them."""
    used = {n.id for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name)}
    own = own_names(program)
    return {name: module for name, module in MODULES.items() if name in used and name not in own}


def own_names(program: Program) -> set[str]:
    """The names that mean a parameter or a value of the user's."""
    return {p.name for p in program.parameters} | {f.var.name for f in program.free}


class Derivative:
    """A derivative as a function; made by `grad` and the other operators.

    Attributes:
        primal: the user's function.
        function: the emitted function itself.
        source: its text.
    """

    __diffsrc_primal__ = True

    def __init__(self, target: Callable[..., Any], operator: Operator, options: Options) -> None:
        inner = target if isinstance(target, Derivative) else None
        self.primal: Callable[..., Any] = inner.primal if inner is not None else target
        self.operators: tuple[Operator, ...] = (
            (*inner.operators, operator) if inner is not None else (operator,)
        )
        self.options = options
        self.specialisations: dict[Signature, list[Specialisation]] = {}
        name = getattr(self.primal, "__name__", type(self.primal).__name__)
        self.__name__ = function_name(name, self.operators)
        self.__qualname__ = getattr(self.primal, "__qualname__", self.__name__)
        self.__module__ = getattr(self.primal, "__module__", None) or "builtins"
        self.__doc__ = getattr(self.primal, "__doc__", None)
        # A class of its own lets `__call__` be the emitted function, without a frame in between.
        self.__class__ = type(type(self).__name__, (type(self),), {"__call__": _first_call})

    # What it is

    def __repr__(self) -> str:
        what = repr(self.primal)
        for operator in self.operators:
            wrt = operator.wrt[0] if operator.single else operator.wrt
            order = f", order={operator.order}" if operator.order > 1 else ""
            stack = ", stack=True" if operator.stack else ""
            what = f"{operator.kind}({what}, wrt={wrt!r}{order}{stack})"
        return f"<diffsrc {what}>"

    @property
    def __signature__(self) -> inspect.Signature:
        import inspect

        signature = inspect.signature(self.primal, follow_wrapped=False)
        return signature.replace(return_annotation=inspect.Signature.empty)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None:
            return self
        return types.MethodType(self, instance)  # type: ignore[arg-type] # its own class has __call__

    def __reduce__(self) -> str | tuple[Any, ...]:
        module = importlib.import_module(self.__module__)
        found: object = module
        for part in self.__qualname__.split("."):
            found = getattr(found, part, None)
        if found is self:
            return self.__qualname__
        return rebuild, (self.primal, self.operators, self.options)

    # What it computes

    @functools.cached_property
    def captured(self) -> Captured:
        with collector_paused():
            return capture(self.primal)

    def specialised(self, args: Sequence[Any], kwargs: dict[str, Any]) -> Specialisation:
        """The specialisation for a call's arguments."""
        return self._specialisation(signature_of(self.captured, args, kwargs))

    def _specialisation(self, signature: Signature) -> Specialisation:
        """A specialisation that fits, made anew where what it assumed has changed."""
        known = self.specialisations.setdefault(signature, [])
        for found in list(known):
            if not found.entry.holds():
                known.remove(found)
                self.__dict__.pop("captured", None)
            elif found.entry.fits(signature):
                return found
        with collector_paused():
            stages = derive(self.captured, signature, self.operators, target=self.options.target)
            known.append(Specialisation(self.captured, signature, stages))
        return known[-1]

    def _only(self) -> Specialisation:
        known = [s for several in self.specialisations.values() for s in several]
        if not known:
            return self._specialisation(unknown_signature(self.captured))
        if len(known) > 1:
            known = [s for s in known if not is_open(s.signature)]
        if len(known) > 1:
            raise ShapeError(
                f"{self.__name__} has {len(known)} specialisations.",
                suggestion="Ask for source_for(*args) with the arguments that you mean.",
            )
        return self._specialisation(known[0].signature)

    @property
    def source(self) -> str:
        """The emitted code, of the only specialisation.

        Raises:
            ShapeError: there are several, or the arguments' kinds are not known yet.
        """
        return self._only().source

    def source_for(self, *args: Any, **kwargs: Any) -> str:
        """The emitted code for these arguments."""
        return self.specialised(args, kwargs).source

    def stages(self, *, stable: bool = True) -> Stages:
        """The program after each stage, of the only specialisation."""
        only = self._only()
        if stable:
            return only.stages
        return derive(
            only.captured,
            only.signature,
            self.operators,
            target=self.options.target,
            stable=False,
        )

    @property
    def closed_form(self) -> ClosedForm:
        """The derivative as a formula: `str()`, `.pretty`, `.latex`, `.mathml`, `.sympy`."""
        from diffsrc.emit.notation import ClosedForm

        stages = self.stages(stable=False)
        return ClosedForm(
            stages.simplified, self.captured.name, labels(self.operators, stages.parsed)
        )

    @property
    def graph(self) -> ExpressionGraph:
        """The expression graph: `.svg`, `.dot`, `.mermaid`, `.save("f.svg")`."""
        from diffsrc.api.graphs import graph_of_derivative

        only = self._only()
        return graph_of_derivative(only.captured, self.operators, only.stages)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the emitted function as a standalone module; see `write_module`."""
        from diffsrc.api.modules import write_module

        write_module(path, self)

    @property
    def function(self) -> types.FunctionType:
        """The emitted function itself, which `numba.njit` takes."""
        return self._only().function()


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """No garbage collection: a derivation makes many objects and drops few.

    In a long program the collector would go through all of them again and again. What was made
    counts as old at once, unless somebody has frozen objects of his own, which would thaw.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()
        gc.enable()


def _first_call(self: Derivative, /, *args: Any, **kwargs: Any) -> Any:
    """Derive, and let the next calls go to the emitted function."""
    found = self.specialised(args, kwargs)
    install(self, found)
    return found.entry.direct(*args, **kwargs)


def install(derivative: Derivative, found: Specialisation) -> None:
    """Make the calls go straight to the specialisation, as long as it fits them."""

    def again(*args: Any, **kwargs: Any) -> Any:
        other = derivative.specialised(args, kwargs)
        install(derivative, other)
        return other.entry.direct(*args, **kwargs)

    found.entry.otherwise(again)
    # The class is this object's own.
    type(derivative).__call__ = staticmethod(found.entry.call)  # type: ignore[method-assign]


class Options:
    """What is common to all operators.

    Attributes:
        target: "python" or "numpy"; None follows the source.
    """

    def __init__(self, target: str | None = None) -> None:
        if target not in {None, "python", "numpy"}:
            raise ValueError(f"target={target!r} is neither 'python' nor 'numpy'")
        self.target = target


def rebuild(
    primal: Callable[..., Any], operators: tuple[Operator, ...], options: Options
) -> Derivative:
    """A derivative from what it was pickled as."""
    found: Any = primal
    for operator in operators:
        found = Derivative(found, operator, options)
    assert isinstance(found, Derivative)
    return found
