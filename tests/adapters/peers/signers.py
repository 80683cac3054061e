"""XML signatures that are not lxml's: of the JDK, and of npm's xml-crypto."""

import base64
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contract_tests.emulators.identities import Identity
from tests.adapters.node import installed
from tests.adapters.services import absent

JAVA = Path(__file__).parent / "JdkSigner.java"
NODE = Path(__file__).parent / "xmlcrypto_signer"


@dataclass
class ForeignSigner:
    """A process that signs what it gets, line by line."""

    process: subprocess.Popen[bytes]

    def sign(self, message: bytes) -> bytes:
        """The message with a signature at the end of its header."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(base64.b64encode(message) + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the signer has ended; its last words are on standard error"
        return base64.b64decode(line)


@contextmanager
def foreign_signer(name: str, identity: Identity) -> Iterator[ForeignSigner]:
    """A signer by its name, with a key; skips where its language is not installed."""
    command = _jdk() if name == "jdk" else ["node", str(installed(NODE) / "signer.js")]
    files = [str(identity.key_file), str(identity.certificate_file)]
    with subprocess.Popen([*command, *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield ForeignSigner(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def _jdk() -> Sequence[str]:
    if shutil.which("java") is None or shutil.which("javac") is None:
        absent("no JDK is installed")
    return ["java", "-XX:TieredStopAtLevel=1", str(JAVA)]
