"""Remember it: the only SQL on keys and users, by bound parameters, on SQLite."""

from sqlalchemy import Connection

from vhsm.store.database import Store, create, open_store, upgrade

__all__ = ["Connection", "Store", "create", "open_store", "upgrade"]
