# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Importer of archives that compiles each file once.

In module mode Ansible packs a module and all files that it imports into an archive. Python's importer of archives
compiles a file twice, to find its name and to run it.
"""

from __future__ import annotations

import sys
from zipimport import zipimporter


class ArchiveImporter(zipimporter):
    """Python's importer of archives, which finds the name of a file without compiling it."""

    def get_filename(self, fullname: str) -> str:
        """Return the path of a module or package, which begins with that of the archive."""
        name = fullname.rpartition(".")[2] + ("/__init__" if self.is_package(fullname) else "")
        return f"{self.archive}/{self.prefix}{name}.py"


def use_archive_importer() -> None:
    """Use this importer for all that is imported from archives from now on."""
    sys.path_hooks.insert(0, ArchiveImporter)
    # Python keeps an importer for each directory from which something was imported.
    for path, importer in list(sys.path_importer_cache.items()):
        if isinstance(importer, zipimporter):
            del sys.path_importer_cache[path]
