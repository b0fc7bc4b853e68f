# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Breaks the library requests in a way that nobody expects: with an exception that holds the whole request."""

import requests


def _broken(_session, method, url, **options):
    body = b"".join(options.get("data") or ())
    raise RuntimeError(f"broke at {method} {url} {options.get('headers')} {body!r} {body.decode()}")


requests.Session.request = _broken
