#!/usr/bin/env bash
# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Signals during a wait, sent to the task itself and to the ansible-playbook above it.

set -eu

. ../setup_job_simulator/files/serve.sh --inventory ../setup_job_simulator/files/inventory.yml

"$PYTHON" interrupts.py "$JOB_SERVER" "$OUTPUT_DIR"
