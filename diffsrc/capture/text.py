"""Text mode: `FILE:FUNC`, where nothing of the file is imported or run."""

from __future__ import annotations

import ast
import tokenize
import types
from pathlib import Path
from typing import TYPE_CHECKING

from diffsrc.capture.attributes import MISSING, describe, static_attribute
from diffsrc.capture.bindings import Import
from diffsrc.capture.captured import Captured, Fixed
from diffsrc.capture.classes import TextClass
from diffsrc.capture.decorators import check_decorators, check_registrations
from diffsrc.capture.imports import (
    FileOf,
    NotFound,
    find_module,
    find_submodule,
    home_of,
)
from diffsrc.capture.namespace import (
    SET_ONCE,
    TextFunction,
    TextNamespace,
    TextScope,
    Unresolved,
    builtin,
)
from diffsrc.capture.scope import (
    BoundMethod,
    Found,
    MissingName,
    PropertyOf,
    Textual,
    UnknownValue,
)
from diffsrc.capture.source import Source, parse_source, plain_function
from diffsrc.errors import Place, SourceUnavailable, UnsupportedSyntax

if TYPE_CHECKING:
    from diffsrc.capture.bindings import Binding
    from diffsrc.capture.imports import Home

_IN_FUNCTION = "<locals>"
_INIT = "__init__.py"


class TextModule(TextNamespace):
    """A module of which only the text is known.

    Attributes:
        name: its dotted name, counted from the folder above its package.
        home: where it stands among the packages.
    """

    def __init__(
        self,
        source: Source,
        name: str,
        home: Home,
        loaded: dict[str, TextModule],
        *,
        is_package: bool,
    ) -> None:
        super().__init__(source, source.tree.body, "")
        self.name = name
        self.home = home
        self._loaded = loaded
        self._is_package = is_package
        self._listing = False

    def describe(self) -> str:
        return f"the module {self.name}"

    def lookup(self, name: str, before: int | None = None) -> Found:
        value = self._member(name, before)
        if value is not MISSING:
            return Found(value, "global")
        value = builtin(name)
        if value is not MISSING:
            return Found(value, "builtin")
        if name.startswith("__") and name.endswith("__"):
            why = "Python sets it when the module runs"
            raise self.unknown(name, why, self.source.tree.body[0])
        raise MissingName(f"The name {name!r} is not defined.", name=name)

    def attribute(self, name: str) -> object:
        value = self._member(name, None)
        if value is MISSING and self._is_package:
            value = self._submodule(name)
        if value is not MISSING:
            return value
        if "__getattr__" in self.bindings.names:
            node = self.bindings.names["__getattr__"][0].node
            raise self.unknown(name, "the module defines __getattr__", node)
        message = f"There is no {name!r} in {self.describe()}."
        raise MissingName(message, name=name)

    def _submodule(self, name: str) -> object:
        found = find_submodule(name, self.home.folder, self.home)
        return MISSING if isinstance(found, NotFound) else self._load(found)

    def defined_class(self, node: ast.ClassDef, order: int) -> Textual:
        return TextClass(node, self, node.name, order)

    # ---- Imports ----

    def imported(self, name: str, binding: Binding, what: Import) -> object:
        module = self._module(what.module, what.level)
        if isinstance(module, NotFound):
            written = f"{'.' * what.level}{what.module}"
            message = f"The import of {written!r} cannot be followed: {module.why}."
            imported = ".".join(filter(None, (written, what.member)))
            place = self.source.place(binding.node)
            return Unresolved(name, message, place, imported=imported)
        if what.whole:
            return self._module(what.module.partition(".")[0], 0)
        if what.member is None:
            return module
        try:
            return static_attribute(module, what.member).value
        except MissingName as error:
            if type(error) is MissingName:
                why = f"{describe(module)} has no {what.member!r}"
                raise self.unknown(name, why, binding.node) from None
            raise

    def _module(self, name: str, level: int) -> types.ModuleType | TextModule | NotFound:
        found = find_module(name, level, self.home)
        return self._load(found) if isinstance(found, FileOf) else found

    def _load(self, found: FileOf) -> TextModule | NotFound:
        key = str(found.path or found.home.folder)
        if key not in self._loaded:
            try:
                source = _read(found.path) if found.path else parse_source(key, "")
            except SourceUnavailable as error:
                return NotFound(error.message.rstrip("."))
            self._loaded[key] = TextModule(
                source,
                found.name,
                found.home,
                self._loaded,
                is_package=found.path is None or found.path.name == _INIT,
            )
        return self._loaded[key]

    def _member(self, name: str, before: int | None) -> object:
        """Return what the module binds `name` to, star imports included."""
        value = self.own(name, before)
        explicit = self.bindings.names.get(name)
        for star in self.bindings.stars:
            if before is not None and star.order >= before:
                continue
            names = self._names_of_star(star)
            if names is None:
                if not explicit or star.order > explicit[0].order:
                    why = "an `import *` that cannot be followed may set it"
                    raise self.unknown(name, why, star.node)
            elif name in names:
                if value is not MISSING:
                    why = "it is set more than once, here by `import *`"
                    raise self.unknown(name, why, star.node, SET_ONCE)
                value = static_attribute(self._star_module(star), name).value
        return value

    def _star_module(self, star: Binding) -> types.ModuleType | TextModule | NotFound:
        what = star.value
        if isinstance(what, Import):
            return self._module(what.module, what.level)
        return NotFound("it is conditional")

    def _names_of_star(self, star: Binding) -> set[str] | None:
        module = self._star_module(star)
        if isinstance(module, TextModule):
            return module.public_names()
        if isinstance(module, NotFound):
            return None
        names = vars(module).get("__all__")
        if names is None:
            return {name for name in vars(module) if not name.startswith("_")}
        return set(names)

    def public_names(self) -> set[str] | None:
        """Return what `from module import *` binds; None if that is not known."""
        if "__all__" in self.bindings.names:
            try:
                names = self.own("__all__")
            except UnknownValue:
                return None
            return set(names) if isinstance(names, list | tuple) else None
        if self._listing:
            return None  # modules that import * from each other
        self._listing = True
        try:
            stars = [self._names_of_star(star) for star in self.bindings.stars]
        finally:
            self._listing = False
        public = set(self.bindings.names)
        for names in stars:
            if names is None:
                return None
            public |= names
        return {name for name in public if not name.startswith("_")}


