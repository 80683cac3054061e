"""The project keeps its plan: packages that exist, modules of readable size, packages that install whole."""

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
LONGEST_MODULE = 350


def modules() -> list[Path]:
    return [
        module
        for package in PACKAGES
        for module in (ROOT / package).rglob("*.py")
        if "bindings" not in module.relative_to(ROOT).parts
    ]


def test_no_module_has_outgrown_a_reader() -> None:
    long = {
        str(module.relative_to(ROOT)): lines
        for module in modules()
        if (lines := len(module.read_text().splitlines())) > LONGEST_MODULE
    }
    assert long == {}


def test_nothing_says_not_yet() -> None:
    words = ("TODO", "FIXME", "XXX", "NotImplementedError")
    stated = [
        f"{module.relative_to(ROOT)}: {word}"
        for module in modules()
        for word in words
        if word in module.read_text()
    ]
    assert stated == []


READ_BY_ALL = ("settings", "settings_tables", "tenant_settings")
"""The configuration: what it checks is of every layer."""


def test_layers_know_every_package() -> None:
    layers = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    placed = {store.strip("() ") for layer in layers for store in layer.replace(":", "|").split("|")}
    stores = {
        f"gateway.{path.stem if path.is_file() else path.name}"
        for path in (ROOT / "gateway").iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").is_file()
    }
    others = {package for package in PACKAGES if package not in ("gateway", "contract_tests")}
    assert stores | others <= placed | {f"gateway.{name}" for name in READ_BY_ALL}


def test_no_secret_and_no_path_of_a_machine_is_tracked() -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    keys = (f"BEGIN {kind}PRIVATE KEY".encode() for kind in ("", "EC ", "RSA "))
    marks = (*keys, *(f"/{home}/".encode() for home in ("root", "work")))
    found = []
    for name in filter(None, listed.stdout.split(b"\0")):
        file = ROOT / name.decode()
        if file.is_file() and file.suffix != ".lock":
            content = file.read_bytes()
            found += [f"{file.name}: {mark.decode()}" for mark in marks if mark in content]
    assert found == []
