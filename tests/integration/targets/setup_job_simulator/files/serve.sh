# shellcheck shell=bash
# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# For scripts of targets to source, with options of "server_process.py start": a JOB server that ends with the script.
# PYTHON is the interpreter, JOB_SERVER what the server says of itself as JSON, JOB_SERVER_URL where it listens.

server_process() {
    "$PYTHON" ../setup_job_simulator/files/server_process.py "$@"
}

of_server() {
    "$PYTHON" -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$JOB_SERVER" "$1"
}

export PYTHON="${ANSIBLE_TEST_PYTHON_INTERPRETER:-python3}"
JOB_SERVER="$(server_process start --directory "$OUTPUT_DIR/job_server" --collections "$ANSIBLE_COLLECTIONS_PATH" "$@")"
trap 'server_process stop "$(of_server pid)"' EXIT
JOB_SERVER_URL="$(of_server url)"
export JOB_SERVER JOB_SERVER_URL
