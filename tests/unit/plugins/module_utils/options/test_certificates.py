# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate files, and the errors of invalid ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.blueking.job.plugins.module_utils.options.certificates import read_certificates
from ansible_collections.blueking.job.tests.unit.helpers.fakes import plan_fields
from ansible_collections.blueking.job.tests.unit.helpers.tls_authority import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


def errors(**given: object) -> list[str]:
    reader = plan_fields(given)
    read_certificates(reader)
    return reader.problems.errors


def test_files_that_are_right(authority: Authority, tmp_path: Path) -> None:
    certificate, key, both = authority.client()
    given = {"ca_path": authority.path, "client_cert": certificate, "client_key": key}
    assert read_certificates(plan_fields(given)) == (authority.path, certificate, key)
    assert errors(**given) == []
    assert errors(client_cert=both) == []
    assert errors(client_cert=both, client_key=both) == []
    (tmp_path / "ca" / authority.hash_name).touch()
    assert errors(ca_path=str(tmp_path / "ca")) == []
    assert read_certificates(plan_fields({})) == (None, None, None)


@pytest.mark.parametrize("name", ["ca_path", "client_cert", "client_key"])
def test_files_that_cannot_be_read(name: str, authority: Authority, tmp_path: Path) -> None:
    certificate, key, _both = authority.client()
    good = {"client_cert": certificate, "client_key": key}
    for path, why in (
        ("missing.pem", "No such file or directory"),
        ("nul\0byte", "null byte"),
        ("x" * 300, "too long"),
    ):
        (error,) = errors(**{**good, name: str(tmp_path / path)})
        assert error.startswith(f"{name}: ")
        assert "cannot be read: " in error
        assert why in error
        assert path in error or path.startswith(("nul", "xxx"))


def test_what_contains_something_else(authority: Authority, tmp_path: Path) -> None:
    certificate, key, _both = authority.client()
    text = tmp_path / "text.pem"
    text.write_text("no certificate\n")
    folder = str(tmp_path)
    for given, words in (
        ({"ca_path": str(text)}, f"ca_path: '{text}' contains no certificate in PEM format"),
        ({"ca_path": folder}, f"ca_path: '{folder}' contains no certificate named by its hash"),
        ({"client_cert": folder}, f"client_cert: '{folder}' is a directory; a file is required"),
        ({"client_cert": certificate, "client_key": folder}, f"client_key: '{folder}' is a directory"),
        ({"client_cert": certificate}, "client_cert: must contain a certificate and, without client_key, its key"),
        ({"client_cert": str(text)}, "client_cert: must contain a certificate"),
        (
            {"client_cert": certificate, "client_key": str(text)},
            "client_key: and client_cert must contain a key and its",
        ),
        ({"client_cert": str(text), "client_key": key}, "client_key: and client_cert must contain a key and its"),
        ({"client_key": key}, "client_key: requires client_cert"),
        ({"client_key": "/nowhere"}, "client_key: requires client_cert"),
    ):
        (error,) = errors(**given)
        assert error.startswith(words)


def test_a_key_that_does_not_fit_or_is_locked(authority: Authority, tmp_path: Path) -> None:
    certificate, key, both = authority.client()
    stranger = Authority(tmp_path / "stranger")
    (error,) = errors(client_cert=certificate, client_key=stranger.client()[1])
    assert error == "client_key: is not the key of the certificate in client_cert"
    locked_certificate, locked_key, locked_both = stranger.client(passphrase=b"asked-for")
    (error,) = errors(client_cert=locked_certificate, client_key=locked_key)
    assert error.startswith("client_key: is passphrase-protected")
    (error,) = errors(client_cert=locked_both)
    assert error.startswith("client_cert: is passphrase-protected")
    assert "asked-for" not in error


def test_all_problems_are_reported_together() -> None:
    found = errors(ca_path="/no/ca", client_cert="/no/cert", client_key="/no/key")
    assert [error.partition(":")[0] for error in found] == ["ca_path", "client_cert", "client_key"]
