# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection and scope."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.options.connection import (
    read_callback_url,
    read_connection,
    read_scope,
)
from ansible_collections.blueking.job.tests.unit.helpers.fakes import plan_fields

GOOD = {"api_url": "https://paas.example.com", "bk_app_code": "a", "bk_app_secret": "s", "bk_token": "t"}


def connection_errors(**changes: object) -> list[str]:
    reader = plan_fields({key: value for key, value in {**GOOD, **changes}.items() if value is not None})
    read_connection(reader)
    return reader.problems.errors


def scope_of(**given: object) -> tuple[Scope, list[str]]:
    reader = plan_fields(given)
    return read_scope(reader), reader.problems.errors


def test_defaults() -> None:
    connection = read_connection(plan_fields(GOOD))
    assert (connection.gateway, connection.api_version, connection.language) == ("esb", "v3", "en")
    assert (connection.connect_timeout, connection.read_timeout) == (10.0, 75.0)
    assert connection.validate_certs is True


def test_all_missing_options_are_reported_at_once() -> None:
    reader = plan_fields({})
    read_connection(reader)
    assert sorted(error.split(":")[0] for error in reader.problems.errors) == [
        "api_url",
        "bk_app_code",
        "bk_app_secret",
        "bk_token",
    ]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("paas.example.com", "must be a URL"),
        ("ftp://paas.example.com", "must be a URL"),
        ("https://", "must be a URL"),
        ("https://paas.example.com:port", "is not a URL"),
        ("https://me:pw@paas.example.com", "user or password"),
        ("https://paas.example.com/?a=1", "query"),
        ("https://paas.example.com/#top", "fragment"),
        ("https://[::1", "is not a URL"),
        ("http://::1:8000", "is not a URL; check its host and port, and write an IPv6 address in brackets"),
        ("http://fe80::1", "in brackets"),
        ("http://127.0.0.1:99999", "host and port"),
        ("http://127.0.0.1:0", "must be a URL"),
        ("//paas.example.com", "must be a URL"),
        ("https:/paas.example.com", "must be a URL"),
        ("localhost:8000", "must be a URL"),
        ("file:///etc/hosts", "must be a URL"),
        ("'https://paas.example.com'", "must be a URL"),
        ("https://<paas>.example.com", "must be a URL"),
        ("https://{{host}}", "must be a URL"),
        ("https://paas.example.com,https://b.example.com", "must be a URL"),
        ("https://paas.example.com/#/biz/2/execute", "fragment"),
        ("https://paas.example.com/api/c/compapi", "must end before '/api/c/compapi'"),
        ("https://paas.example.com/api/c/compapi/v2/jobv3/fast_execute_script/", "must end before '/api/c/compapi'"),
    ],
)
def test_bad_api_url(url: str, words: str) -> None:
    errors = connection_errors(api_url=url)
    assert len(errors) == 1
    assert errors[0].startswith("api_url: ")
    assert words in errors[0]
    assert "pw" not in errors[0]


@pytest.mark.parametrize("path", ["/api/v3", "/api/v3/", "/api/v3/fast_execute_script"])
def test_the_path_of_a_call_behind_the_api_gateway(path: str) -> None:
    base = "https://bkapi.example.com/api/bk-job/prod"
    assert connection_errors(gateway="apigw", api_url=base) == []
    (error,) = connection_errors(gateway="apigw", api_url=base + path)
    assert error == "api_url: must end before '/api/v3', because the path of each call is added to it"


@pytest.mark.parametrize(
    "url", ["HTTPS://paas.example.com", "https://[fe80::1%25eth0]", "https://租户.example", "http://a_b"]
)
def test_unusual_urls(url: str) -> None:
    assert connection_errors(api_url=url) == []


@pytest.mark.parametrize(
    "url", ["https://a.example/\n", "https://a b.example", f"https://{'a' * 64}.example", "https://a..b"]
)
def test_names_that_no_name_system_takes(url: str) -> None:
    assert [error.split(":")[0] for error in connection_errors(api_url=url + "/x")] == ["api_url"]


def test_the_web_url_is_a_base_address() -> None:
    assert connection_errors(web_url="https://job.example/") == []
    for url in ("https://u:p@job.example", "https://job.example/?a=1", "https://job.example/#f"):
        assert len(connection_errors(web_url=url)) == 1


@pytest.mark.parametrize("tenant", ["a b", "租户", "a\nb"])
def test_a_tenant_must_fit_into_a_header(tenant: str) -> None:
    assert [error.split(":")[0] for error in connection_errors(bk_tenant_id=tenant)] == ["bk_tenant_id"]
    assert connection_errors(bk_tenant_id="tenant-1") == []


def test_slashes_at_the_end_of_the_url_do_not_matter() -> None:
    assert read_connection(plan_fields({**GOOD, "api_url": "https://a.example/b//"})).api_url == "https://a.example/b"


@pytest.mark.parametrize(
    ("url", "warns"),
    [
        ("http://paas.example.com", True),
        ("https://paas.example.com", False),
        ("http://127.0.0.1:8000", False),
        ("http://localhost", False),
        ("http://[::1]:80", False),
    ],
)
def test_plain_http_warns_unless_loopback(url: str, warns: bool) -> None:
    reader = plan_fields({**GOOD, "api_url": url})
    read_connection(reader)
    assert bool(reader.problems.warnings) is warns
    assert reader.problems.errors == []


def test_v2_exists_only_behind_the_esb() -> None:
    assert [error.split(":")[0] for error in connection_errors(gateway="apigw", api_version="v2")] == ["api_version"]


