# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Certificate options: check files before any request is sent.

The library that uses them names no option in its errors, and prompts for the passphrase of a key.
"""

from __future__ import annotations

import re
import ssl
from pathlib import Path

from ..common.text import quoted
from .reader import OptionReader

_HASH_NAME = re.compile(r"[0-9a-f]{8}\.[0-9]+\Z")


class _EncryptedError(Exception):
    """The key requires a passphrase."""


def read_certificates(reader: OptionReader) -> tuple[str | None, str | None, str | None]:
    """Return the files of C(ca_path), C(client_cert) and C(client_key); add problems to C(reader)."""
    if reader.present("client_key") and not reader.present("client_cert"):
        reader.add_error("client_key", "requires client_cert")
    authorities, certificate, key = (_readable(reader, name) for name in ("ca_path", "client_cert", "client_key"))
    if authorities is not None:
        _check_authorities(reader, authorities)
    if certificate is not None and (key is not None or not reader.present("client_key")):
        _check_client(reader, certificate, key)
    return authorities, certificate, key


def _readable(reader: OptionReader, name: str) -> str | None:
    path = reader.text(name)
    if path is None:
        return None
    try:
        if Path(path).is_dir():
            if name != "ca_path":
                reader.add_error(name, f"{quoted(path, 250)} is a directory; a file is required")
                return None
        else:
            Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reader.add_error(name, f"{quoted(path, 250)} cannot be read: {getattr(error, 'strerror', None) or error}")
        return None
    return path


def _check_authorities(reader: OptionReader, path: str) -> None:
    if Path(path).is_dir():
        # OpenSSL finds only files with such names in the directory.
        if not any(_HASH_NAME.match(file.name) for file in Path(path).iterdir()):
            advice = "create such names with: openssl rehash DIRECTORY"
            reader.add_error("ca_path", f"{quoted(path, 250)} contains no certificate named by its hash; {advice}")
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:
        reader.add_error("ca_path", f"{quoted(path, 250)} contains no certificate in PEM format")


def _check_client(reader: OptionReader, certificate: str, key: str | None) -> None:
    where = "client_cert" if key is None else "client_key"

    def passphrase() -> str:
        raise _EncryptedError

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, passphrase)
    except _EncryptedError:
        reader.add_error(where, "is passphrase-protected, which is not supported; use an unencrypted key")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            reader.add_error(where, "is not the key of the certificate in client_cert")
        elif key is None:
            reader.add_error(
                "client_cert", "must contain a certificate and, without client_key, its key, in PEM format"
            )
        else:
            reader.add_error("client_key", "and client_cert must contain a key and its certificate in PEM format")
