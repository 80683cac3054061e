"""Which document is this? Namespace and root element decide, by table; file names and contents never do."""

from functools import cache

from lxml import etree

from esmp.findings import Finding, Identity, Stage, UnknownDocument
from esmp.parsing import root_tag
from esmp.profiles import Profile, profiles


@cache
def _by_name() -> dict[tuple[str, str], Profile]:
    """(namespace, root) → profile. Of two editions under one name the first in its table stands for both."""
    found: dict[tuple[str, str], Profile] = {}
    for profile in profiles():
        found.setdefault((profile.namespace, profile.root), profile)
    return found


def in_force() -> tuple[Profile, ...]:
    """Return one profile per document name: all but the superseded editions under a name used twice."""
    return tuple(_by_name().values())


def profile_of(namespace: str, root: str) -> Profile | None:
    """Return the profile that documents of this namespace and root follow, if we have one."""
    return _by_name().get((namespace, root))


def identify(data: bytes) -> Identity:
    """Return family, version, namespace and root of a document, read no further than its root start tag.

    Raises DocumentRefused when there is no such tag to read, and UnknownDocument, naming the versions we
    know of the family or else the families, when namespace and root are in no table.
    """
    return identity_of(root_tag(data))


def identity_of(tag: str) -> Identity:
    """Return the identity that belongs to a root tag `{namespace}name`.

    Raises UnknownDocument.
    """
    name = etree.QName(tag)
    namespace = name.namespace or ""
    profile = profile_of(namespace, name.localname)
    if profile is None:
        raise unknown(namespace, name.localname)
    return Identity(profile.family, profile.version, namespace, name.localname)


def unknown(namespace: str, root: str) -> UnknownDocument:
    """Return the refusal of a document that is in no table."""
    siblings = [p for p in profiles() if p.root == root]
    shown, where = root[:100], f"namespace {namespace[:200]!r}" if namespace else "no namespace"
    if siblings:
        versions = ", ".join(dict.fromkeys(p.version for p in siblings))
        message = f"{shown} in {where} is no version we know; of {siblings[0].family} we know {versions}"
        return UnknownDocument(Finding(Stage.IDENTIFIED, "unknown-version", message, path=f"/{shown}"))
    families = ", ".join(dict.fromkeys(p.family for p in profiles()))
    message = f"{shown} in {where} is no document we know; we know {families}"
    return UnknownDocument(Finding(Stage.IDENTIFIED, "unknown-document", message, path=f"/{shown}"))
