# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(docs/when_things_go_wrong.md) agrees with the code: error codes, HTTP statuses, errors without a response, error
kinds, outcomes of launches, and all times."""

from __future__ import annotations

import http.client
import re
import ssl
from collections import Counter

import pytest
import requests
import urllib3
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest
from ansible_collections.blueking.job.plugins.module_utils.api.error_codes import meaning_of_code
from ansible_collections.blueking.job.plugins.module_utils.api.error_meaning import ErrorMeaning
from ansible_collections.blueking.job.plugins.module_utils.api.http_statuses import meaning_of_http_status
from ansible_collections.blueking.job.plugins.module_utils.api.reachability import (
    _SEARCH_SECONDS,
    GIVE_UP_SECONDS,
    PROBE_AFTER_SECONDS,
    PROBE_SECONDS,
)
from ansible_collections.blueking.job.plugins.module_utils.api.session import PROTOCOL_RETRY_SECONDS
from ansible_collections.blueking.job.plugins.module_utils.api.transport_errors import transport_error
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs import (
    existing_run,
    lasting_rejection,
    launch_recovery,
    log_collector,
    monitor,
    poller,
    progress,
    stopper,
)
from ansible_collections.blueking.job.plugins.module_utils.models import launch_record
from ansible_collections.blueking.job.plugins.module_utils.options import unique_key
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import JOB_PLAN
from ansible_collections.blueking.job.tests.unit.helpers.fakes import CONNECTION, ROOT

PAGE = (ROOT / "docs" / "when_things_go_wrong.md").read_text(encoding="utf-8")
MEANINGS = {
    "not delivered": (Delivery.NOT_SENT, True),
    "rejected for now": (Delivery.REJECTED, True),
    "rejected": (Delivery.REJECTED, False),
    "**unknown**": (Delivery.UNKNOWN, False),
}
# Kinds of rejections after which a launch is repeated.
FOR_NOW = {"quota", "rate_limited"}
EXCLUDED = re.compile(r"(?:other than|but not|its HTTP status is) ([\dx]+(?:(?:, | and | or )[\dx]+)*)")
NAMED = re.compile(r"\b(\d[\dx]{2}|\d[\dx]{6})(?: to (\d{7}))?\b")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    table = re.search(r"(?:^\|.*\n)+", PAGE.partition(f"\n{heading}\n")[2], re.MULTILINE)
    assert table, heading
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table[0].splitlines()[2:]]


def numbers(text: str) -> set[int]:
    """Return the statuses and codes that a text names: 429, 1306206 to 1306208, 4xx other than 408."""
    excluded = {number for match in EXCLUDED.finditer(text) for number in numbers(match[1])}
    found: set[int] = set()
    for first, last in NAMED.findall(EXCLUDED.sub("", text)):
        found.update(range(int(first.replace("x", "0")), int(last or first.replace("x", "9")) + 1))
    return found - excluded


LAUNCHES = rows("## What the module does after a launch request")


def problem(row: list[str], number: int, meaning: ErrorMeaning) -> str | None:
    expected = MEANINGS[row[1]]
    found = meaning.delivery, meaning.delivery is Delivery.NOT_SENT or meaning.kind in FOR_NOW
    if found == expected:
        return None
    return f"{number} is {meaning.delivery.value} ({meaning.kind}), but when_things_go_wrong.md says {row[1]}: {row[0]}"


@pytest.mark.parametrize("row", LAUNCHES, ids=lambda row: row[0][:40])
def test_codes_mean_the_same_as_on_the_page(row: list[str]) -> None:
    # Only the message of a gateway shows that it could not connect.
    message = "connection refused" if row[1] == "not delivered" else ""
    codes = [number for number in numbers(row[0]) if number > 999]
    problems = [problem(row, code, meaning_of_code(code, message)) for code in codes]
    assert [each for each in problems if each] == []


def test_an_unknown_code_means_the_same_as_on_the_page() -> None:
    (row,) = (row for row in LAUNCHES if "any other code" in row[0])
    conclusive = numbers(row[0].partition("its HTTP status is")[2])
    found = {status for status in range(200, 600) if meaning_of_code(1211999, "", status).delivery is Delivery.REJECTED}
    assert found == conclusive


def test_statuses_mean_the_same_as_on_the_page() -> None:
    # 407 has a row of its own, which begins with the proxy.
    named = [
        (row, status) for row in LAUNCHES if "HTTP" in row[0] for status in numbers(row[0]) if 400 <= status <= 599
    ]
    problems = [problem(row, status, meaning_of_http_status(status)) for row, status in named if "page" not in row[0]]
    assert [each for each in problems if each] == []
    counted = Counter(status for row, status in named if "page" not in row[0])
    assert counted == Counter(set(range(400, 600)) - {407}), "name each status in one row of when_things_go_wrong.md"


def test_the_page_names_codes_that_no_other_test_would_miss() -> None:
    codes = {number for row in LAUNCHES for number in numbers(row[0]) if number > 999}
    assert {1211001, 1211003, 1244025, 1244032, 1306201, 1306206, 1306405, 1640000, 1650801} <= codes


def test_every_kind_of_error_has_a_row() -> None:
    """Kinds are written in the first column of the last table, several in one row."""
    found = set(re.findall(r"`(\w+)`", " ".join(row[0] for row in rows_of_kinds())))
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "plugins" / "module_utils").rglob("*.py"))
    used = set(re.findall(r"""(?:\bkind=|ErrorMeaning\()"(\w+)\"""", code))
    assert used - found == set(), "add the kind to the last table of docs/when_things_go_wrong.md"
    # Kinds of failures that are chosen by a condition.
    assert found - used <= {"wait_timeout", "waiting_confirmation", "interrupted", "job_failed", "terminated"}


