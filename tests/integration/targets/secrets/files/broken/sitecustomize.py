# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Break the library requests unexpectedly: with an exception that contains the whole request."""

import requests


def _broken(_session, method, url, **options):
    body = b"".join(options.get("data") or ())
    raise RuntimeError(f"broke at {method} {url} {options.get('headers')} {body!r} {body.decode()}")


requests.Session.request = _broken
