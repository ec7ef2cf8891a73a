"""Swear to it: one row for each login, refusal, write and act of administration, before its reply leaves."""

from vhsm.audit.events import Who, done_before, record

__all__ = ["Who", "done_before", "record"]
