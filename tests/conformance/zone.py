"""The zone that DNS servers sign, before they do."""

from __future__ import annotations

from typing import Final

ZONE: Final = """
$ORIGIN {zone}.
$TTL 3600
@ IN SOA ns admin 1 3600 900 604800 3600
@ IN NS ns
ns IN A 192.0.2.1
www IN A 192.0.2.2
"""
