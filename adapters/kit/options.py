"""Shared settings of channels: strict tables, files relative to the configuration, secrets outside it."""

import os
import ssl
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    model_validator,
)

DIRECTORY: Final = "directory"
"""Key of the validation context that holds the directory of the configuration file."""

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class MissingExtraError(Exception):
    """A requirement of an enabled adapter is not installed; `extras` install it, where any does."""

    def __init__(self, message: str, extras: frozenset[str] = frozenset()) -> None:
        super().__init__(message)
        self.extras = extras


class Options(BaseModel):
    """The settings of one channel: no unknown key, no silent conversion."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _relative_to_configuration(value: Any, info: ValidationInfo) -> Path:
    if not isinstance(value, str) or not value:
        raise ValueError("the path of a file or directory, as text")
    return Path((info.context or {}).get(DIRECTORY, Path())) / value


def _secret(value: Any, info: ValidationInfo) -> SecretStr:
    """Read `{ file = "…" }` or `{ env = "…" }`; the text of a fault never holds what was given instead."""
    match value:
        case {"file": str(name), **rest} if not rest:
            return SecretStr(_secret_in(_relative_to_configuration(name, info)))
        case {"env": str(name), **rest} if not rest:
            if not os.environ.get(name):
                raise ValueError(f"the environment variable {name} is not set")
            return SecretStr(os.environ[name])
    raise ValueError('secrets are not written here; name { file = "…" } or { env = "…" }')


def _secret_in(file: Path) -> str:
    try:
        if file.stat().st_mode & 0o077:
            raise ValueError(f"others can read {file}; set its mode to 600")
        secret = file.read_text("utf-8").strip()
    except OSError as error:
        raise ValueError(f"{file}: {error.strerror}") from error
    if not secret:
        raise ValueError(f"{file} is empty")
    return secret


Location = Annotated[Path, BeforeValidator(_relative_to_configuration)]
"""A file or directory; a relative one is meant from the configuration's directory."""

Secret = Annotated[SecretStr, BeforeValidator(_secret)]
"""A secret that a file (mode 600) or an environment variable holds."""


class ConnectionOptions(Options):
    """A server to connect to, and who we are there.

    Attributes:
        ca: certificates to trust instead of the system's.
        certificate, key: of this gateway, where the server asks for them.
        answer_timeout_s: timeout of the server's confirmation.
        reconnect_s: pause after a connection broke.
    """

    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    tls: bool = False
    ca: Location | None = None
    certificate: Location | None = None
    key: Location | None = None
    username: str | None = None
    password: Secret | None = None
    answer_timeout_s: Annotated[float, Field(gt=0, le=300)] = 10.0
    reconnect_s: Annotated[float, Field(gt=0, le=600)] = 2.0

    @model_validator(mode="after")
    def _no_secret_in_the_clear(self) -> Self:
        if self.password is not None and not self.tls and self.host not in LOOPBACK:
            raise ValueError("a password goes over tls only; set tls = true")
        if (self.ca or self.certificate) and not self.tls:
            raise ValueError("certificates are for tls; set tls = true")
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together")
        return self

    @property
    def secret(self) -> str | None:
        """The password as the protocol needs it."""
        return None if self.password is None else self.password.get_secret_value()

    def tls_context(self) -> ssl.SSLContext | None:
        """How to protect the connection; None without tls.

        Raises:
            OSError: a certificate or key cannot be read or used.
        """
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=self.ca)
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key)
        return context
