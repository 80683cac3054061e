"""Whom a connection is counted for."""

import ipaddress


def network_of(host: str) -> str:
    """Whom connections are counted for: an IPv4 address, or the network of 64 bits of an IPv6 address, within
    in which one subscriber may have any number of addresses."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host
