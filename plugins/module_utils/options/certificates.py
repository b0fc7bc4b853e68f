# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate options: check files before any request is sent.

Private to the collection blueking.job: no stable interface for others.

The library that needs them names no option, and asks the terminal for the passphrase of a key.
"""

from __future__ import annotations

import re
import ssl
from pathlib import Path

from ..common.text import shown
from .reader import Fields

_HASH_NAME = re.compile(r"[0-9a-f]{8}\.[0-9]+\Z")


class _EncryptedError(Exception):
    """The key needs a passphrase."""


def read_certificates(fields: Fields) -> tuple[str | None, str | None, str | None]:
    """The files of C(ca_path), C(client_cert) and C(client_key); faults go to the findings of C(fields)."""
    if fields.given("client_key") and not fields.given("client_cert"):
        fields.fault("client_key", "needs client_cert beside it")
    authorities, certificate, key = (_readable(fields, name) for name in ("ca_path", "client_cert", "client_key"))
    if authorities is not None:
        _check_authorities(fields, authorities)
    if certificate is not None and (key is not None or not fields.given("client_key")):
        _check_client(fields, certificate, key)
    return authorities, certificate, key


def _readable(fields: Fields, name: str) -> str | None:
    path = fields.text(name)
    if path is None:
        return None
    try:
        if Path(path).is_dir():
            if name != "ca_path":
                fields.fault(name, f"{shown(path, 250)} is a folder; a file is needed")
                return None
        else:
            Path(path).read_bytes()
    except (OSError, ValueError) as error:
        fields.fault(name, f"{shown(path, 250)} cannot be read: {getattr(error, 'strerror', None) or error}")
        return None
    return path


def _check_authorities(fields: Fields, path: str) -> None:
    if Path(path).is_dir():
        # So OpenSSL finds them; whatever else is in the folder it does not see.
        if not any(_HASH_NAME.match(file.name) for file in Path(path).iterdir()):
            advice = "make such names with: openssl rehash FOLDER"
            fields.fault("ca_path", f"{shown(path, 250)} holds no certificate under the name of its hash; {advice}")
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:
        fields.fault("ca_path", f"{shown(path, 250)} holds no certificate in PEM format")


def _check_client(fields: Fields, certificate: str, key: str | None) -> None:
    where = "client_cert" if key is None else "client_key"

    def passphrase() -> str:
        raise _EncryptedError

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, passphrase)
    except _EncryptedError:
        fields.fault(where, "is encrypted with a passphrase, and nobody is there to give it; use a key without one")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            fields.fault(where, "is not the key of the certificate in client_cert")
        elif key is None:
            fields.fault("client_cert", "must hold a certificate and, without client_key, its key, in PEM format")
        else:
            fields.fault("client_key", "and client_cert must hold a key and its certificate in PEM format")
