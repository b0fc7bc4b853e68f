#!/usr/bin/env bash
# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# The module in ad hoc commands, with the connection from the environment.

set -eu

output="$OUTPUT_DIR/output.txt"

fail() {
    echo "FAIL: $1" >&2
    cat "$output" >&2
    exit 1
}

# Runs a script with the module; what is printed goes to $output.
run_script() {
    ansible localhost "$@" -m blueking.job.bk_fast_script >"$output" 2>&1
}

. ../setup_job_simulator/files/serve.sh --inventory ../setup_job_simulator/files/inventory.yml

export BK_JOB_API_URL="$JOB_SERVER_URL" BK_APP_CODE=test_app BK_APP_SECRET=test_app_secret BK_USERNAME=alice
export ANSIBLE_FORCE_COLOR=false

run_script -a 'bk_scope_id=2 account_alias=root ip_list=10.0.0.1,10.0.0.2 logs=all poll_interval=0.05 script_content="hostname"' ||
    fail "a script that succeeds gives exit code $?"
grep -q 'localhost | CHANGED' "$output" || fail "the task is not changed"
grep -q '"log": "web-1\\n"' "$output" || fail "the log of the first host is missing"
grep -q '"log": "web-2\\n"' "$output" || fail "the log of the second host is missing"

code=0
run_script -a 'bk_scope_id=2 account_alias=root ip_list=10.0.0.1 poll_interval=0.05 script_content="echo no space left; exit 3"' || code=$?
[ "$code" = 2 ] || fail "a script that fails gives exit code $code, not 2"
grep -q 'localhost | FAILED' "$output" || fail "the task is not failed"
grep -q '"exit_code": 3' "$output" || fail "the exit code of the script is missing"
grep -q '"log": "no space left\\n"' "$output" || fail "the log of the failed host is missing"

# shellcheck disable=SC2016  # the first argument of the script, not of this one
run_script -vvvv -a 'bk_scope_id=2 account_alias=root ip_list=10.0.0.1 logs=all poll_interval=0.05 script_content="echo got $1" script_param=correct-horse-battery is_param_sensitive=true' ||
    fail "a script with a secret argument gives exit code $?"
grep -q '"log": "got \*\*\*' "$output" || fail "the secret argument is not hidden in the log"
for secret in test_app_secret correct-horse-battery; do
    encoded="$(printf '%s' "$secret" | base64)"
    ! grep -qF -e "$secret" -e "$encoded" "$output" || fail "a secret is in the output"
done

code=0
BK_APP_SECRET=not-the-secret run_script -vvvv -a 'bk_scope_id=2 account_alias=root ip_list=10.0.0.1 script_content=hostname' || code=$?
[ "$code" = 2 ] || fail "a wrong secret gives exit code $code, not 2"
grep -q '"kind": "auth"' "$output" || fail "the wrong secret is not called what it is"
! grep -qF 'not-the-secret' "$output" || fail "the wrong secret is in the output"
