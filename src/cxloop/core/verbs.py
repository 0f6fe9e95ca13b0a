"""Verbs: what cxloop can do, defined once and offered by every face.

A verb is a function `verb(ws, ...) -> Result` with a Google-style docstring. Its signature is its parameter model; its
docstring is its help. Faces read the registry; none of them knows a verb by name.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar, get_args, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from cxloop.core.errors import InputError, Mistake, MistakesError, UnknownNameError, what_is_wrong
from cxloop.core.loop import GROUPS, Group
from cxloop.core.results import Result

__all__ = [
    "EVERYTHING",
    "GROUPS",
    "RIGHTS",
    "Changes",
    "Condition",
    "Group",
    "Limited",
    "Names",
    "Parameter",
    "Registry",
    "Right",
    "Verb",
    "registry",
    "verb",
]

Right = Literal["read", "serve", "write", "admin"]
"""read: see numbers and lists. serve: note what a single customer says or wants. write: import and change. admin:
people, keys, settings."""
RIGHTS: tuple[Right, ...] = get_args(Right)

EVERYTHING = ("*",)
"""What a verb outdates that changes who is who: no kept number may go on as if it had not."""

Changes = Literal["nothing", "records", "log"]
"""What a verb changes. Only one that changes the log waits for its turn to write, and has tables computed anew."""

Limited = Literal["rows", "records", "refuse", "own"]
"""What somebody gets who is limited to some rows of the log. rows: the answer over those rows. records: the same, with
the records (notes) of customers in them, which the verb asks for by visible keys alone. refuse: nothing. own: it
concerns only who asks."""


def _split_names(value: object) -> object:
    """Lets a person write one name, or several with commas."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(",") if name.strip())
    if isinstance(value, int) and not isinstance(value, bool):  # the number of a customer
        return (str(value),)
    if isinstance(value, list | tuple):
        parts = [_split_names(item) for item in value]
        if all(isinstance(part, tuple) for part in parts):
            return tuple(name for part in parts for name in part)  # type: ignore[attr-defined]
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_split_names)]
"""Names or numbers: one, a list, or a text with commas."""
Condition = Annotated[str, Field(max_length=4000)]
"""A condition in the expression language of `core.expr`, such as `channel == "web" and score >= 9`."""

