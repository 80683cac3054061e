"""Addresses to which a tenant may have us connect: allowed hosts at public addresses only.

A webhook address comes from a tenant. Without these rules it could make the gateway call what only the
gateway can reach (server-side request forgery).
"""

import ipaddress
import socket
from collections.abc import Collection
from typing import Final
from urllib.parse import SplitResult, urlsplit

LONGEST_URL: Final = 2000
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class AddressError(Exception):
    """We do not connect there; the text states why."""


def checked_url(url: str, allowed_hosts: Collection[str], *, private_addresses: bool) -> SplitResult:
    """The parts of a URL we may call.

    Args:
        allowed_hosts: host names in small letters.
        private_addresses: also allow plain http, for trying things out on one machine.

    Raises:
        AddressError: not a URL, not https, of a host that is not allowed, or with parts it must not have.
    """
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise AddressError(f"not a URL of up to {LONGEST_URL} plain characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise AddressError("not a URL") from None
    if parts.scheme != "https" and not (private_addresses and parts.scheme == "http"):
        raise AddressError(
            "only https:// addresses are called; the operator can allow http:// and private networks, to try "
            "things on one machine, by webhooks.private_addresses"
        )
    if parts.username is not None or parts.password is not None or parts.fragment or port == 0:
        raise AddressError("no user, password or fragment may be in the address")
    if host is None or host not in allowed_hosts:
        raise AddressError(
            f"host {host!r} is not among your allowed webhook hosts; ask the operator to add it"
        )
    return parts


def resolved(host: str, port: int, *, private_addresses: bool) -> str:
    """An IP address of `host` to connect to. All of its addresses must be allowed.

    The caller connects to exactly this address: a second query could return another address.

    Raises:
        AddressError: unknown host, or one that leads into a private network.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise AddressError(f"host {host!r} cannot be found") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not private_addresses:
        for address in addresses:
            if not _is_public(address):
                raise AddressError(f"host {host!r} leads to {address}, which is not a public address")
    return addresses[0]


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        # Addresses with an embedded IPv4 address reach what that one reaches.
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None and not _is_public(str(inner)):
            return False
    return ip.is_global and not ip.is_multicast
