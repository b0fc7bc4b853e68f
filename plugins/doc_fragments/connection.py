# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options for the connection to the server."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of every module."""

    DOCUMENTATION = r"""
options:
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
      - Generation of JOB's API to use. The module translates the task to it.
      - V(v2) exists only with O(gateway=esb). It has no host ids and no rolling execution, for example; an option that
        it does not support is an error before anything is sent.
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
      - Maximum time of one attempt to connect, in seconds, above 0 and at most 2592000. While waiting for a job it is
        clipped to what is left of the wait.
    type: float
    default: 10.0
  read_timeout:
    description:
      - Maximum time without data from the server, in seconds, above 0 and at most 2592000. While waiting for a job it
        is clipped to what is left of the wait.
      - Keep it above the gateway's own limit (60 seconds at the API gateway, 30 at the ESB), so that the gateway's
        explanation arrives.
      - An address that has never responded is given up after 30 seconds. For a launch this holds if a test request gets
        no response either, see L(When things go
        wrong,https://github.com/blueking-ansible/blueking.job/blob/main/docs/when_things_go_wrong.md).
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
      - Address of JOB's web pages. If given, results about runs carry their addresses there, as
        C(job_instance_url).
      - If not given, the environment variable E(BK_JOB_WEB_URL) is used.
    type: str
"""
