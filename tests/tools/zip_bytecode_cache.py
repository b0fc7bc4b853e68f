# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep compiled code of modules between tests.

Ansible packs a module with all its imports into an archive, from which Python compiles every file anew, twice: a third
of the time of a module, and tests start hundreds. Every Python of the virtual environment imports this file at its
start. From then on a file in an archive is compiled once, and its code is kept in the virtual environment.

Benchmarks set COMPILE_MODULES_ALWAYS, because users have no such cache.
"""

from __future__ import annotations

import os
import sys
import zipimport

SWITCH = "COMPILE_MODULES_ALWAYS"
NAME = "zip_bytecode_cache"
DIRECTORY = os.path.join(sys.prefix, f".{NAME}")  # noqa: PTH118  # every Python imports this, and pathlib costs 30 ms
compile_source = getattr(zipimport, "_compile_source", None)


def cached_compile(path, source):  # type: ignore[no-untyped-def]
    """Return the code of a file in an archive; C(path) is that of the archive, continued by that of the file."""
    import hashlib
    import marshal

    key = hashlib.sha256(path.rpartition(".zip")[2].encode() + b"\0" + source).hexdigest()
    kept = f"{DIRECTORY}/{key}"
    try:
        with open(kept, "rb") as stream:  # noqa: PTH123
            return marshal.loads(stream.read())
    except (OSError, ValueError, EOFError):
        code = compile_source(path, source)
    # Complete, or not there: tests start modules at the same time.
    part = f"{kept}.{os.getpid()}"
    os.makedirs(DIRECTORY, exist_ok=True)  # noqa: PTH103
    with open(part, "wb") as stream:  # noqa: PTH123
        stream.write(marshal.dumps(code))
    os.replace(part, kept)  # noqa: PTH105
    return code


def install() -> None:
    """Have the virtual environment import this file at every start of Python."""
    import sysconfig
    from pathlib import Path

    packages = Path(sysconfig.get_path("purelib"))
    target = packages / f"{NAME}.py"
    target.unlink(missing_ok=True)
    # Relative, so that the clone can be moved.
    target.symlink_to(os.path.relpath(Path(__file__).resolve(), packages.resolve()))
    (packages / f"{NAME}.pth").write_text(f"import {NAME}\n", encoding="utf-8")


if __name__ == "__main__":
    install()
elif compile_source is not None and SWITCH not in os.environ:
    zipimport._compile_source = cached_compile