def rows_of_kinds() -> list[list[str]]:
    table = PAGE.partition("\n| `kind` | Means |\n|---|---|\n")[2].partition("\n\n")[0]
    return [row.strip("|").split("|") for row in table.splitlines()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HTTP 429, 1306429", {429, 1306429}),
        ("1306401 to 1306403", {1306401, 1306402, 1306403}),
        ("164xxxx other than 16429xx and 16499xx", set(range(1640000, 1649900)) - set(range(1642900, 1643000))),
        ("4xx (400, 405, but not 407, 429 and 499), 501", (set(range(400, 500)) | {501}) - {407, 429, 499}),
        ("30 seconds, 3.12", set()),
    ],
)
def test_numbers_of_a_text(text: str, expected: set[int]) -> None:
    assert numbers(text) == expected


def alert(reason: str) -> requests.exceptions.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] (_ssl.c:1)")
    error.reason = reason
    return requests.exceptions.SSLError(error)


def lost(cause: Exception) -> requests.exceptions.ConnectionError:
    return requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("Connection aborted.", cause))


def error_without_response(error: Exception, row: list[str]) -> JobError:
    return transport_error(HttpRequest("POST", "/call/", body={}), row[1] == "not delivered", CONNECTION, error)


def row_of(text: str) -> list[str]:
    (row,) = (row for row in LAUNCHES if text in row[0])
    return row


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("host name unknown", requests.exceptions.ConnectionError(OSError("Name or service not known"))),
        ("connection refused", requests.exceptions.ConnectionError(ConnectionRefusedError("Connection refused"))),
        ("no connection in time", requests.exceptions.ConnectTimeout("timed out")),
        ("connection lost before all of the request was sent", lost(ConnectionResetError("Connection reset by peer"))),
        ("certificate not trusted", alert("CERTIFICATE_VERIFY_FAILED")),
        ("client certificate missing or not accepted", alert("TLSV13_ALERT_CERTIFICATE_REQUIRED")),
        ("client certificate missing or not accepted", alert("TLSV1_ALERT_UNKNOWN_CA")),
        ("a port without TLS", alert("WRONG_VERSION_NUMBER")),
        ("a file of the TLS options missing", FileNotFoundError("ca.pem")),
        ("in another protocol: TLS", lost(http.client.BadStatusLine("\x15\x03\x03"))),
        ("SSH", lost(http.client.BadStatusLine("SSH-2.0-x"))),
        ("Redis", lost(http.client.BadStatusLine("-ERR no"))),
        ("FTP or SMTP", lost(http.client.BadStatusLine("220 ready"))),
        ("MySQL", lost(http.client.BadStatusLine("J\0\0\0\n"))),
        ("AMQP", lost(http.client.BadStatusLine("AMQP\0"))),
        ("HTTP/2", lost(http.client.BadStatusLine("\0\0\x12\x04\0"))),
        ("VNC", lost(http.client.BadStatusLine("RFB 003.008"))),
        ("POP3, IMAP", lost(http.client.BadStatusLine("+OK ready"))),
        ("no response in time", requests.exceptions.ReadTimeout("timed out")),
        ("connection lost after the request was sent", lost(ConnectionResetError("Connection reset by peer"))),
        ("a response that is incomplete", requests.exceptions.ChunkedEncodingError(urllib3.exceptions.ProtocolError())),
    ],
)
def test_errors_without_a_response_mean_the_same_as_on_the_page(text: str, error: Exception) -> None:
    row = row_of(text)
    found = error_without_response(error, row)
    assert found.delivery is MEANINGS[row[1]][0]
    assert found.transient is ("fails at once" not in row[2])


