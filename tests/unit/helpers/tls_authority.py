# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A private certificate authority, created on demand, and a tunneling proxy."""

from __future__ import annotations

import datetime
import hashlib
import socket
import ssl
import threading
from pathlib import Path

import trustme
from ansible_collections.blueking.job.tests.unit.helpers.tcp_server import TcpServer
from cryptography import x509
from cryptography.hazmat.primitives import serialization

LONG_AGO = datetime.datetime(2001, 1, 1, tzinfo=datetime.timezone.utc)


class Authority:
    """A CA with its files in a directory: ca.pem, and those of the clients it has certified."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self._directory = directory
        self._ca = trustme.CA()
        self.path = str(directory / "ca.pem")
        self._ca.cert_pem.write_to_path(self.path)

    def serving(
        self,
        *names: str,
        expired: bool = False,
        clients: Authority | None = None,
        version: ssl.TLSVersion | None = None,
    ) -> ssl.SSLContext:
        """Return the TLS context of a server of these names, which requires certificates of C(clients), if any."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        dates = {"not_before": LONG_AGO.replace(year=2000), "not_after": LONG_AGO} if expired else {}
        self._ca.issue_cert(*names, **dates).configure_cert(context)
        if version is not None:
            context.minimum_version = context.maximum_version = version
        if clients is not None:
            context.load_verify_locations(clients.path)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def server(self, name: str) -> tuple[str, str]:
        """Create files of a new server: certificate and key."""
        leaf = self._ca.issue_cert(name)
        certificate, key = self._directory / "server.pem", self._directory / "server.key"
        certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        leaf.private_key_pem.write_to_path(str(key))
        return str(certificate), str(key)

    @property
    def hash_name(self) -> str:
        """Return the file name by which OpenSSL finds the CA in a directory: a hash of its canonical subject."""
        subject = x509.load_pem_x509_certificate(self._ca.cert_pem.bytes()).subject
        canonical = x509.Name(
            [x509.NameAttribute(part.oid, " ".join(str(part.value).lower().split())) for part in subject]
        ).public_bytes()
        header = 2 if canonical[1] < 128 else 2 + canonical[1] - 128
        digest = hashlib.sha1(canonical[header:], usedforsecurity=False).digest()
        return f"{int.from_bytes(digest[:4], 'little'):08x}.0"

    def client(self, passphrase: bytes | None = None) -> tuple[str, str, str]:
        """Create files of a new client: certificate, key, and both in one."""
        leaf = self._ca.issue_cert("client@example.com")
        certificate = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
        key = leaf.private_key_pem.bytes()
        if passphrase is not None:
            key = serialization.load_pem_private_key(key, None).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(passphrase),
            )
        files = []
        for name, content in (("client.pem", certificate), ("client.key", key), ("both.pem", key + certificate)):
            path = self._directory / name
            path.write_bytes(content)
            files.append(str(path))
        return files[0], files[1], files[2]


class Tunnel:
    """A proxy on loopback that tunnels, or sends a given response; keeps the headers of its requests."""

    def __init__(self, response: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n", connects: bool = True) -> None:
        self._response, self._connects = response, connects
        self.asked: list[str] = []
        self._server = TcpServer(self._tunnel)
        self.address = self._server.address

    def _tunnel(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(1)
            if not piece:
                return
            head += piece
        asked = head.decode("latin-1")
        self.asked.append(asked)
        client.sendall(self._response)
        if not self._connects:
            return
        host, _colon, port = asked.split()[1].rpartition(":")
        with socket.create_connection((host, int(port)), timeout=30) as server:
            threading.Thread(target=_pump, args=(client, server), daemon=True).start()
            _pump(server, client)

    def __enter__(self) -> Tunnel:
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return
