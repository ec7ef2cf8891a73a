"""Who calls: the kernel's evidence, checked against the enrolment."""

from vhsm.identity.evidence import identify

__all__ = ["identify"]