def test_statuses_of_a_proxy_mean_the_same_as_on_the_page() -> None:
    final = numbers(row_of("the proxy asks for a password")[0])
    retried = row_of("the proxy cannot make a tunnel")
    assert final | numbers(retried[0]) == set(range(300, 600)) - {408, 429}
    for status in range(300, 600):
        tunnel = requests.exceptions.ProxyError(OSError(f"Tunnel connection failed: {status} no"))
        assert error_without_response(tunnel, retried).transient is (status not in final), status


# Every time on the page, with the code that it comes from; {} is the number.
TIMES = [
    ("has never responded otherwise | fails after {} seconds |", GIVE_UP_SECONDS),
    ("gives up after {} seconds if the address has never responded", GIVE_UP_SECONDS),
    ("responses that are not from JOB, for {} seconds |", PROTOCOL_RETRY_SECONDS),
    ("the search ends after {}\nseconds:", PROTOCOL_RETRY_SECONDS),
    ("does not respond to the launch within {} seconds,", PROBE_AFTER_SECONDS),
    ("also gets no response within {} seconds,", PROBE_SECONDS),
    ("searches the\nhistory for {} seconds", _SEARCH_SECONDS),
    ("gives up after {} seconds in all", GIVE_UP_SECONDS),
    ("several times within {} seconds.", sum(launch_recovery.PAUSES_SECONDS)),
    ("`unique_window` ({} hours)", int(str(JOB_PLAN["unique_window"]["default"]).removesuffix("h"))),
    ("waits up to {} seconds for its end", existing_run._STOP_SECONDS),
    ("waits for\n  them for {} seconds,", existing_run._VALUES_SECONDS),
    ("The maximum is {} days.", unique_key._MAX_WINDOW_DAYS),
    ("is kept up to {} seconds |", poller._MAX_RETRY_AFTER_SECONDS),
    ("lasts for {} seconds;", lasting_rejection._MAX_REJECTED_SECONDS),
    ("never seen the instance | fails after {} seconds |", poller._MAX_PROTOCOL_SECONDS),
    ("within about {} seconds |", stopper.STOP_SECONDS_AFTER_SIGNAL),
    ("or not within {} seconds |", progress._HOSTS_TIMEOUT_SECONDS),
    ("a log call takes longer than {} seconds,", log_collector._CALL_SECONDS),
    ("or no log came for {} seconds |", log_collector._SILENCE_SECONDS),
    ("polls for up to {} seconds (", monitor.STOP_TIMEOUT_SECONDS),
    ("{} after a signal)", stopper.STOP_SECONDS_AFTER_SIGNAL),
]


def test_times_are_those_of_the_code() -> None:
    rest = PAGE.partition("\n## What an error contains\n")[0]
    for text, number in TIMES:
        shown = text.format(f"{number:g}")
        assert shown in rest, f"write {shown!r} in docs/when_things_go_wrong.md, or change TIMES of this test"
        rest = rest.replace(shown, "")
    assert re.findall(r".*\d (?:seconds|minutes|hours|days).*", rest) == [], "add each time to TIMES of this test"


def test_outcomes_that_changed_something_are_those_of_the_code() -> None:
    text = re.search(r"`changed` is true if .*?: (.*?)\.", PAGE, re.DOTALL)
    assert text
    assert set(re.findall(r"`(\w+)`", text[1])) == launch_record._CHANGED_OUTCOMES - {"check_mode"}


def test_outcomes_are_those_of_the_table() -> None:
    first = {cell for row in rows("## Was a job started?") for cell in re.findall(r"`(\w+)`", row[0])}
    keyed = {cell for row in rows("## Repeated tasks") for cell in re.findall(r"`(\w+)`", row[2])}
    code = (ROOT / "plugins" / "module_utils" / "jobs" / "launcher.py").read_text(encoding="utf-8")
    used = {word for line in re.findall(r"\.outcome.* = (.*)", code) for word in re.findall(r'"(\w+)"', line)}
    assert {"started", "existing", "unknown"} <= used <= first
    assert keyed <= first


def test_kinds_on_the_page_are_those_of_its_table() -> None:
    kinds = set(re.findall(r"`(\w+)`", " ".join(row[0] for row in rows_of_kinds())))
    named = set(re.findall(r"`error\.kind: (\w+)`|fails with `(\w+)`", PAGE))
    assert {word for pair in named for word in pair if word} - kinds - {"unknown"} == set()
