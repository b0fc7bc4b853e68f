# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search text for secrets as an attacker would: decode repeatedly whatever can be decoded.

It shares no code with the collection. Use it with planted secrets only: the report shows where they are.

    python -m ansible_collections.blueking.job.tests.support.leaks --secrets SECRETS.json OUTPUT...
"""

from __future__ import annotations

import argparse
import base64
import html
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, unquote_plus

# Minimum length (characters) of a part of a secret that counts as a leak.
WINDOW = 8
# Maximum number of nested encodings that are decoded.
DEPTH = 3

_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "a": "\a", "e": "\x1b"}
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}")
# Ends of lines, and of JSON strings in a line; within a string the quotes are escaped.
_VALUES = re.compile(r"\n|\"[,:] (?=\")")
_WRAPPED = re.compile(r"(?:\s|\\+[nr])+")
# What an encoder may have wrapped.
_WORD = re.compile(r"[\w+/=%&;#.,:~*\\-]{8,}")
# Minimum length (characters) of a decoded text that can contain a part of a secret.
_SHORTEST = 4


def _unescaped(text: str) -> str:
    """Decode JSON's and Python's escapes, of any depth at once."""

    def character(match: re.Match[str]) -> str:
        digits = match[1] or match[2]
        return chr(int(digits, 16)) if digits else _LETTERS.get(match[3], match[3])

    plain = _ESCAPE.sub(character, text)
    # Surrogate pairs, which JSON writes as two escapes.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _bytes(text: str) -> str:
    """Decode characters that are bytes, as Python writes them one by one."""
    return text.encode("latin-1", "ignore").decode("utf-8", "ignore")


def _joined(text: str) -> str:
    """Join lines that an encoder has wrapped."""
    return _WRAPPED.sub("", text)


def _from_base64(text: str) -> str:
    pieces = []
    for run in _BASE64.findall(text):
        plain = run.replace("-", "+").replace("_", "/")
        for begin in range(4):
            part = plain[begin:]
            part = part[: len(part) - len(part) % 4]
            pieces.append(base64.b64decode(part).decode("utf-8", "ignore"))
    return "\n".join(pieces)


DECODERS: tuple[Callable[[str], str], ...] = (
    unquote,
    unquote_plus,
    html.unescape,
    _unescaped,
    _bytes,
    _joined,
    _from_base64,
)


def readings(text: str, depth: int = DEPTH) -> Iterator[str]:
    """Return the text, and all texts that can be decoded from it.

    Each value of a line is decoded on its own, and only if it is new, because output repeats itself. Of joined lines
    only words are decoded again, because wrapped text contains neither quotes nor brackets.
    """
    yield text
    last, seen = [*dict.fromkeys(_VALUES.split(text))], set[str]()
    for _turn in range(depth):
        joined = _joined("\n".join(last))
        yield joined
        last += [word for word in dict.fromkeys(_WORD.findall(joined)) if word not in seen]
        seen.update(last)
        found = dict.fromkeys(reading for each in last for reading in _decoded(each) if reading not in seen)
        yield "\n".join(found)
        last = [*found]


@lru_cache(100_000)
def _decoded(text: str) -> tuple[str, ...]:
    """Return what each decoder makes of a text, without what is too short to be a leak."""
    return tuple(reading for decode in DECODERS if len(reading := decode(text)) >= _SHORTEST)


def pieces_of(secret: str) -> set[str]:
    """Return the parts of a secret that must not appear: all of it, or nearly all."""
    core = secret.strip()
    return {core[at : at + WINDOW] for at in range(max(1, len(core) - WINDOW + 1))}


def leaks(text: str, secrets: Iterable[str]) -> list[str]:
    """Return the leaks found, each with its context; empty if there are none."""
    wanted = {secret: pieces_of(secret) for secret in secrets}
    found: dict[str, str] = {}
    for reading in readings(text):
        for secret, pieces in wanted.items():
            piece = next((piece for piece in pieces if piece in reading), None) if secret not in found else None
            if piece is not None:
                at = reading.index(piece)
                around = reading[max(0, at - 30) : at] + "<HERE>" + reading[at + len(piece) :][:20]
                found[secret] = f"{secret[:4]}...: {around!r}"
    return list(found.values())


def new_lines(file: Path, seen: set[str]) -> str:
    """Read the lines of a file that were not read before; Ansible's log repeats its output."""
    lines = dict.fromkeys(file.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True))
    new = [line for line in lines if line not in seen]
    seen.update(new)
    return "".join(new)


def main(arguments: Sequence[str] | None = None) -> int:
    """Search files; return 1 if there is a leak."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--secrets", type=Path, required=True, help="JSON file: a list, or a dictionary, of secrets")
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args(arguments)
    data = json.loads(options.secrets.read_text(encoding="utf-8"))
    secrets = [str(secret) for secret in (data.values() if isinstance(data, dict) else data)]
    seen: set[str] = set()
    found = [f"{file}: {leak}" for file in options.files for leak in leaks(new_lines(file, seen), secrets)]
    print("\n".join(found) or f"no leak of {len(secrets)} secrets in {len(options.files)} files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
