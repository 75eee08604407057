"""The result of an operator: a light callable that derives when it is first used."""

from __future__ import annotations

import contextlib
import functools
import gc
import itertools
import os
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from diffsrc import cache
from diffsrc.api import record
from diffsrc.api.emitted import Emitted, load_emitted
from diffsrc.api.entry import Entry, entry_for
from diffsrc.api.options import Operator, Options, function_name
from diffsrc.api.surroundings import Surroundings
from diffsrc.api.versions import NotKept
from diffsrc.capture import Captured, Outline, capture
from diffsrc.capture import outline as outline_of
from diffsrc.errors import ShapeError
from diffsrc.specialise import Signature, is_open, signature_of
from diffsrc.user_rules import ON_FIRST_RULE

if TYPE_CHECKING:
    import inspect

    from diffsrc.api.derive import Stages
    from diffsrc.draw import ExpressionGraph
    from diffsrc.emit.notation import ClosedForm


PAUSES = 100  # of the collector, before old objects are gone through
_pauses = itertools.count(1)


class Specialisation:
    """The derivative for the arguments of one signature.

    Attributes:
        stages: how it came about; None where that has been forgotten, as of what was kept on disk.
    """

    def __init__(
        self,
        outline: Outline,
        signature: Signature,
        emitted: Emitted,
        stages: Stages | None = None,
    ) -> None:
        self.stages = stages
        self.outline = outline
        self.signature = signature
        self.emitted = emitted
        self.source = emitted.source
        # At most one: made when it is asked for, calls may never need it.
        self._plain: list[types.FunctionType] = []
        self.entry: Entry = entry_for(outline, signature, emitted, self._loaded)

    def function(self) -> types.FunctionType:
        """The emitted function as its text has it."""
        if not self._plain:
            self._plain.append(load_emitted(self.outline, self.emitted))
        return self._plain[0]

    def _loaded(
        self, checks: Mapping[str, types.CellType], before: str, results: Mapping[int, str]
    ) -> types.FunctionType:
        if not before and not results:
            return self.function()
        return load_emitted(self.outline, self.emitted, checks, before, results)


