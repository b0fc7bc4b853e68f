# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep compiled code of collections between tests.

Ansible compiles files of collections anew in every process: a ninth of the time of a play with one task. And it packs a
module with all its imports into an archive, from which Python compiles every file anew, twice: a third of the time of a
module. Tests start hundreds of both. Every Python of the virtual environment imports this file at its start. From then
on such a file is compiled once, and its code is kept in the virtual environment.

Benchmarks set COMPILE_MODULES_ALWAYS, because users have no such cache.
"""

from __future__ import annotations

import _imp
import os
import sys
import zipimport

SWITCH = "COMPILE_MODULES_ALWAYS"
NAME = "zip_bytecode_cache"
DIRECTORY = os.path.join(sys.prefix, f".{NAME}")  # noqa: PTH118  # every Python imports this, and pathlib costs 30 ms
COLLECTION_LOADER = "ansible.utils.collection_loader._collection_finder"
compile_source = getattr(zipimport, "_compile_source", None)


def compile_archived(path, source):  # type: ignore[no-untyped-def]
    """Return the code of a file in an archive; C(path) is that of the archive, continued by that of the file."""
    return kept(path.rpartition(".zip")[2], source, lambda: compile_source(path, source))


def compile_collection(source, filename, **options):  # type: ignore[no-untyped-def]
    """Return the code of a file of a collection; Ansible's loader calls this in place of C(compile)."""
    # Files without text, which Ansible has as str, need no cache.
    if isinstance(source, str):
        return compile(source, filename, **options)
    code = kept(filename.rpartition("ansible_collections/")[2], source, lambda: compile(source, filename, **options))
    # The collection may have been in another directory.
    _imp._fix_co_filename(code, filename)
    return code


def kept(name, source, compile_it):  # type: ignore[no-untyped-def]
    """Return code that was kept for this name and source (bytes); if there is none, compile and keep it."""
    import hashlib
    import marshal

    key = hashlib.sha256(name.encode() + b"\0" + source).hexdigest()
    path = f"{DIRECTORY}/{key}"
    try:
        with open(path, "rb") as stream:  # noqa: PTH123
            return marshal.loads(stream.read())
    except (OSError, ValueError, EOFError):
        code = compile_it()
    # Complete, or not there: tests start modules at the same time.
    part = f"{path}.{os.getpid()}"
    os.makedirs(DIRECTORY, exist_ok=True)  # noqa: PTH103
    with open(part, "wb") as stream:  # noqa: PTH123
        stream.write(marshal.dumps(code))
    os.replace(part, path)  # noqa: PTH105
    return code


class CollectionLoaderHook:
    """Replaces C(compile) in Ansible's loader of collections when that is imported."""

    def find_spec(self, name, path=None, _target=None):  # type: ignore[no-untyped-def]
        """Find the loader of collections, and nothing else."""
        if name != COLLECTION_LOADER:
            return None
        from importlib.machinery import PathFinder

        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path)
        execute = spec.loader.exec_module

        def execute_and_replace(module):  # type: ignore[no-untyped-def]
            execute(module)
            module.compile = compile_collection

        spec.loader.exec_module = execute_and_replace
        return spec


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
    zipimport._compile_source = compile_archived
    sys.meta_path.insert(0, CollectionLoaderHook())
