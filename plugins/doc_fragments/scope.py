# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that name the business or set."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of every module."""

    DOCUMENTATION = r"""
options:
  bk_scope_type:
    description:
      - Kind of the scope in which the job lives. V(biz) is a business, V(biz_set) a business set, V(tenant_set) a set of
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
"""
