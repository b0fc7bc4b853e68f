# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of the server: one table of codes with their English and Chinese texts.

JOB API: every text follows the caller's language, so only the codes are reliable. The wording is our own.
"""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "zh-cn"]
Text = tuple[str, str]
"""The same text in English and in Chinese."""

INTERNAL_ERROR = 1240002
NO_USER = 1247002
BAD_REQUEST = 1240003
PERMISSION_DENIED = 9900403

MESSAGES: dict[int, Text] = {
    1210001: ("The agent platform is not available", "管控平台不可用"),
    1211001: ("The configuration platform is not available", "配置平台不可用"),
    1211002: ("The configuration platform returned invalid data", "配置平台返回的数据异常"),
    1211003: ("The dynamic group cannot be read: {}", "无法读取动态分组：{}"),
    1240001: ("The service is not available", "服务不可用"),
    INTERNAL_ERROR: ("The server failed to handle the request", "服务内部错误"),
    BAD_REQUEST: ("The request is not valid: {}", "请求不合法：{}"),
    1241001: ("A parameter is missing", "缺少参数"),
    1241002: ("A parameter has an illegal value", "参数取值非法"),
    1241003: ("The operation is not possible in this state", "当前状态不支持该操作"),
    1241004: ("A parameter is missing: [{}]", "缺少参数：[{}]"),
    1241005: ("A parameter has an illegal value: [{}]", "参数取值非法：[{}]"),
    1241006: ("A parameter is missing or has an illegal value", "缺少参数或参数取值非法"),
    1241007: ("A parameter is missing or has an illegal value: [{}]", "缺少参数或参数取值非法：[{}]"),
    1241010: ("A parameter has an illegal value: {}", "参数取值非法：{}"),
    1241011: ("This is not supported here: {}", "当前不支持：{}"),
    1241012: ("A parameter has an illegal value: {}", "参数取值非法：{}"),
    1241015: ("The job has been started already", "作业已经启动"),
    1243001: ("The script does not exist", "脚本不存在"),
    1243009: ("The job plan does not exist", "执行方案不存在"),
    1243047: ("The script version does not exist", "脚本版本不存在"),
    1243049: ("The business or business set does not exist: {}", "业务或业务集不存在：{}"),
    1244001: ("No target is given", "没有给出执行目标"),
    1244002: ("Hosts that are not in the scope: {}", "以下主机不属于该业务：{}"),
    1244003: ("The account does not exist: {}", "执行账号不存在：{}"),
    1244004: ("The account may not be used", "没有账号的使用权限"),
    1244006: ("The job instance does not exist", "作业实例不存在"),
    1244007: ("The step instance does not exist", "步骤实例不存在"),
    1244008: ("A step needs a host variable that the plan does not have: {}", "步骤引用的主机变量不存在：{}"),
    1244009: ("A host variable is empty", "主机变量为空"),
    1244011: ("The job plan has no step", "执行方案没有可用步骤"),
    1244012: ("The job plan does not exist", "执行方案不存在"),
    1244014: ("The script of a step is disabled: {}", "步骤引用的脚本已被禁用：{}"),
    1244016: ("Only a confirmer may do this", "仅确认人可以操作"),
    1244018: ("The script version cannot be run in its present state", "脚本版本的状态不允许执行"),
    1244019: ("The script contains high-risk statements {}", "脚本包含高危语句 {}"),
    1244020: ("The range is too long", "时间范围过大"),
    1244021: ("Too many file tasks", "文件任务数量过多"),
    1244022: ("More than {} targets", "执行目标超过 {} 个"),
    1244023: ("The uploaded file does not exist, or has expired", "本地上传的文件不存在或已过期"),
    1244024: ("The content of the file cannot be saved", "保存配置文件失败"),
    1244025: ("The task has been abandoned by the operators", "任务已被运维人员丢弃"),
    1244026: ("The rolling expression cannot be read: {}", "滚动表达式无法识别：{}"),
    1244027: ("The rolling expression gives too many batches: {}", "滚动批次过多：{}"),
    1244028: ("A step ends up without any target: {}", "步骤没有任何执行目标：{}"),
    1244029: ("A step ends up without any source host", "步骤没有任何源主机"),
    1244030: ("Unknown hosts: {}", "以下主机不存在：{}"),
    1244032: ("The scope has too many jobs under way", "该业务正在执行的作业过多"),
    1244033: ("The app has too many jobs under way", "该应用正在执行的作业过多"),
    1244034: ("The system has too many jobs under way", "系统正在执行的作业过多"),
    1244035: ("Only server files can roll over their sources", "仅服务器文件支持按源文件滚动"),
    1246001: ("The logs are not available", "日志服务不可用"),
    1247002: ("The request has no user", "请求缺少用户信息"),
    1260012: ("The file source does not exist: {}", "文件源不存在：{}"),
    PERMISSION_DENIED: ("The user lacks the permission {}", "用户没有权限：{}"),
}

OTHER_REFUSAL: Text = ("The request is refused {}", "请求被拒绝 {}")
SCRIPT_TASK_NAME: Text = ("Script Execution", "快速执行脚本")
FILE_TASK_NAME: Text = ("File Transfer", "快速分发文件")


def pick(text: Text, language: Language) -> str:
    """Return one of the two texts."""
    return text[0] if language == "en" else text[1]


def language_of(header: str | None, absent: Language) -> Language:
    """JOB API: only the value en selects English; every other one selects Chinese."""
    if not header:
        return absent
    return "en" if header.strip().lower() == "en" else "zh-cn"
