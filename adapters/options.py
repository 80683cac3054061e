"""What settings of channels share: strict tables, files beside the configuration, secrets kept out of it."""

import os
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, ValidationInfo

DIRECTORY: Final = "directory"
"""Key of the validation context that holds the directory of the configuration file."""


class Options(BaseModel):
    """The settings of one channel: no unknown key, no silent conversion."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _beside_the_configuration(value: Any, info: ValidationInfo) -> Path:
    if not isinstance(value, str) or not value:
        raise ValueError("the path of a file or directory, as text")
    return Path((info.context or {}).get(DIRECTORY, Path())) / value


def _secret(value: Any, info: ValidationInfo) -> SecretStr:
    """Read `{ file = "…" }` or `{ env = "…" }`; the text of a fault never holds what was given instead."""
    match value:
        case {"file": str(name), **rest} if not rest:
            return SecretStr(_kept_in(_beside_the_configuration(name, info)))
        case {"env": str(name), **rest} if not rest:
            if not os.environ.get(name):
                raise ValueError(f"the environment variable {name} is not set")
            return SecretStr(os.environ[name])
    raise ValueError('secrets are not written here; name { file = "…" } or { env = "…" }')


def _kept_in(file: Path) -> str:
    try:
        if file.stat().st_mode & 0o077:
            raise ValueError(f"others can read {file}; set its mode to 600")
        secret = file.read_text("utf-8").strip()
    except OSError as error:
        raise ValueError(f"{file}: {error.strerror}") from error
    if not secret:
        raise ValueError(f"{file} is empty")
    return secret


Location = Annotated[Path, BeforeValidator(_beside_the_configuration)]
"""A file or directory; a relative one is meant from the configuration's directory."""

Secret = Annotated[SecretStr, BeforeValidator(_secret)]
"""A secret that a file (mode 600) or an environment variable holds."""
