"""Swear to it: one record for each login, refusal, write and act of administration, before its reply leaves.

This room says what a record holds; the store writes it, in the transaction of the deed.
"""

from vhsm.audit.events import Who, event

__all__ = ["Who", "event"]
