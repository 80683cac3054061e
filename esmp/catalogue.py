"""Which document is this? Namespace and root element decide, by table; file names and contents never do."""

from collections.abc import Iterable
from functools import cache

from lxml import etree

from esmp.findings import Identity, SchemaFinding, Stage, UnknownDocument
from esmp.parsing import root_tag
from esmp.profiles import Profile, profiles


class Catalogue:
    """The documents we know, by namespace and root: those of our tables, and those an operator added."""

    def __init__(self, added: Iterable[Profile] = ()) -> None:
        """Join `added` to our own tables; under a name that both have, ours stays."""
        self._by_name: dict[tuple[str, str], Profile] = {}
        for profile in (*profiles(), *added):
            # Of two editions under one name the first in its table represents both.
            self._by_name.setdefault((profile.namespace, profile.root), profile)

    def profiles(self) -> tuple[Profile, ...]:
        """Return one profile per document name."""
        return tuple(self._by_name.values())

    def knows(self, namespace: str, root: str) -> bool:
        """Whether documents of this namespace and root can be identified."""
        return (namespace, root) in self._by_name

    def profile(self, tag: str) -> Profile:
        """Return the profile that documents with the root tag `{namespace}name` follow.

        Raises UnknownDocument, naming the versions we know of the family or else the families.
        """
        name = etree.QName(tag)
        known = self._by_name.get((name.namespace or "", name.localname))
        if known is None:
            raise self._unknown(name.namespace or "", name.localname)
        return known

    def _unknown(self, namespace: str, root: str) -> UnknownDocument:
        siblings = [p for p in self.profiles() if p.root == root]
        shown, where = root[:100], f"namespace {namespace[:200]!r}" if namespace else "no namespace"
        if siblings:
            versions = ", ".join(dict.fromkeys(p.version for p in siblings))
            message = f"{shown} in {where} is no version we know; of {siblings[0].family} we know {versions}"
            return UnknownDocument(
                SchemaFinding(Stage.IDENTIFIED, "unknown-version", message, path=f"/{shown}")
            )
        families = ", ".join(dict.fromkeys(p.family for p in self.profiles()))
        message = f"{shown} in {where} is no document we know; we know {families}"
        return UnknownDocument(SchemaFinding(Stage.IDENTIFIED, "unknown-document", message, path=f"/{shown}"))


@cache
def own_catalogue() -> Catalogue:
    """Return the catalogue of our own tables alone."""
    return Catalogue()


def identity_of(profile: Profile) -> Identity:
    """Return the identity of a profile's documents."""
    return Identity(profile.family, profile.version, profile.namespace, profile.root)


def identify(data: bytes, *, catalogue: Catalogue | None = None) -> Identity:
    """Return family, version, namespace and root of a document, read no further than its root start tag.

    Raises DocumentRefused when there is no such tag to read, and UnknownDocument, naming the versions we
    know of the family or else the families, when namespace and root are not in the catalogue.
    """
    return identity_of((catalogue or own_catalogue()).profile(root_tag(data)))
