# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Option reader: read converted options by name and type, and collect every validation error.

An option that was not given reads as its default, None if the spec has none. So does one with an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..common.text import describe_value, parse_integer
from .problems import Problems
from .spec import Spec

AWX_PLACEHOLDER = "$encrypted$"
# Maximum of durations (seconds): JOB keeps its instances for 30 days.
MAX_SECONDS = 30 * 86400.0
_EMPTY = "is empty; omit it or set a value"


class OptionReader:
    """Reader of the options of one level, by name and type.

    Args:
        spec: the options of this level.
        values: option name to value, as converted by C(OptionConverter).
        problems: receives validation errors.
        path: name of this level in messages; empty at the top.
    """

    def __init__(self, spec: Spec, values: Mapping[str, object], problems: Problems, path: str = "") -> None:
        self._spec = spec
        self._values = values
        self.problems = problems
        self._path = path

    def path(self, name: str) -> str:
        """Return the full name of an option for messages."""
        return f"{self._path}.{name}" if self._path else name

    def add_error(self, name: str, text: str) -> None:
        """Add a validation error for an option of this level."""
        self.problems.add_error(self.path(name), text)

    def add_missing(self, name: str, *others: str, reason: str = "") -> None:
        """Add the error that one of these options is required, with the environment variables that can set them."""
        variables = [self._spec[option]["env"] for option in (name, *others) if "env" in self._spec.get(option, {})]
        environment = f"the environment variable {_either(variables)} where the task runs" if variables else ""
        if others and environment:
            text = f"is required (or {_either(others)}, or {environment})"
        elif others or environment:
            text = f"is required (or {environment or _either(others)})"
        else:
            text = "is required"
        self.add_error(name, f"{text}: {reason}" if reason else text)

    def raw(self, name: str) -> object:
        """Return the converted value, valid or not."""
        return self._values.get(name)

    def default(self, name: str) -> object:
        """Return the default of an option, None if it has none."""
        return self._spec.get(name, {}).get("default")

    def is_default(self, name: str) -> bool:
        """Return whether an option has its default value."""
        return self._values.get(name) == self.default(name)

    def present(self, *names: str) -> list[str]:
        """Return those of the names that have a value."""
        return [name for name in names if self._values.get(name) is not None]

    def is_null(self, name: str) -> bool:
        """Return whether the task sets an option to null, which ansible-core 2.17 renders as empty text."""
        return self.path(name) in self.problems.nulls or self.raw(name) == ""

    def text(self, name: str, *, required: bool = False, maximum: int | None = None) -> str | None:
        """Return a text, not blank, of at most C(maximum) characters; the text is not trimmed."""
        value = self._value(name, required)
        if value is None:
            return None
        if not isinstance(value, str):
            self.add_error(name, f"must be text, not {describe_value(value)}")
        elif not value.strip():
            self.add_error(name, _EMPTY)
        elif maximum is not None and len(value) > maximum:
            self.add_error(name, f"is {len(value)} characters long, at most {maximum} are allowed")
        else:
            return value
        return None

    def secret(self, name: str) -> str | None:
        """Return a secret text; the placeholder that AWX shows instead of a stored secret is invalid."""
        value = self.text(name)
        if value == AWX_PLACEHOLDER:
            self.add_error(name, "is the placeholder that AWX shows for a stored secret; set the secret itself")
            return None
        return value

    def integer(self, name: str, *, required: bool = False, minimum: int, maximum: int | None = None) -> int | None:
        """Return a whole number between C(minimum) and C(maximum), both included."""
        value = self._value(name, required)
        if value is None:
            return None
        number = parse_integer(value)
        if value == "":
            self.add_error(name, _EMPTY)
        elif number is None:
            self.add_error(name, f"must be a whole number, not {describe_value(value)}")
        elif number < minimum or (maximum is not None and number > maximum):
            allowed = f"{minimum} or more" if maximum is None else f"from {minimum} to {maximum}"
            self.add_error(name, f"is {number}, must be {allowed}")
        else:
            return number
        default = self.default(name)
        return default if isinstance(default, int) else None

    def seconds(self, name: str) -> float:
        """Return a duration above 0 of an option that has a default."""
        value = self.raw(name)
        if isinstance(value, float) and 0 < value <= MAX_SECONDS:
            return value
        text = f"must be a number of seconds above 0, at most {MAX_SECONDS:.0f}, not {describe_value(value)}"
        self.add_error(name, _EMPTY if value == "" else text)
        default = self.default(name)
        return default if isinstance(default, float) else MAX_SECONDS

    def flag(self, name: str) -> bool | None:
        """Return a boolean."""
        value = self.raw(name)
        if value is None or isinstance(value, bool):
            return value
        self.add_error(name, _EMPTY if value == "" else f"must be true or false, not {describe_value(value)}")
        default = self.default(name)
        return default if isinstance(default, bool) else None

    def choice(self, name: str) -> str | None:
        """Return one of the choices in the spec."""
        value = self.raw(name)
        choices = self._spec[name]["choices"]
        if value is None or (isinstance(value, str) and value in choices):
            return value
        self.add_error(
            name, _EMPTY if value == "" else f"must be one of {', '.join(choices)}, not {describe_value(value)}"
        )
        default = self.default(name)
        return default if isinstance(default, str) else None

    def setting(self, name: str) -> str:
        """Return one of the choices of an option that has a default."""
        return self.choice(name) or ""

    def choice_code(self, name: str, codes: Mapping[str, int]) -> int | None:
        """Return the code of a choice in JOB's API; C(codes) maps the names of the choices to them."""
        choice = self.choice(name)
        if choice is None:
            return None
        return codes[choice] if choice in codes else int(choice)

    def items(self, name: str) -> list[tuple[str, object]] | None:
        """Return the elements of a list, each with its name for messages."""
        value = self.raw(name)
        if value is None:
            return None
        if value == [""]:
            value = []  # Ansible converts the empty text of a blank survey question to this
        if not isinstance(value, (list, tuple)):
            self.add_error(name, f"must be a list, not {describe_value(value)}")
            return None
        return [(f"{self.path(name)}[{position}]", element) for position, element in enumerate(value)]

    def group(self, name: str) -> OptionReader | None:
        """Return a reader of a dictionary of options one level deeper."""
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self.add_error(name, _EMPTY if value == "" else f"must be a dictionary, not {describe_value(value)}")
            return None
        return OptionReader(self._inner_spec(name), value, self.problems, self.path(name))

    def groups(self, name: str) -> Iterator[OptionReader]:
        """Yield readers of the dictionaries of a list."""
        for path, element in self.items(name) or ():
            if isinstance(element, Mapping):
                yield OptionReader(self._inner_spec(name), element, self.problems, path)
            else:
                # A part of a dictionary that was written as text may contain a secret.
                kind = "text" if isinstance(element, str) else describe_value(element)
                self.problems.add_error(path, f"must be a dictionary, not {kind}")

    def _inner_spec(self, name: str) -> Spec:
        return self._spec.get(name, {}).get("options", {})

    def _value(self, name: str, required: bool) -> object:
        value = self._values.get(name)
        if value is None and required:
            self.add_missing(name)
        return value


def _either(names: Sequence[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
