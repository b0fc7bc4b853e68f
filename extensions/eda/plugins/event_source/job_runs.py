# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Event source for ansible-rulebook: runs of BlueKing JOB, as they end or reach another status.

ansible-rulebook runs this file by its path, without the loader of Ansible, so the file makes the collection importable.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

DOCUMENTATION = r"""
---
module: job_runs
short_description: Events about runs of BlueKing JOB
version_added: 1.0.0
author:
  - BlueKing JOB collection contributors (@blueking)
description:
  - Polls the execution history of a scope, and sends an event when a run ends, or reaches another status that O(status)
    lists.
  - With O(state_file) it continues after a restart where it stopped. With O(feedback) and persistence in
    ansible-rulebook no event is lost, even if a process is killed. An action that was cut short runs again.
  - An event has C(bk_job), with the keys of an entry of C(instances) of M(blueking.job.bk_job_instance_info), and
    C(bk_scope_type), C(bk_scope_id), C(previous_status), C(times_ended) and C(seen_time). C(times_ended) is 1 at the
    first end of a run.
  - ansible-rulebook prints arguments at C(-vv). Give secrets in the environment.
requirements:
  - requests >= 2.28
  - aiohttp, for O(callback)
options:
  status:
    description:
      - Statuses that cause an event when a run reaches them, as a list or as text with commas. By default all final
        ones.
      - The others are V(pending), V(running), V(waiting_confirmation), V(terminating) and V(rolling_waiting).
        A status that begins and ends between two polls causes no event.
    type: list
    elements: str
    choices:
      - pending
      - running
      - success
      - failed
      - skipped
      - ignored_error
      - waiting_confirmation
      - terminated_manually
      - abnormal
      - terminating
      - terminated
      - confirmation_refused
      - abandoned
      - rolling_waiting
  name:
    description:
      - Name of the runs. By default runs of any name.
    type: str
  name_match:
    description:
      - Whether O(name) is the whole name or a part of it. V(exact) is the default. Requires O(name).
    type: str
    choices: [exact, contains]
  operator:
    description:
      - User who launched the runs.
    type: str
  type:
    description:
      - Type of the runs.
    type: str
    choices: [plan, script, file]
  launch_mode:
    description:
      - How the runs were launched, V(web) on JOB's web pages, V(api) by a program, V(cron) by a timer.
    type: str
    choices: [web, api, cron]
  interval:
    description:
      - Pause between two polls of the history, in seconds, 1 or more and at most 2592000. Each pause is shortened at
        random by up to a quarter.
      - While JOB cannot be read, the pause doubles up to 60 seconds.
    type: float
    default: 15.0
  overlap:
    description:
      - Each poll reads the runs that were created since the last one, and in this time before it, in seconds, above 0
        and at most 2592000. Older runs that have not ended are read one by one.
    type: float
    default: 600.0
  window:
    description:
      - Runs that were created longer ago than this, in seconds, above 0 and at most 2592000, are not watched.
    type: float
    default: 86400.0
  sweep_interval:
    description:
      - The source reads the whole O(window) once in this time, in seconds, above 0 and at most 2592000, to find runs
        that were retried after their end.
    type: float
    default: 900.0
  start:
    description:
      - Without a checkpoint, ends before this time cause no events. V(now), an age such as V(2h), or a time such as
        V(2026-01-31T10:00:00+08:00). A time without a time zone counts as UTC.
      - An age must not be longer than O(window).
    type: str
    default: now
  state_file:
    description:
      - Absolute path of the file for the checkpoint. Its directory must exist, and must not be the working directory of
        ansible-rulebook or a part of it.
      - The file belongs to one server, scope and set of filters. The source does not start with the file of another one.
      - Without it, runs that end while the source does not run are lost.
    type: path
  feedback:
    description:
      - Whether the checkpoint waits until ansible-rulebook has acknowledged an event. Requires O(state_file), and
        persistence in ansible-rulebook.
    type: bool
    default: false
  feedback_timeout:
    description:
      - Time for an acknowledgment, in seconds, above 0 and at most 2592000. Then the event is sent again, three times
        in all.
    type: float
    default: 120.0
  callback:
    description:
      - Receive JOB's callbacks, and poll at once when one arrives. The content of a callback is ignored. An empty
        dictionary means no receiver.
      - JOB calls the address in O(blueking.job.bk_job_plan#module:callback_url) of a launch, which is
        C(http://HOST:PORT/SECRET), or https with O(callback.certfile).
      - Requires the Python library aiohttp.
    type: dict
    suboptions:
      host:
        description: Address to listen on.
        type: str
        default: 127.0.0.1
      port:
        description: Required. Port to listen on. With V(0) the system chooses a free one.
        type: int
      secret:
        description:
          - Required. Path of the callback address, of at least 16 characters.
          - If not given, the environment variable E(BK_JOB_CALLBACK_SECRET) is used.
        type: str
      certfile:
        description: File with a TLS certificate in PEM format; may contain the private key as well. Without it the receiver
          speaks plain HTTP.
        type: path
      keyfile:
        description: File with the private key of O(callback.certfile), which it requires. A key with a passphrase is not
          supported.
        type: path
  bk_scope_type:
    description:
      - Kind of the scope of the runs. V(biz) is a business, V(biz_set) a business set, V(tenant_set) a set of
        all businesses of a tenant.
      - O(bk_scope_id) without it means V(biz).
      - If not given, the environment variable E(BK_SCOPE_TYPE) is used.
    type: str
    choices: [biz, biz_set, tenant_set]
  bk_scope_id:
    description:
      - Required, unless O(bk_biz_id) is given. Id of the business or set.
      - If both are given, they must name the same scope.
      - If not given, the environment variable E(BK_SCOPE_ID) is used.
    type: str
  bk_biz_id:
    description:
      - Id of the business, in the older vocabulary; 1 or more.
      - An id from 8000000 to 9999999 means the business set with that id.
      - If not given, the environment variable E(BK_BIZ_ID) is used.
    type: int
  api_url:
    description:
      - Required. Base address of the gateway through which JOB is called, without the path of a call.
      - For O(gateway=esb) the address of the BlueKing PaaS, such as V(https://paas.example.com).
      - For O(gateway=apigw) the address of JOB's stage at the API gateway, such as
        V(https://bkapi.example.com/api/bk-job/prod).
      - Must be http or https, without user, password, query and fragment. Plain http to anything but this machine gives
        a warning, as secrets then travel unencrypted.
      - If not given, the environment variable E(BK_JOB_API_URL) is used.
    type: str
  gateway:
    description:
      - Gateway at O(api_url).
      - V(esb) is the legacy component gateway. Every call is a POST whose JSON body carries the credentials.
      - V(apigw) is the API gateway. Credentials go into the header C(X-Bkapi-Authorization).
      - If not given, the environment variable E(BK_JOB_GATEWAY) is used.
    type: str
    choices: [esb, apigw]
    default: esb
  api_version:
    description:
      - Generation of JOB's API to use. The source needs V(v3), which has an execution history.
      - If not given, the environment variable E(BK_JOB_API_VERSION) is used.
    type: str
    choices: [v2, v3]
    default: v3
  bk_app_code:
    description:
      - Required, except with O(gateway=apigw) and O(bk_access_token). Id of the BlueKing application that calls.
      - If not given, the environment variable E(BK_APP_CODE) is used.
    type: str
  bk_app_secret:
    description:
      - Required, except with O(gateway=apigw) and O(bk_access_token). Secret of the BlueKing application that calls.
      - If not given, the environment variable E(BK_APP_SECRET) is used.
    type: str
  bk_token:
    description:
      - Required, unless O(bk_ticket), O(bk_access_token) or O(bk_username) is given. Login token of the user for whom the
        application calls.
      - It expires. For unattended runs prefer O(bk_access_token), or O(bk_username) if the application is exempt from
        user authentication.
      - If not given, the environment variable E(BK_TOKEN) is used.
    type: str
  bk_ticket:
    description:
      - Login ticket of the user, on platforms that use tickets in place of tokens.
      - With O(gateway=apigw) it is mutually exclusive with O(bk_token).
      - If not given, the environment variable E(BK_TICKET) is used.
    type: str
  bk_access_token:
    description:
      - Access token of the user. At the API gateway it also authenticates the application.
      - If not given, the environment variable E(BK_ACCESS_TOKEN) is used.
    type: str
    aliases: [access_token]
  bk_username:
    description:
      - Name of the user for whom the application calls. Works only if the application is exempt from user authentication.
      - If not given, the environment variable E(BK_USERNAME) is used.
    type: str
  bk_tenant_id:
    description:
      - Tenant, for multi-tenant deployments. Sent as header C(X-Bk-Tenant-Id), and only if given.
      - If not given, the environment variable E(BK_TENANT_ID) is used.
    type: str
  validate_certs:
    description:
      - Whether the server's TLS certificate must be valid. V(false) makes the connection unsafe.
      - If not given, the environment variable E(BK_JOB_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - File with the CA certificates to trust, in PEM format, or directory with certificates named by their hashes, as
        C(openssl rehash) creates it. It replaces the default certificates and those that C(REQUESTS_CA_BUNDLE) names.
      - If not given, the environment variable E(BK_JOB_CA_PATH) is used.
    type: path
  client_cert:
    description:
      - File with a TLS client certificate in PEM format; may contain the private key as well.
      - If not given, the environment variable E(BK_JOB_CLIENT_CERT) is used.
    type: path
  client_key:
    description:
      - File with the private key of O(client_cert), which requires it. A key with a passphrase is not supported.
      - If not given, the environment variable E(BK_JOB_CLIENT_KEY) is used.
    type: path
  proxy:
    description:
      - URL of the proxy to use, such as V(http://proxy.example.com:3128). Has precedence over the usual proxy
        environment variables. A password in it is masked in all output.
      - A file C(.netrc) is never read, and redirects are never followed.
      - If not given, the environment variable E(BK_JOB_PROXY) is used.
    type: str
  connect_timeout:
    description:
      - Maximum time of one attempt to connect, in seconds, above 0 and at most 2592000.
    type: float
    default: 10.0
  read_timeout:
    description:
      - Maximum time without data from the server, in seconds, above 0 and at most 2592000.
      - Keep it above the gateway's own limit (60 seconds at the API gateway, 30 at the ESB), so that the gateway's
        explanation arrives.
    type: float
    default: 75.0
  language:
    description:
      - Language of JOB's messages and default names.
      - If not given, the environment variable E(BK_JOB_LANGUAGE) is used.
    type: str
    choices: [en, zh-cn]
    default: en
  web_url:
    description:
      - Address of JOB's web pages. If given, events carry the addresses of runs there, as C(job_instance_url).
      - If not given, the environment variable E(BK_JOB_WEB_URL) is used.
    type: str"""