class Derivative:
    """A derivative as a function; made by `grad` and the other operators.

    Attributes:
        primal: the user's function.
        function: the emitted function itself.
        source: its text.
    """

    __diffsrc_primal__ = True

    specialisations: dict[Signature, list[Specialisation]]

    def __init__(self, target: Callable[..., Any], operator: Operator, options: Options) -> None:
        inner = target if isinstance(target, Derivative) else None
        self.primal: Callable[..., Any] = inner.primal if inner is not None else target
        self.operators: tuple[Operator, ...] = (
            (*inner.operators, operator) if inner is not None else (operator,)
        )
        self.options = options if inner is None else options.over(inner.options)
        self.specialisations = {}
        name = getattr(self.primal, "__name__", type(self.primal).__name__)
        self.__name__ = function_name(name, self.operators)
        self.__qualname__ = getattr(self.primal, "__qualname__", self.__name__)
        self.__module__ = getattr(self.primal, "__module__", None) or "builtins"
        self.__doc__ = getattr(self.primal, "__doc__", None)
        # A class of its own lets `__call__` be the emitted function, without a frame in between.
        # Python has a weak list of classes: that of all derivatives there are.
        own = {"__call__": _first_call, "specialisations": self.specialisations}
        self.__class__ = type(type(self).__name__, (type(self),), own)

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

    def __set_name__(self, owner: type, name: str) -> None:
        # A bound method is pickled as the attribute of this name.
        self.__name__ = name

    def __reduce__(self) -> str | tuple[Any, ...]:
        from diffsrc.api.pickling import reduced

        return reduced(self)

    # What it computes

    @functools.cached_property
    def captured(self) -> Captured:
        with collector_paused():
            return capture(self.primal)

    @functools.cached_property
    def outline(self) -> Outline:
        found = outline_of(self.primal)
        if self.options.shapes:
            from diffsrc.specialise.annotations import check_names

            check_names(found, self.options.shapes)
        return found

    def specialised(
        self, args: Sequence[Any], kwargs: dict[str, Any], *, called: bool = False
    ) -> Specialisation:
        """The specialisation for a call's arguments.

        Raises:
            DiffsrcError: there is none.
            ValueError: NumPy's, where the shapes do not fit and the function is `called`.
        """
        signature = signature_of(self.outline, args, kwargs)
        found = self._known(signature, lambda entry: entry.admits(*args, **kwargs))
        if found is not None:
            return found
        made = self._made(signature)
        if not made.entry.admits(*args, **kwargs):
            if called:
                self.primal(*args, **kwargs)  # where NumPy raises, in its own words
            # What is computed from lengths is one here, as that of `x[1:]` of two items.
            made = self._of_lengths(signature, made.emitted, args, kwargs)
        known = self.specialisations[signature]
        axes = made.signature.axes_within
        # It stands for one whose names outside have other ranks now.
        known[:] = [*(other for other in known if other.signature.axes_within != axes), made]
        return made

    def _specialisation(self, signature: Signature) -> Specialisation:
        """A specialisation that fits, made anew where what it assumed has changed."""
        found = self._known(signature, lambda _: True)
        if found is None:
            found = self._made(signature)
            self.specialisations[signature].append(found)
        return found

    def _known(
        self, signature: Signature, admits: Callable[[Entry], bool]
    ) -> Specialisation | None:
        """A specialisation that was made before and fits."""
        known = self.specialisations.setdefault(signature, [])
        for found in list(known):
            if not found.entry.holds():
                known.remove(found)
                self._forget()
            elif found.entry.fits(signature) and admits(found.entry):
                if found.signature.ranks != signature.ranks:
                    self.named(signature)
                return found
        return None

    def _made(self, signature: Signature) -> Specialisation:
        """A new specialisation, from the cache if it is there.

        What is broadcast may be known for given lengths only, or given numbers of items.
        """
        tried = [signature]
        try:
            return self._exactly(signature)
        except ShapeError as error:
            refusal = error
        for exact in (signature.with_lengths(), *self._with_values(signature)):
            if all(exact.axes_within != other.axes_within for other in tried):
                tried.append(exact)
                try:
                    return self._exactly(exact)
                except ShapeError as error:
                    refusal = error
        raise refusal

    def _exactly(self, signature: Signature) -> Specialisation:
        """The specialisation for just that, from the cache if it is there."""
        around = self._around(signature)
        kept = None if around is None else self._kept(signature, around)
        return self._derived(signature, around) if kept is None else kept

    def _with_values(self, signature: Signature) -> Iterator[Signature]:
        """Signatures with lengths and integers that are not derived by."""
        names = [name for name, _ in signature.arguments]
        wrt = [part for operator in self.operators for part in operator.wrt]
        texts = (names[part] if isinstance(part, int) else part for part in wrt)
        return signature.with_values({t.partition("[")[0].partition(".")[0] for t in texts})

    def _of_lengths(
        self,
        signature: Signature,
        general: Emitted,
        args: Sequence[Any],
        kwargs: dict[str, Any],
    ) -> Specialisation:
        """A specialisation for the lengths of a call that decide which code is right."""
        deciding: dict[str, list[int]] = {}
        for text, axis in general.deciding:
            deciding.setdefault(text, []).append(axis)
        narrower = [signature.with_lengths(deciding)] if deciding else []
        for exact in (*narrower, signature.with_lengths(), *self._with_values(signature)):
            found = self._made(exact)
            if found.entry.admits(*args, **kwargs):
                return found
        raise ShapeError(
            f"{self.primal.__qualname__} is given arrays of lengths for which no code is known: "
            "it may depend on their values what is broadcast.",
            suggestion="Choose items with np.where, which keeps all; give the longer array first; "
            "pass how many items there are as an argument.",
        )

    def _around(self, signature: Signature) -> Surroundings | None:
        """What decides the code, where the cache is used and that can be a key in it."""
        if cache.state().why_not is not None:
            return None
        try:
            return Surroundings(self.outline, signature, self.operators, self.options)
        except NotKept:
            return None

    def _kept(self, signature: Signature, around: Surroundings) -> Specialisation | None:
        """The specialisation that the cache has, if it has it."""
        text = cache.read(around.key)
        if text is None:
            return None
        try:
            emitted = record.read(text, around)
            found = Specialisation(self.outline, signature, emitted)
            holds = found.entry.holds() and found.entry.fits(signature)
        except record.NO_RECORD:
            return None
        return found if holds and record.has_parameters(found.entry.direct, emitted) else None

    def _keep(self, found: Specialisation, asked: Signature, before: Surroundings) -> None:
        """Write a specialisation into the cache, if nothing has changed since `before`."""
        around = self._around(asked)
        if around is None or around.key != before.key or not _stands_there(self.captured):
            return
        with contextlib.suppress(NotKept):
            cache.write(around.key, record.written(found.emitted, around))

    def _forget(self) -> None:
        """Read the function again when it is needed."""
        self.__dict__.pop("captured", None)
        self.__dict__.pop("outline", None)

    def _derived(self, signature: Signature, before: Surroundings | None) -> Specialisation:
        """Derive, and keep what comes of it."""
        from diffsrc.api.finish import finished

        named = self.named(signature)
        stages = self._stages(named)
        made = Specialisation(self.outline, named, finished(stages), stages)
        if before is not None:
            self._keep(made, signature, before)
        return made

    def named(self, signature: Signature) -> Signature:
        """A signature with what annotations and `shapes=` say of its axes.

        Raises:
            ShapeError: they say something else.
        """
        from diffsrc.specialise.annotations import named_signature

        return named_signature(self.captured, signature, self.options.shapes)

    def _stages(self, signature: Signature, *, stable: bool = True) -> Stages:
        from diffsrc.api.derive import derive

        with collector_paused():
            return derive(
                self.captured,
                signature,
                self.operators,
                target=self.options.target,
                stable=stable,
            )

    def _only(self) -> Specialisation:
        known = [s for several in self.specialisations.values() for s in several]
        if not known:
            from diffsrc.specialise.annotations import unknown_signature

            return self._specialisation(unknown_signature(self.captured, self.options.shapes))
        if len(known) > 1:
            known = [s for s in known if not is_open(s.signature)]
        if len(known) > 1:
            raise ShapeError(
                f"{self.__name__} has {len(known)} specialisations.",
                suggestion="Ask for source_for(*args) with the arguments that you mean, or make "
                "one of them alone, with shapes=.",
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
            return self.stages_of(only)
        return self._stages(self.named(only.signature), stable=False)

    def stages_of(self, found: Specialisation) -> Stages:
        """The program after each stage; of what was on disk, it is derived for that."""
        if found.stages is None:
            found.stages = self._stages(self.named(found.signature))
        return found.stages

    @property
    def closed_form(self) -> ClosedForm:
        """The derivative as a formula: `str()`, `.pretty`, `.latex`, `.mathml`, `.sympy`."""
        from diffsrc.api.operators import labels
        from diffsrc.emit.notation import ClosedForm

        stages = self.stages(stable=False)
        return ClosedForm(
            stages.simplified, self.captured.name, labels(self.operators, stages.targets)
        )

    @property
    def graph(self) -> ExpressionGraph:
        """The expression graph: `.svg`, `.dot`, `.mermaid`, `.save("f.svg")`."""
        from diffsrc.api.graphs import graph_of_derivative

        return graph_of_derivative(self.captured, self.operators, self.stages())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the emitted function as a standalone module; see `write_module`."""
        from diffsrc.api.modules import write_module

        write_module(path, self)

    @property
    def function(self) -> types.FunctionType:
        """The emitted function itself, which `numba.njit` takes."""
        return self._only().function()


def _stands_there(captured: Captured) -> bool:
    """Whether a function is where its code says, so that the key holds its own text."""
    node, function = captured.node, captured.function
    first = [*getattr(node, "decorator_list", []), node][0]
    return function is not None and function.__code__.co_firstlineno == first.lineno


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """No garbage collection: a derivation makes many objects and drops few.

    In a long program the collector would go through all of them again and again. What was made
    counts as old at once, unless somebody has frozen objects of his own, which would thaw. As the
    collector does not count what has become old so, old objects are gone through now and then.
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
        if next(_pauses) % PAUSES == 0:
            gc.collect()


def _first_call(self: Derivative, /, *args: Any, **kwargs: Any) -> Any:
    """Derive, and let the next calls go to the emitted function."""
    found = self.specialised(args, kwargs, called=True)
    install(self, found)
    return _called(found, args, kwargs)


def _called(found: Specialisation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call what was made for these arguments; of lengths, and outside, it may rely on more."""
    entry = found.entry
    return (entry.direct if found.emitted.ranks is None else entry.call)(*args, **kwargs)


def install(derivative: Derivative, found: Specialisation) -> None:
    """Make the calls go straight to the specialisation, as long as it fits them."""

    def again(*args: Any, **kwargs: Any) -> Any:
        other = derivative.specialised(args, kwargs, called=True)
        install(derivative, other)
        return _called(other, args, kwargs)

    found.entry.otherwise(again)
    # The class is this object's own.
    type(derivative).__call__ = staticmethod(found.entry.call)  # type: ignore[method-assign]


def _look_again() -> None:
    """Derive anew what is asked for next: a function that was read has a rule now."""
    for own in Derivative.__subclasses__():
        for several in list(own.specialisations.values()):
            for found in list(several):
                found.entry.outdated = True
        own.__call__ = _first_call  # type: ignore[method-assign]


ON_FIRST_RULE.append(_look_again)


def rebuild(
    primal: Callable[..., Any], operators: tuple[Operator, ...], options: Options
) -> Derivative:
    """The derivative of a function by all of the operators, the first applied first."""
    found: Any = primal
    for operator in operators:
        found = Derivative(found, operator, options)
    assert isinstance(found, Derivative)
    return found
