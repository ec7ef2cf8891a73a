"""The service: the supervisor that binds, forks and watches, and the hardening of its workers."""
