"""Distributions of `scipy.stats`: their methods, of `norm` itself and of `norm(mu, sigma)`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from diffsrc.capture.attributes import class_dict, class_name
from diffsrc.errors import UnknownFunction
from diffsrc.ops import METHODS, SHAPES, distribution_of, replaced_methods
from diffsrc.parse.builtin import Builtins
from diffsrc.parse.values import Object, Partial, Static, Value

_DEFAULTS = {"loc": 0, "scale": 1}
_PUT_BACK = "Write the density as a function of yours, or put SciPy's own back."


class Distributions(Builtins):
    """Reads what is made of distributions."""

    def attribute(self, base: Value, name: str, node: ast.expr) -> Value:
        """A method of a frozen distribution is that of the distribution, with arguments."""
        match base:
            case Partial(function=Static(value=value)) if distribution_of(value) is not None:
                method = self.attribute(base.function, name, node)
                return Partial(method, (), base.keywords)
            case Object(value=value) if distribution_of(value) is not None:
                raise UnknownFunction(
                    "Which distribution this is may change.",
                    self.place(node),
                    "Name it in the function: norm.pdf(x), stats.norm.pdf(x).",
                )
            case Static(value=value) | Object(value=value) if _is_of_stats(value):
                self._check_method(value, name, node)
        return super().attribute(base, name, node)

    def _check_method(self, value: object, name: str, node: ast.expr) -> None:
        """Refuse what is not known of the objects of `scipy.stats`."""
        spelt = ast.unparse(node)
        if name == "rvs":
            raise UnknownFunction(
                f"{spelt} gives random numbers: it has no derivative.",
                self.place(node),
                "Draw them outside and pass them as arguments.",
            )
        if distribution_of(value) is None:
            if class_name(type(value)).removesuffix("_gen") in SHAPES:
                raise UnknownFunction(
                    f"{spelt} is not what scipy.stats holds by that name.",
                    self.place(node),
                    _PUT_BACK,
                )
            raise UnknownFunction(
                f"{spelt} is not known.",
                self.place(node),
                f"Known are {_listed(SHAPES)}; frozen ones where the function makes them.",
            )
        if name not in METHODS:
            raise UnknownFunction(
                f"{spelt} is not known.",
                self.place(node),
                f"Of a distribution {_listed(METHODS)} are known.",
            )
        replaced = replaced_methods(value)
        # Itself replaced it is read as any function.
        if replaced and name not in replaced:
            raise UnknownFunction(
                f"{spelt} may not be what SciPy has: its {replaced[0]} was replaced.",
                self.place(node),
                _PUT_BACK,
            )

    def frozen(
        self,
        value: object,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Partial:
        """`norm(mu, sigma)`."""
        name = distribution_of(value)
        assert name is not None
        given = self._by_name((*SHAPES[name], *_DEFAULTS), args, keywords, node)
        return Partial(Static(value), (), given)

    def arguments_of(
        self,
        spelling: str,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> list[Value]:
        """The arguments of a method in their order, with those that were left out."""
        name = spelling.split(".")[2]
        names = ("x", *SHAPES[name], *_DEFAULTS)
        given = self._by_name(names, args, keywords, node)
        missing = [n for n in names if n not in given and n not in _DEFAULTS]
        if missing:
            self.refuse(
                f"{_spelt(node)} needs {' and '.join(map(repr, missing))} too.",
                node,
                f"Its arguments are {', '.join(names)}.",
            )
        return [given[n] if n in given else self.const(_DEFAULTS[n], node) for n in names]

    def _by_name(
        self,
        names: tuple[str, ...],
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> dict[str, Value]:
        suggestion = f"Its arguments are {', '.join(names)}."
        if len(args) > len(names):
            self.refuse(
                f"{_spelt(node)} takes {len(names)} arguments at most, not {len(args)}.",
                node,
                suggestion,
            )
        given = dict(zip(names, args, strict=False))
        for name, value in keywords.items():
            if name not in names:
                self.refuse(f"{_spelt(node)} has no keyword argument {name!r}.", node, suggestion)
            if name in given:
                self.refuse(f"Two values for the argument {name!r}.", node, "Pass it once.")
            given[name] = value
        return given


def _is_of_stats(value: object) -> bool:
    module = class_dict(type(value)).get("__module__")
    return isinstance(module, str) and module.startswith("scipy.stats.")


def _listed(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}"


def _spelt(node: ast.expr) -> str:
    return ast.unparse(node.func) if isinstance(node, ast.Call) else "The distribution"
