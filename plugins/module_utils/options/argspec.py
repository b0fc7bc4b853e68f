# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Argument specs of the modules that launch or wait, and the parts that all modules share.

Required options are checked by the reader, not here, so that module defaults, environment and linting work together.
C(env) is the environment variable of an option; an empty variable counts as not set.
"""

from __future__ import annotations

from ..models.launch import TRANSFER_MODES
from .fast_launch import EXECUTION_MODES, ROLLING_MODES, ROLLING_TYPES
from .script import LANGUAGES
from .spec import Spec, choices_with_codes

CONNECTION: Spec = {
    "api_url": {"type": "str", "env": "BK_JOB_API_URL"},
    "gateway": {"type": "str", "choices": ["esb", "apigw"], "default": "esb", "env": "BK_JOB_GATEWAY"},
    "api_version": {"type": "str", "choices": ["v2", "v3"], "default": "v3", "env": "BK_JOB_API_VERSION"},
    "bk_app_code": {"type": "str", "env": "BK_APP_CODE"},
    "bk_app_secret": {"type": "str", "no_log": True, "env": "BK_APP_SECRET"},
    "bk_token": {"type": "str", "no_log": True, "env": "BK_TOKEN"},
    "bk_ticket": {"type": "str", "no_log": True, "env": "BK_TICKET"},
    "bk_access_token": {"type": "str", "no_log": True, "aliases": ["access_token"], "env": "BK_ACCESS_TOKEN"},
    "bk_username": {"type": "str", "env": "BK_USERNAME"},
    "bk_tenant_id": {"type": "str", "env": "BK_TENANT_ID"},
    "validate_certs": {"type": "bool", "default": True, "env": "BK_JOB_VALIDATE_CERTS"},
    "ca_path": {"type": "path", "env": "BK_JOB_CA_PATH"},
    "client_cert": {"type": "path", "env": "BK_JOB_CLIENT_CERT"},
    "client_key": {"type": "path", "no_log": False, "env": "BK_JOB_CLIENT_KEY"},
    "proxy": {"type": "str", "env": "BK_JOB_PROXY"},
    "connect_timeout": {"type": "float", "default": 10.0},
    "read_timeout": {"type": "float", "default": 75.0},
    "language": {"type": "str", "choices": ["en", "zh-cn"], "default": "en", "env": "BK_JOB_LANGUAGE"},
    "web_url": {"type": "str", "env": "BK_JOB_WEB_URL"},
}

SCOPE: Spec = {
    "bk_scope_type": {"type": "str", "choices": ["biz", "biz_set", "tenant_set"], "env": "BK_SCOPE_TYPE"},
    "bk_scope_id": {"type": "str", "env": "BK_SCOPE_ID"},
    "bk_biz_id": {"type": "int", "env": "BK_BIZ_ID"},
}

TARGET_SERVER: Spec = {
    "host_id_list": {"type": "list", "elements": "int"},
    "ip_list": {"type": "list", "elements": "raw"},
    "dynamic_group_list": {
        "type": "list",
        "elements": "raw",
        "aliases": ["dynamic_group_id_list", "custom_query_id"],
    },
    "topo_node_list": {
        "type": "list",
        "elements": "dict",
        "options": {"id": {"type": "int"}, "node_type": {"type": "str"}},
    },
}

LEGACY_PAIR: Spec = {
    "ip_list": {"type": "list", "elements": "raw"},
    "custom_query_id": {"type": "list", "elements": "raw"},
}

ROLLING: Spec = {
    "type": {"type": "str", "choices": ["hosts", "1"]},
    "mode": {"type": "str", "choices": choices_with_codes(ROLLING_MODES)},
    "expression": {"type": "str"},
    "execution_mode": {"type": "str", "choices": choices_with_codes(EXECUTION_MODES)},
    "batch_start_wait_fixed_ms": {"type": "int"},
    "batch_start_wait_random_min_ms": {"type": "int"},
    "batch_start_wait_random_max_ms": {"type": "int"},
}

CALLBACK: Spec = {"callback_url": {"type": "str", "aliases": ["bk_callback_url"]}}

LAUNCH: Spec = {
    "launch_mode": {"type": "str", "choices": ["auto", "single", "two_step"], "default": "auto"},
    "server_version": {"type": "str", "env": "BK_JOB_SERVER_VERSION"},
    "launch_timeout": {"type": "float", "default": 180.0},
    "unique_key": {"type": "str", "no_log": False},
    "unique_window": {"type": "str", "default": "24h"},
    "on_existing": {"type": "str", "choices": ["adopt", "fail"], "default": "adopt"},
    "wait": {"type": "bool", "default": True},
}

WAIT: Spec = {
    "wait_timeout": {"type": "float", "default": 7500.0},
    "poll_interval": {"type": "float", "default": 1.0},
    "poll_max_interval": {"type": "float", "default": 60.0},
    "on_timeout": {"type": "str", "choices": ["leave", "terminate"], "default": "leave"},
    "on_interrupt": {"type": "str", "choices": ["leave", "terminate"], "default": "leave"},
    "on_confirmation": {"type": "str", "choices": ["fail", "wait"], "default": "fail"},
    "fail_on": {"type": "str", "choices": ["job", "any_host"], "default": "job"},
    "progress": {"type": "bool", "default": True, "env": "BK_JOB_PROGRESS"},
}

LOGS_CHOICES = ["all", "failed", "none"]
REPORT: Spec = {
    "hosts": {"type": "str", "choices": ["auto", "all", "failed", "none"], "default": "auto"},
    "logs": {"type": "str", "choices": LOGS_CHOICES, "default": "all"},
    "log_max_bytes_per_host": {"type": "int", "default": 8192},
    "log_max_bytes_total": {"type": "int", "default": 262144},
    "log_dir": {"type": "path"},
}

JOB_PLAN: Spec = {
    **CONNECTION,
    **SCOPE,
    "job_plan_id": {"type": "int", "aliases": ["bk_job_id"]},
    "job_plan_name": {"type": "str"},
    "global_var_list": {
        "type": "list",
        "elements": "dict",
        "aliases": ["global_vars"],
        "options": {
            "id": {"type": "int"},
            "name": {"type": "str"},
            "value": {"type": "raw"},
            "secret_value": {"type": "str", "no_log": True},
            "server": {"type": "dict", "aliases": ["target_server"], "options": TARGET_SERVER},
            **LEGACY_PAIR,
        },
    },
    "validate_variables": {"type": "bool", "default": True},
    "unique_key_variable": {"type": "str", "no_log": False},
    **CALLBACK,
    **LAUNCH,
    **WAIT,
    **REPORT,
}

JOB_INSTANCE: Spec = {"job_instance_id": {"type": "int"}}

REDACT: Spec = {"redact": {"type": "list", "elements": "str", "no_log": True}}

JOB_WAIT: Spec = {
    **CONNECTION,
    **SCOPE,
    **JOB_INSTANCE,
    "job_instance_ids": {"type": "list", "elements": "int"},
    **WAIT,
    **REPORT,
    **REDACT,
}

FAST_SCRIPT: Spec = {
    **CONNECTION,
    **SCOPE,
    "script_version_id": {"type": "int"},
    "script_id": {"type": "str"},
    "script_content": {"type": "str"},
    "script_path": {"type": "path"},
    "script_language": {"type": "str", "choices": choices_with_codes(LANGUAGES), "aliases": ["script_type"]},
    "script_param": {"type": "str"},
    "base64_encoded": {"type": "bool"},
    "is_param_sensitive": {"type": "bool"},
    "timeout": {"type": "int", "aliases": ["script_timeout"]},
    "account_alias": {"type": "str", "aliases": ["account"]},
    "account_id": {"type": "int"},
    "target_server": {"type": "dict", "options": TARGET_SERVER},
    **LEGACY_PAIR,
    "task_name": {"type": "str"},
    "windows_interpreter": {"type": "str"},
    "rolling_config": {"type": "dict", "options": ROLLING},
    **CALLBACK,
    **LAUNCH,
    **WAIT,
    **REPORT,
}

FAST_FILE: Spec = {
    **CONNECTION,
    **SCOPE,
    "file_source_list": {
        "type": "list",
        "elements": "dict",
        "aliases": ["file_source"],
        "options": {
            "file_list": {"type": "list", "elements": "str", "aliases": ["files"]},
            "server": {"type": "dict", "aliases": ["target_server"], "options": TARGET_SERVER},
            **LEGACY_PAIR,
            "account_alias": {"type": "str", "aliases": ["account"]},
            "file_source_id": {"type": "int"},
            "file_source_code": {"type": "str"},
        },
    },
    "content_list": {
        "type": "list",
        "elements": "dict",
        "aliases": ["file_list"],
        "options": {
            "file_name": {"type": "str"},
            "content": {"type": "str", "masked": True},
            "src": {"type": "path"},
            "content_base64": {"type": "str", "masked": True},
        },
    },
    "file_target_path": {"type": "str", "aliases": ["dest"]},
    "file_target_name": {"type": "str", "aliases": ["dest_name"]},
    "target_server": {"type": "dict", "options": TARGET_SERVER},
    **LEGACY_PAIR,
    "account_alias": {"type": "str", "aliases": ["account"]},
    "account_id": {"type": "int"},
    "transfer_mode": {"type": "str", "choices": list(TRANSFER_MODES)},
    "timeout": {"type": "int"},
    "upload_speed_limit": {"type": "int"},
    "download_speed_limit": {"type": "int"},
    "task_name": {"type": "str"},
    "rolling_config": {
        "type": "dict",
        "options": {
            **ROLLING,
            "type": {"type": "str", "choices": choices_with_codes(ROLLING_TYPES)},
            "file_source": {
                "type": "dict",
                "options": {
                    "max_execute_object_num_in_batch": {"type": "int"},
                    "max_file_num_of_single_execute_object": {"type": "int"},
                },
            },
        },
    },
    **CALLBACK,
    **LAUNCH,
    **WAIT,
    # Files that reached only some targets are a failure, also if JOB reports success.
    "fail_on": {"type": "str", "choices": ["job", "any_host"], "default": "any_host"},
    **REPORT,
}