def test_an_access_token_replaces_the_application_only_at_the_api_gateway() -> None:
    alone = {"bk_app_code": None, "bk_app_secret": None, "bk_token": None, "access_token": "t"}
    assert connection_errors(gateway="apigw", **alone) == []
    assert {error.split(":")[0] for error in connection_errors(**alone)} == {"bk_app_code", "bk_app_secret"}


def test_token_and_ticket_exclude_each_other_at_the_api_gateway() -> None:
    assert connection_errors(bk_ticket="t") == []
    assert len(connection_errors(gateway="apigw", bk_ticket="t")) == 1


@pytest.mark.parametrize(("gateway", "warns"), [("esb", True), ("apigw", False)])
def test_a_ticket_warns_at_the_esb(gateway: str, warns: bool) -> None:
    reader = plan_fields({**GOOD, "gateway": gateway, "bk_token": None, "bk_ticket": "t"})
    read_connection(reader)
    assert reader.problems.errors == []
    assert [text.partition(" ")[0] for text in reader.problems.warnings] == (["bk_ticket"] if warns else [])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("api_url", "is required (or the environment variable BK_JOB_API_URL where the task runs)"),
        ("bk_app_code", "is required (or the environment variable BK_APP_CODE where the task runs)"),
        ("bk_app_secret", "is required (or the environment variable BK_APP_SECRET where the task runs)"),
        (
            "bk_token",
            "is required (or bk_ticket, bk_access_token or bk_username, or the environment variable "
            "BK_TOKEN, BK_TICKET, BK_ACCESS_TOKEN or BK_USERNAME where the task runs): it identifies the user",
        ),
    ],
)
def test_missing_options_name_their_environment_variables(name: str, message: str) -> None:
    assert connection_errors(**{name: None}) == [f"{name}: {message}"]


@pytest.mark.parametrize("proxy", ["10.0.0.1:3128", "proxy", "http//proxy", "socks4://proxy"])
def test_the_example_of_a_proxy_begins_with_http(proxy: str) -> None:
    (error,) = connection_errors(proxy=proxy)
    assert error.startswith("proxy: must be a URL like http://host:3128, with one of the schemes http, https, socks5")


def test_proxy_password_stays_out_of_messages() -> None:
    errors = connection_errors(proxy="gopher://me:hidden-word@proxy")
    assert len(errors) == 1
    assert "hidden-word" not in errors[0]


@pytest.mark.parametrize(
    ("given", "scope"),
    [
        ({"bk_scope_type": "biz", "bk_scope_id": "2"}, Scope("biz", "2")),
        ({"bk_scope_id": "2"}, Scope("biz", "2")),
        ({"bk_scope_id": 2}, Scope("biz", "2")),
        ({"bk_biz_id": 2}, Scope("biz", "2")),
        ({"bk_biz_id": "2"}, Scope("biz", "2")),
        ({"bk_biz_id": 7999999}, Scope("biz", "7999999")),
        ({"bk_biz_id": 8000000}, Scope("biz_set", "8000000")),
        ({"bk_biz_id": 9999999}, Scope("biz_set", "9999999")),
        ({"bk_biz_id": 10000000}, Scope("biz", "10000000")),
        ({"bk_scope_type": "biz_set", "bk_scope_id": "8000001", "bk_biz_id": 8000001}, Scope("biz_set", "8000001")),
        ({"bk_scope_type": "tenant_set", "bk_scope_id": "1"}, Scope("tenant_set", "1")),
        ({"bk_scope_id": "2", "bk_biz_id": 2}, Scope("biz", "2")),
    ],
)
def test_scope(given: dict[str, object], scope: Scope) -> None:
    assert scope_of(**given) == (scope, [])


@pytest.mark.parametrize(
    ("given", "option", "words"),
    [
        ({}, "bk_scope_id", "is required (or bk_biz_id, or the environment variable BK_SCOPE_ID or BK_BIZ_ID where"),
        ({"bk_scope_type": "biz"}, "bk_scope_id", "is required together with bk_scope_type"),
        ({"bk_scope_id": "demo"}, "bk_scope_id", "must be the id"),
        ({"bk_scope_id": "0"}, "bk_scope_id", "1 or more"),
        ({"bk_scope_id": "٣"}, "bk_scope_id", "must be the id"),
        ({"bk_scope_id": "2", "bk_biz_id": 3}, "bk_biz_id", "biz 3"),
        ({"bk_scope_type": "biz_set", "bk_scope_id": "2", "bk_biz_id": 2}, "bk_biz_id", "biz_set 2"),
        ({"bk_biz_id": 0}, "bk_biz_id", "1 or more"),
    ],
)
def test_scope_that_is_missing_or_contradictory(given: dict[str, object], option: str, words: str) -> None:
    _scope, errors = scope_of(**given)
    assert len(errors) == 1, errors
    assert errors[0].startswith(f"{option}: ")
    assert words in errors[0]


@pytest.mark.parametrize("url", ["http://", "example.com", "ftp://a.example", "https://u:p@a.example/", "https://a b/"])
def test_callback_urls_that_job_would_refuse(url: str) -> None:
    reader = plan_fields({"callback_url": url})
    read_callback_url(reader)
    assert len(reader.problems.errors) == 1


def test_callback_url_by_either_name() -> None:
    for name in ("callback_url", "bk_callback_url"):
        reader = plan_fields({name: "https://a.example/b?c=d"})
        assert read_callback_url(reader) == "https://a.example/b?c=d"
        assert reader.problems.errors == []