def capture_text(path: str | Path, qualname: str) -> Captured:
    """Read a function of a file that is neither imported nor run.

    Args:
        path: the file.
        qualname: "function", "Class.method" or the name of a lambda.

    Raises:
        ValueError: `qualname` is no dotted name.
        SourceUnavailable: the file cannot be read, is not Python, or has no such
            function.
        UnsupportedSyntax: as `capture`.
    """
    parts = qualname.split(".")
    if not all(part.isidentifier() or part == _IN_FUNCTION for part in parts):
        message = f"a target is FILE:function or FILE:Class.method, not {qualname!r}"
        raise ValueError(message)
    path = Path(path)
    source = _read(path)
    home = home_of(path)
    is_package = path.name == _INIT
    name = ".".join((*home.package, *(() if is_package else (path.stem,))))
    loaded: dict[str, TextModule] = {}
    module = TextModule(source, name, home, loaded, is_package=is_package)
    loaded[str(path.absolute())] = module

    value = _target(module, parts)
    if isinstance(value, PropertyOf | BoundMethod):
        receiver = () if isinstance(value, PropertyOf) else (value.receiver,)
        function, fixed = (
            value.fget if isinstance(value, PropertyOf) else value.function,
            Fixed(receiver),
        )
    else:
        function, fixed = value, Fixed()
    if not isinstance(function, TextFunction):
        message = f"{qualname!r} in {source.file!r} is not a function defined in a text."
        raise SourceUnavailable(message, None, _functions_of(module))
    return capture_text_function(function, fixed, is_target=True)


def _target(module: TextModule, parts: list[str]) -> object:
    value: object = module
    missing = f"There is no function {'.'.join(parts)!r} in {module.source.file!r}."
    for step, part in enumerate(parts):
        if isinstance(value, TextFunction):
            inner = next((p for p in parts[step:] if p != "<locals>"), part)
            if inner not in _inner_functions(value.node):
                raise SourceUnavailable(missing, None, _functions_of(module))
            name = ".".join(parts[:step])
            message = f"{inner!r} is a function inside {name!r}: it exists in a call only."
            suggestion = "Move it to the module, with what it uses as arguments."
            place = module.source.place(value.node)
            raise SourceUnavailable(message, place, suggestion)
        try:
            value = static_attribute(value, part).value
        except UnknownValue as error:
            raise SourceUnavailable(error.message, error.place, error.suggestion) from None
        except MissingName:
            raise SourceUnavailable(missing, None, _functions_of(module)) from None
    return value


def _inner_functions(function: ast.AST) -> set[str]:
    inner = (node for node in ast.walk(function) if node is not function)
    return {node.name for node in inner if isinstance(node, ast.FunctionDef)}


