# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that name the hosts of a launch."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of modules that launch scripts or files on hosts."""

    DOCUMENTATION = r"""
options:
  target_server:
    description:
      - Required, unless O(ip_list) or O(custom_query_id) is given. The hosts. All lists are combined, except that
        C(ip_list) is ignored if there are host ids. At least one must not be empty.
    type: dict
    suboptions:
      host_id_list:
        description:
          - Host ids of the CMDB. If host ids are given, JOB ignores O(target_server.ip_list). The module then sends
            only the ids, with a warning.
          - Needs O(api_version=v3).
        type: list
        elements: int
      ip_list:
        description:
          - Addresses. Each is a dictionary with V(ip) (IPv4) and V(bk_cloud_id) (id of the cloud area, V(0) if left
            out), or text such as V(10.0.0.1) or V(0:10.0.0.1).
        type: list
        elements: raw
      dynamic_group_list:
        description:
          - Dynamic groups of the CMDB. Each is the id of a group as text, or a dictionary with V(id).
        type: list
        elements: raw
        aliases: [dynamic_group_id_list, custom_query_id]
      topo_node_list:
        description:
          - Nodes of the CMDB's topology. Their hosts are found when the job starts.
        type: list
        elements: dict
        suboptions:
          id:
            description:
              - Required. Id of the node (C(bk_inst_id) in the CMDB).
            type: int
          node_type:
            description:
              - Required. Kind of the node (C(bk_obj_id) in the CMDB), such as V(module) or V(set).
            type: str
  ip_list:
    description:
      - The same as O(target_server.ip_list), with the legacy name. Combined with O(target_server).
    type: list
    elements: raw
  custom_query_id:
    description:
      - The same as O(target_server.dynamic_group_list), with the legacy name. Combined with O(target_server).
    type: list
    elements: raw
"""
