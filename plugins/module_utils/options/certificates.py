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

from ..common.text import quoted_path
from .reader import OptionReader

_HASH_NAME = re.compile(r"[0-9a-f]{8}\.[0-9]+\Z")


class _EncryptedError(Exception):
    """The key requires a passphrase."""


def read_certificates(reader: OptionReader) -> tuple[str | None, str | None, str | None]:
    """Return the files of C(ca_path), C(client_cert) and C(client_key); add problems to C(reader)."""
    authorities = _readable(reader, "ca_path")
    if authorities is not None:
        _check_authorities(reader, authorities)
    return authorities, *read_key_pair(reader, "client_cert", "client_key")


def read_key_pair(reader: OptionReader, cert_name: str, key_name: str) -> tuple[str | None, str | None]:
    """Return the files of a certificate and its key, given by two options; add problems to C(reader)."""
    if reader.present(key_name) and not reader.present(cert_name):
        reader.add_error(key_name, f"requires {cert_name}")
    certificate, key = _readable(reader, cert_name), _readable(reader, key_name)
    if certificate is not None and (key is not None or not reader.present(key_name)):
        _check_pair(reader, (cert_name, certificate), (key_name, key))
    return certificate, key


def _readable(reader: OptionReader, name: str) -> str | None:
    path = reader.text(name)
    if path is None:
        return None
    try:
        if Path(path).is_dir():
            if name != "ca_path":
                reader.add_error(name, f"{quoted_path(path)} is a directory; a file is required")
                return None
        else:
            Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reader.add_error(name, f"{quoted_path(path)} cannot be read: {getattr(error, 'strerror', None) or error}")
        return None
    return path


def _check_authorities(reader: OptionReader, path: str) -> None:
    if Path(path).is_dir():
        # OpenSSL finds only files with such names in the directory.
        if not any(_HASH_NAME.match(file.name) for file in Path(path).iterdir()):
            advice = "create such names with: openssl rehash DIRECTORY"
            reader.add_error("ca_path", f"{quoted_path(path)} contains no certificate named by its hash; {advice}")
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:
        reader.add_error("ca_path", f"{quoted_path(path)} contains no certificate in PEM format")


def _check_pair(reader: OptionReader, cert_option: tuple[str, str], key_option: tuple[str, str | None]) -> None:
    (cert_name, certificate), (key_name, key) = cert_option, key_option
    where = cert_name if key is None else key_name

    def passphrase() -> str:
        raise _EncryptedError

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, passphrase)
    except _EncryptedError:
        reader.add_error(where, "is passphrase-protected, which is not supported; use an unencrypted key")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            reader.add_error(where, f"is not the key of the certificate in {cert_name}")
        elif key is None:
            text = f"must contain a certificate and, without {key_name}, its key, in PEM format"
            reader.add_error(cert_name, text)
        else:
            reader.add_error(key_name, f"and {cert_name} must contain a key and its certificate in PEM format")
