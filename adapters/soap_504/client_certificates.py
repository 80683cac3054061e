"""Who calls, where a proxy in front of the gateway ended TLS and saw the client's certificate."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Final

from pydantic import SecretStr

SECRET_HEADER: Final = "x-proxy-secret"  # noqa: S105  (a name)
CERTIFICATE_HEADER: Final = "client-cert"


def client_certificate(headers: Mapping[str, str], secret: SecretStr | None) -> bytes | None:
    """The certificate (DER) of a TLS client as the proxy names it (RFC 9440); None without one to believe.

    Args:
        headers: names in small letters.
        secret: by which the proxy is known; without one no request is trusted.
    """
    sent = headers.get(SECRET_HEADER, "")
    if secret is None or not hmac.compare_digest(sent.encode(), secret.get_secret_value().encode()):
        return None
    value = headers.get(CERTIFICATE_HEADER, "").strip()
    if len(value) < 2 or not value.startswith(":") or not value.endswith(":"):
        return None
    try:
        return base64.b64decode(value[1:-1], validate=True)
    except (binascii.Error, ValueError):
        return None
