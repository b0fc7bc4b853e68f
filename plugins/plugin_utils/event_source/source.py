# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""The event source job_runs: options, checkpoint, poller and receiver of callbacks together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from ...module_utils.errors import InvalidTask
from ...module_utils.jobs.context import TaskContext
from .checkpoint import Checkpoint
from .event_sender import LOG, EventQueue, EventSender
from .history import RunHistory
from .options import FEEDBACK_QUEUE, CallbackOptions, SourceOptions, read_source_options
from .poller import EventPoller

_NO_ACKNOWLEDGMENTS = "feedback: ansible-rulebook passed no queue for acknowledgments; use version 1.2 or newer"


async def run_source(queue: EventQueue, args: Mapping[str, object], environment: Mapping[str, str]) -> None:
    """Deliver events until the task is canceled.

    Args:
        queue: receives the events.
        args: arguments of the source in a rulebook, and the queue of acknowledgments of ansible-rulebook.
        environment: environment variables that supply options.

    Raises:
        JobError: an option is invalid, or JOB rejects the source at the first poll.
    """
    read = read_source_options(args, environment)
    for warning in read.warnings:
        LOG.warning("%s", warning)
    options, secrets = read.options, read.secrets
    acknowledgments = _acknowledgments(options, args)
    context = TaskContext(secrets=secrets)
    poller = EventPoller(
        options,
        RunHistory(options, context),
        EventSender(options, secrets, queue, acknowledgments),
        None if options.state_file is None else Checkpoint(options.state_file, options),
        secrets,
        context.clock,
    )
    if options.callback is None:
        await poller.run()
    else:
        await _run_with_receiver(poller, options.callback)


async def _run_with_receiver(poller: EventPoller, callback: CallbackOptions) -> None:
    # It needs aiohttp, which sources without callback do not.
    from .callback_receiver import serve

    receiver = await serve(callback, poller.wake)
    LOG.info("Listening for callbacks on %s, port %d", callback.host, receiver.port)
    try:
        await poller.run()
    finally:
        await receiver.close()


def _acknowledgments(options: SourceOptions, args: Mapping[str, object]) -> asyncio.Queue[object] | None:
    if not options.feedback:
        return None
    queue = args.get(FEEDBACK_QUEUE)
    if not isinstance(queue, asyncio.Queue):
        raise InvalidTask([_NO_ACKNOWLEDGMENTS], "the event source did not start")
    return queue
