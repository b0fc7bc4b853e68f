#!/usr/bin/env bash
# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Tasks inside the controller's process: where they run there, where the module runs, and how they get along with Ansible.

set -eu

python="${ANSIBLE_TEST_PYTHON_INTERPRETER:-python3}"
setup=../setup_job_server/files

started="$("$python" "$setup/server_process.py" start \
    --folder "$OUTPUT_DIR/job_server" --inventory "$setup/inventory.yml" --collections "$ANSIBLE_COLLECTIONS_PATH")"
pid="$("$python" -c 'import json, sys; print(json.loads(sys.argv[1])["pid"])' "$started")"
trap '"$python" "$setup/server_process.py" stop "$pid"' EXIT

"$python" second_face.py "$started" "$OUTPUT_DIR"
