"""Log records: structured, on standard error, without secrets.

Nothing in this process ever holds a key or a PIN, so none can be logged; names and numbers are.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from structlog.typing import Processor


def configure(level: str, form: str | None) -> None:
    """Send records of this level and above to standard error.

    Args:
        level: one of `vhsm.config.LOG_LEVELS`.
        form: `console` or `json`; None chooses console on a terminal.
    """
    console = form == "console" or (form is None and sys.stderr.isatty())
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if console else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