IN_AN_ADDRESS = 10_000
"""Letters of one parameter; proxies and browsers cut longer addresses off, most at 8 to 64 KB."""
_SECTION = re.compile(r"^(?:Args|Returns|Raises|Example|Examples|Note):\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a verb: name, type, default (`...` where required), help, and whether it may stand first."""

    name: str
    annotation: Any
    default: Any
    about: str
    positional: bool

    @property
    def required(self) -> bool:
        """Whether a call must give it."""
        return self.default is ...


def _longest(schema: Any) -> int:
    """The longest text that a schema allows anywhere in it, as far as it says so."""
    if isinstance(schema, dict):
        own = schema.get("maxLength")
        return max([own if isinstance(own, int) else 0, *(_longest(each) for each in schema.values())])
    return max((_longest(each) for each in schema), default=0) if isinstance(schema, list) else 0


@dataclass(frozen=True)
class Verb:
    """One verb: its function and what every face needs to know of it."""

    part: Group
    function: Callable[..., Result]
    right: Right
    personal: bool
    limited: Limited = "refuse"
    waits: bool = False
    changes: Changes = "log"
    outdates: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name within its part, as in code: nps."""
        return self.function.__name__.rstrip("_")

    @property
    def path(self) -> str:
        """Full name: measure.nps."""
        return f"{self.part}.{self.name}"

    @cached_property
    def method(self) -> Literal["GET", "POST"]:
        """How the API is asked: GET where nothing changes and what is asked fits into an address, else POST."""
        fits = self.changes == "nothing" and _longest(self.model.model_json_schema()) <= IN_AN_ADDRESS
        return "GET" if fits else "POST"

    @property
    def about(self) -> str:
        """First sentence of the docstring."""
        return inspect.cleandoc(self.function.__doc__ or "").split("\n\n")[0].replace("\n", " ")

    @property
    def help(self) -> str:
        """The whole docstring."""
        return inspect.cleandoc(self.function.__doc__ or "")

    @property
    def description(self) -> str:
        """The docstring up to its first section (`Args:`, `Returns:`, ...): what faces show above the parameters."""
        return _SECTION.split(self.help)[0].strip()

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters after `ws`, in order."""
        hints = get_type_hints(self.function, include_extras=True)
        about = _argument_help(self.help)
        signature = list(inspect.signature(self.function).parameters.values())[1:]
        return tuple(
            Parameter(
                name=item.name,
                annotation=hints[item.name],
                default=... if item.default is inspect.Parameter.empty else item.default,
                about=about.get(item.name, ""),
                positional=item.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD,
            )
            for item in signature
        )

    @cached_property
    def result(self) -> type[Result]:
        """The class of the result."""
        hints = get_type_hints(self.function)
        kind = hints["return"]
        if not (isinstance(kind, type) and issubclass(kind, Result)):
            raise TypeError(f"{self.path} must return a subclass of Result, not {kind!r}")
        return kind

    @cached_property
    def model(self) -> type[BaseModel]:
        """The parameters as a strict pydantic model."""
        definitions: dict[str, Any] = {
            item.name: (item.annotation, Field(item.default, description=item.about)) for item in self.parameters
        }
        name = "".join(word.title() for word in self.path.replace(".", "_").split("_"))
        # A customer's number is a number in every result, and may be given back as one.
        config = ConfigDict(extra="forbid", str_strip_whitespace=True, coerce_numbers_to_str=True)
        return create_model(name, __config__=config, **definitions)

    def check(self, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Returns `arguments` checked and converted; raises InputError that names every mistake."""
        known = [item.name for item in self.parameters]
        for name in arguments:
            if name not in known:
                raise UnknownNameError(f"argument of {self.path}", name, known)
        try:
            checked = self.model.model_validate(dict(arguments))
        except ValidationError as failure:
            raise MistakesError(self.path, _mistakes(failure)) from None
        return {item.name: getattr(checked, item.name) for item in self.parameters}

    def given(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the arguments that differ from their defaults: what a person would have to write."""
        defaults = {item.name: item.default for item in self.parameters}
        return {name: value for name, value in arguments.items() if value != defaults[name]}


def _mistakes(failure: ValidationError) -> list[Mistake]:
    return [
        Mistake(".".join(str(step) for step in error["loc"]) or "(all)", what_is_wrong(error))
        for error in failure.errors()
    ]


def _argument_help(help_text: str) -> dict[str, str]:
    """Reads the `Args:` section of a Google-style docstring."""
    section = re.search(r"^Args:\n((?:[ ]{4}.*\n?|\n)+)", help_text, re.MULTILINE)
    if section is None:
        return {}
    entries = re.findall(r"^ {4}(\w+): ((?:.*\n?)(?: {6,}.*\n?)*)", section[1], re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}


class Registry:
    """All verbs, by path. One instance serves the process; tests may make their own."""

    def __init__(self) -> None:
        self._verbs: dict[str, Verb] = {}

    def add(self, new: Verb) -> None:
        """Adds a verb; raises InputError where the name is taken by another function."""
        taken = self._verbs.get(new.path)
        if taken is not None and taken.function.__qualname__ != new.function.__qualname__:
            raise InputError(f"Two verbs are called {new.path}: {taken.function} and {new.function}")
        self._verbs[new.path] = new

    def remove(self, path: str) -> None:
        """Takes a verb out again; for tests and plug-ins that leave."""
        del self._verbs[path]

    def __iter__(self) -> Iterator[Verb]:
        order = {part: place for place, part in enumerate(GROUPS)}
        return iter(sorted(self._verbs.values(), key=lambda item: (order[item.part], item.name)))

    def of(self, part: str) -> list[Verb]:
        """Returns the verbs of one part, by name."""
        return [item for item in self if item.part == part]

    def get(self, path: str) -> Verb:
        """Returns the verb called `path`; raises UnknownNameError with the nearest one."""
        found = self._verbs.get(path)
        if found is None:
            raise UnknownNameError("verb", path, self._verbs)
        return found


registry = Registry()
"""The verbs of this process."""


_Function = TypeVar("_Function", bound=Callable[..., Result])


def verb(
    *,
    part: Group,
    right: Right,
    personal: bool = False,
    limited: Limited | None = None,
    waits: bool = False,
    changes: Changes | None = None,
    outdates: tuple[str, ...] = (),
    into: Registry = registry,
) -> Callable[[_Function], _Function]:
    """Registers a function as a verb of `part`.

    Args:
        part: which of the seven folders it belongs to, or admin.
        right: what an account needs for it.
        personal: whether its result shows data of single persons.
        limited: what somebody gets who is limited to some rows; unless said otherwise the answer over those rows where
            it reads, and a refusal where it changes something. One that looks at more than the log says "refuse".
        waits: whether it mostly waits for somebody else's system. It takes no lane then, and enters `ws.heavy` itself
            for as long as it changes the log.
        changes: what it changes; unless said otherwise nothing where it reads, and the log where it does not.
        outdates: paths of the verbs whose kept results are wrong after it, though no interaction has come; EVERYTHING
            for all of them.
        into: the registry; the process's own unless a test says otherwise.
    """

    def register(function: _Function) -> _Function:
        open_to = limited or ("rows" if right == "read" else "refuse")
        does = changes or ("nothing" if right == "read" else "log")
        into.add(
            Verb(
                part=part,
                function=function,
                right=right,
                personal=personal,
                limited=open_to,
                waits=waits,
                changes=does,
                outdates=outdates,
            )
        )
        return function

    return register
