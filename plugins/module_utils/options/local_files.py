# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Files on the machine where the task runs, whose content is sent."""

from __future__ import annotations

from pathlib import Path

from ..common.text import quoted_path
from .reader import OptionReader

# First bytes of files encrypted by Ansible. Only ansible-playbook can decrypt one; a module has no password.
_VAULT_HEADER = b"$ANSIBLE_VAULT;"


def read_local_file(reader: OptionReader, name: str, path: str, content_option: str = "content") -> bytes | None:
    """Return the content of a file; add an error for the option C(name) and return None if that is not possible."""
    shown = quoted_path(path)
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        # Unreadable files and invalid file names.
        reader.add_error(name, f"{shown} cannot be read: {getattr(error, 'strerror', None) or error}")
        return None
    if data.startswith(_VAULT_HEADER):
        advice = f"use {content_option} with the lookup ansible.builtin.unvault, which decrypts it"
        reader.add_error(name, f"{shown} is encrypted with Ansible Vault; {advice}")
        return None
    return data