EXAMPLES = r"""
- name: Report failed runs
  hosts: all
  sources:
    # The environment supplies BK_JOB_API_URL, BK_APP_CODE, BK_APP_SECRET and BK_ACCESS_TOKEN.
    - name: runs
      blueking.job.job_runs:
        bk_scope_id: "2"
        status: [failed]
        state_file: /var/lib/rulebook/runs-of-2
  rules:
    - name: A run has failed for the first time
      condition: event.bk_job.times_ended == 1
      action:
        debug:
          msg: "{{ event.bk_job.name }} of {{ event.bk_job.operator }} has failed"
"""


def _make_importable() -> None:
    """Let Python import the collection that this file belongs to, wherever it is installed.

    The path is not resolved: a link to a clone points to a directory with another name.
    """
    parents = Path(__file__).absolute().parents
    # A clone outside of a tree of collections may lie less deep; then the package is installed elsewhere.
    root = parents[min(7, len(parents) - 1)]
    sys.path.insert(0, str(root))
    # A package with this name may be installed elsewhere. If it is not one that Python merges, it comes first.
    package = importlib.import_module("ansible_collections")
    if str(root / "ansible_collections") not in package.__path__:
        package.__path__ = [str(root / "ansible_collections"), *package.__path__]


_make_importable()

from ansible_collections.blueking.job.plugins.plugin_utils.event_source.source import run_source


async def main(queue: Any, args: dict[str, Any]) -> None:
    """Deliver events to ansible-rulebook until it cancels the task.

    Args:
        queue: receives the events.
        args: arguments of the source in the rulebook.
    """
    await run_source(queue, args, os.environ)


class _Printer:
    """Prints events, one JSON text a line."""

    async def put(self, event: object) -> None:
        """Print an event."""
        print(json.dumps(event), flush=True)


if __name__ == "__main__":
    # To try a source without ansible-rulebook: python job_runs.py bk_scope_id=2 status=failed
    try:
        asyncio.run(main(_Printer(), dict(argument.split("=", 1) for argument in sys.argv[1:])))
    except KeyboardInterrupt:
        sys.exit(130)
