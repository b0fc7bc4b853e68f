#!/usr/bin/env bash
# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# The callback blueking.job.readable in real processes: readable results of runs, and everything else as the default callback.

set -eu

. ../setup_job_simulator/files/serve.sh --inventory ../setup_job_simulator/files/inventory.yml

"$PYTHON" callback_readable.py "$JOB_SERVER"
