"""Make the project's own environment: `python3 deploy/bootstrap.py VENV LOCK [EXTRA_LOCK]`.

Standard library only, because it runs before anything is installed. Safe to run again: it does nothing when
the environment already holds exactly what the lock says. An extra lock is for what a machine may be unable to
build: where it cannot be installed this says so and goes on (with FLEXGATE_REQUIRE_SERVICES=1 it fails).
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MINIMUM = (3, 11)


def say(text: str) -> None:
    """Progress goes to standard error; standard output belongs to what is run afterwards."""
    print(text, file=sys.stderr, flush=True)


def run(*command: str) -> None:
    """Run a command, its output to standard error, and stop with its exit code if it fails."""
    done = subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False)
    if done.returncode:
        say(f"failed ({done.returncode}): {' '.join(command)}")
        raise SystemExit(done.returncode)


def need_ensurepip() -> None:
    """Debian and Ubuntu ship `venv` without pip in it; the package python3-venv completes it."""
    try:
        import ensurepip  # noqa: F401, PLC0415
    except ImportError:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        install = ["apt-get", "install", "-y", "--no-install-recommends", package]
        if os.geteuid() != 0:
            install = ["sudo", *install]
        if shutil.which("apt-get") is None or shutil.which(install[0]) is None:
            raise SystemExit(f"this Python has no ensurepip: install {package} first") from None
        say(f"this Python has no ensurepip; installing {package} …")
        update = [*install[: install.index("apt-get") + 1], "update", "-qq"]
        run(*update)
        run(*install)


def main() -> None:
    """Create or renew the environment."""
    if sys.version_info < MINIMUM:
        raise SystemExit(
            f"Flexgate needs Python {MINIMUM[0]}.{MINIMUM[1]} or newer; this is {sys.version.split()[0]}"
        )
    venv, lock = Path(sys.argv[1]), Path(sys.argv[2])
    files = [*map(Path, sys.argv[2:]), ROOT / "pyproject.toml"]
    state = [*(file.read_bytes() for file in files), sys.version.encode(), str(ROOT).encode()]
    wanted = hashlib.sha256(b"".join(state)).hexdigest()
    mark = venv / f"{lock.stem}.installed"
    if mark.exists() and mark.read_text() == wanted:
        return
    python = venv / "bin" / "python"
    if not python.exists():
        need_ensurepip()
        say(f"creating {venv} …")
        run(sys.executable, "-m", "venv", str(venv))
    pip = (str(python), "-m", "pip", "--disable-pip-version-check", "install", "--progress-bar", "off")
    packages = sum(1 for line in lock.read_text().splitlines() if "==" in line and not line.startswith(" "))
    say(f"installing {packages} locked packages from {lock} (a few minutes the first time) …")
    run(*pip, "--quiet", "--require-hashes", "-r", str(lock))
    run(*pip, "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    if len(sys.argv) > 3:
        install_extra(pip, Path(sys.argv[3]))
    mark.write_text(wanted)
    say(f"{venv} is ready")


def install_extra(pip: tuple[str, ...], lock: Path) -> None:
    """Install what needs a compiler, if it can be."""
    say(f"building what {lock} names …")
    built = subprocess.run(
        (*pip, "--quiet", "--require-hashes", "-r", str(lock)), cwd=ROOT, capture_output=True, check=False
    )
    if built.returncode == 0:
        return
    hint = f"{lock} cannot be built here (it needs gcc and OpenSSL headers); its tests will be skipped"
    if os.environ.get("FLEXGATE_REQUIRE_SERVICES") == "1":
        sys.stderr.buffer.write(built.stderr)
        raise SystemExit(hint)
    say(hint)


if __name__ == "__main__":
    main()
