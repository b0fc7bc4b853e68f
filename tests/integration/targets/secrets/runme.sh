#!/usr/bin/env bash
# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Planted secrets in everything that Ansible puts out, at any verbosity, whatever happens to a task.

set -eu

planted="$PWD/files/planted.json"
export ANSIBLE_FORCE_COLOR=false ANSIBLE_LOG_PATH="$OUTPUT_DIR/log.txt"

. ../setup_job_simulator/files/serve.sh --control --inventory files/inventory.yml

planted() {
    "$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]], end="")' "$planted" "planted_$1"
}

# Runs a playbook; everything it puts out goes into files, of which none may hold a secret.
looks_clean() {
    code=0
    rm -f "$ANSIBLE_LOG_PATH"
    ansible-playbook -i localhost, -c local -e "ansible_python_interpreter=$PYTHON" -e "server_url=$JOB_SERVER_URL" -e "@$planted" \
        "$@" >"$OUTPUT_DIR/out.txt" 2>"$OUTPUT_DIR/err.txt" || code=$?
    if [ "$code" != 0 ]; then
        cat "$OUTPUT_DIR/out.txt" "$OUTPUT_DIR/err.txt"
        echo "FAIL: ansible-playbook $* ended with $code" >&2
        exit 1
    fi
    [ -s "$ANSIBLE_LOG_PATH" ]
    PYTHONPATH="$ANSIBLE_COLLECTIONS_PATH" "$PYTHON" -m ansible_collections.blueking.job.tests.support.leaks \
        --secrets "$planted" "$OUTPUT_DIR/out.txt" "$OUTPUT_DIR/err.txt" "$ANSIBLE_LOG_PATH"
}

export ANSIBLE_DISPLAY_TRACEBACK=always
BK_JOB_IN_PROCESS=true looks_clean playbook.yml -vvvv --diff
# What the server may repeat, and how connections fail, does not depend on the execution mode; each module takes a second.
BK_JOB_IN_PROCESS=false ANSIBLE_CALLBACK_RESULT_FORMAT=yaml looks_clean playbook.yml -vvvv --diff \
    -e '{"connections_fail": false, "echoes": [["base64", "permission"]]}'
looks_clean playbook.yml -vvvv --diff --check

BK_JOB_API_URL="$JOB_SERVER_URL" BK_APP_CODE=app BK_SCOPE_ID=2
BK_APP_SECRET="$(planted app_secret)" BK_TOKEN="$(planted token)" BK_TICKET="$(planted ticket)"
export BK_JOB_API_URL BK_APP_CODE BK_SCOPE_ID BK_APP_SECRET BK_TOKEN BK_TICKET
export PYTHONPATH="$PWD/files/broken"
looks_clean broken.yml -vvvv --diff
