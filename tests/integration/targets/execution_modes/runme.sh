#!/usr/bin/env bash
# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Tasks inside the controller's process: where they run there, where the module runs, and how they get along with Ansible.

set -eu

. ../setup_job_simulator/files/serve.sh --inventory ../setup_job_simulator/files/inventory.yml

"$PYTHON" execution_modes.py "$JOB_SERVER" "$OUTPUT_DIR"
