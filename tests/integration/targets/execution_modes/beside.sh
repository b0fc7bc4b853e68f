#!/bin/sh
# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
echo from beside the playbook
