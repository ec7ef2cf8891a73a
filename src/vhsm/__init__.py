"""vhsm: a virtual HSM. Keys are stored and used in one isolated environment."""

__version__ = "0.1.0"
