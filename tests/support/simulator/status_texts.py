# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of host states. JOB API: they follow the caller's language; only the codes are reliable."""

from __future__ import annotations

from .messages import Language, Text, pick

_HOST_STATUS: dict[int, Text] = {
    0: ("Unknown error", "未知错误"),
    2: ("Invalid execute object", "无效的执行对象"),
    5: ("Waiting", "等待执行"),
    7: ("Running", "正在执行"),
    9: ("Success", "执行成功"),
    11: ("Failed", "执行失败"),
    12: ("Dispatch failed", "任务下发失败"),
    15: ("Log error", "任务日志错误"),
    18: ("Agent not installed", "Agent 未安装"),
    101: ("Script failed", "脚本执行失败"),
    102: ("Script timed out", "脚本执行超时"),
    103: ("Script terminated", "脚本执行被终止"),
    104: ("Exit code is not zero", "脚本返回码非零"),
    310: ("Agent abnormal", "Agent 异常"),
    311: ("No such user", "用户名不存在"),
    312: ("Wrong password", "密码错误"),
    399: ("Task error", "任务错误"),
    403: ("Terminated", "任务强制终止成功"),
    500: ("Unknown", "状态未知"),
}


def host_status(status: int, language: Language) -> str:
    """Return the name of a host state."""
    return pick(_HOST_STATUS.get(status, _HOST_STATUS[0]), language)