def _functions_of(module: TextModule) -> str:
    names = []
    for name, (binding, *_) in module.bindings.names.items():
        if isinstance(binding.value, ast.FunctionDef | ast.Lambda):
            names.append(name)
        elif isinstance(binding.value, ast.ClassDef):
            body = binding.value.body
            methods = [node.name for node in body if isinstance(node, ast.FunctionDef)]
            names += [f"{name}.{method}" for method in methods]
        elif isinstance(binding.value, ast.Name) and _is_function(module, name):
            names.append(name)
    return f"It has: {', '.join(names)}." if names else "It has no functions."


def _is_function(module: TextModule, name: str) -> bool:
    """Whether a name is another one of a function of the module."""
    try:
        value = module.own(name)
    except UnknownValue:
        return False
    return isinstance(value, TextFunction) and value.home is module


def capture_text_function(
    function: TextFunction, fixed: Fixed, *, is_target: bool = False
) -> Captured:
    """Capture a function that is known as text.

    A function with a diffsrc operator as decorator is captured only as the target of
    `capture_text`: for other code its name means the derivative.
    """
    home, order = function.home, function.order
    source = home.source
    module = home.module if isinstance(home, TextClass) else home
    module_name = module.name if isinstance(module, TextModule) else None
    at_definition = TextScope(home, module_name, order)
    ours = check_decorators(source, function.node, at_definition)
    check_registrations(source, TextScope(module, module_name))
    node = plain_function(source, function.node)
    if ours and not is_target:
        message = f"{function.qualname!r} means a derivative here: see its decorator."
        place = source.place(node.decorator_list[0])  # type: ignore[union-attr]
        suggestion = "Decorate a second function, or take package.module:function."
        raise UnsupportedSyntax(message, place, suggestion)
    # A lambda has the name that it is bound to: there is no other one.
    name = function.qualname.rpartition(".")[2]
    bound = fixed.bind(name, node.args, source.place)
    return Captured(
        name=name,
        qualname=function.qualname,
        module=module_name,
        node=node,
        file=source.file,
        lines=source.lines,
        scope=TextScope(module, module_name),
        defaults=_defaults(home, node, order),
        bound=bound.values,
        by_keyword=bound.by_keyword,
        function=None,
        owner=function.owner,
    )


def _defaults(
    home: TextNamespace, node: ast.FunctionDef | ast.Lambda, order: int
) -> dict[str, object]:
    args = node.args
    positional = [*args.posonlyargs, *args.args]
    first = len(positional) - len(args.defaults)
    pairs = [
        *zip(positional[first:], args.defaults, strict=True),
        *zip(args.kwonlyargs, args.kw_defaults, strict=True),
    ]
    defaults: dict[str, object] = {}
    for arg, value in pairs:
        if value is None:
            continue
        try:
            defaults[arg.arg] = home.evaluate(arg.arg, value, order)
        except UnknownValue as error:
            defaults[arg.arg] = Unresolved(arg.arg, error.message, error.place)
    return defaults


def _read(path: Path) -> Source:
    """Read and parse a file in the encoding that it declares."""
    file = str(path)
    if path.is_dir():
        message = f"{file!r} is a directory, not a Python file."
        raise SourceUnavailable(message)
    if not path.exists():
        message = f"There is no file {file!r}."
        raise SourceUnavailable(message)
    if not path.is_file():
        message = f"{file!r} is not a regular file."
        raise SourceUnavailable(message)
    try:
        with tokenize.open(path) as stream:
            text = stream.read()
    except (UnicodeDecodeError, SyntaxError) as error:
        message = f"{file!r} is not text in the encoding it declares (or UTF-8): {error}."
        raise SourceUnavailable(message) from None
    except OSError as error:
        message = f"{file!r} cannot be read: {error.strerror}."
        raise SourceUnavailable(message) from None
    if not text.strip() and path.name != _INIT:
        message = f"{file!r} is empty."
        raise SourceUnavailable(message)
    try:
        return parse_source(file, text)
    except SyntaxError as error:
        message = f"{file!r} is not Python: {error.msg}."
        raise SourceUnavailable(message, _place_of_error(file, text, error)) from None
    except ValueError as error:
        message = f"{file!r} is not Python: {error}."
        raise SourceUnavailable(message) from None
    except (RecursionError, MemoryError):
        message = f"{file!r} is nested too deep for Python's parser."
        raise SourceUnavailable(message) from None


def _place_of_error(file: str, text: str, error: SyntaxError) -> Place | None:
    lines = text.split("\n")
    if error.lineno is None or not 0 < error.lineno <= len(lines):
        return None
    line = lines[error.lineno - 1]
    start = max((error.offset or 1) - 1, 0)
    same_line = error.end_lineno == error.lineno
    end = (error.end_offset or 0) - 1 if same_line else len(line)
    return Place(file, error.lineno, start, max(end, start + 1), line)
