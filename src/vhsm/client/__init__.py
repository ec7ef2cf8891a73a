"""The VHSM API for Python programs: the same requests as the PKCS#11 module's, typed. See docs/client.md."""

from vhsm.client.admin import Administration, connect_admin
from vhsm.client.client import Client, connect
from vhsm.client.errors import DeviceError, Refusal
from vhsm.client.mechanisms import aes_cbc, aes_ctr, aes_gcm, hmac_general, rsa_oaep, rsa_pss
from vhsm.client.session import Session
from vhsm.client.template import Value

__all__ = [
    "Administration",
    "Client",
    "DeviceError",
    "Refusal",
    "Session",
    "Value",
    "aes_cbc",
    "aes_ctr",
    "aes_gcm",
    "connect",
    "connect_admin",
    "hmac_general",
    "rsa_oaep",
    "rsa_pss",
]
