"""Our verdict is the published one: on published samples, generated documents and mutants of them."""

from functools import cache
from itertools import pairwise

import pytest
from lxml import etree

from benchmarks.mutations import CHANGES, mutants
from benchmarks.verdicts import CODES, Tally, accepted, published
from esmp import DocumentRefused, identify, stream, validate
from esmp.catalogue import own_catalogue
from esmp.codes import code_set
from esmp.profiles import Family, Profile, profile, versions
from tests.shared import STANDARDS

ESMP = STANDARDS / "esmp"
SAMPLES = sorted(ESMP.rglob("samples/**/*.xml")) if ESMP.is_dir() else []
PUBLISHED = [known for known in own_catalogue().profiles() if known.verified]
published_once = cache(published)


@pytest.mark.feature(id="B1")
@pytest.mark.shared
@pytest.mark.parametrize("codes", CODES)
@pytest.mark.parametrize("of", PUBLISHED, ids=lambda p: f"{p.family}-{p.version}")
def test_mutants_are_judged_as_published(of: Profile, codes: str) -> None:
    tally = Tally()
    tally.judge(of, published_once(ESMP, codes)[of.namespace, of.root], codes, count=2 + len(CHANGES), seed=1)
    assert tally.different == []
    assert 0 < tally.valid < tally.documents
    assert tally.in_parts > 0


@pytest.mark.feature(id="B1")
@pytest.mark.shared
@pytest.mark.parametrize("codes", CODES)
def test_samples_are_judged_as_published(codes: str) -> None:
    judged = 0
    for path in SAMPLES:
        data = path.read_bytes()
        try:
            identity = identify(data)
        except DocumentRefused:
            continue
        judged += 1
        schemas = published_once(ESMP, codes)[identity.namespace, identity.root]
        verdict = accepted(schemas, data)
        assert validate(data, codes=codes).valid == verdict, path.name
        assert all(report.valid for report in stream(data, codes=codes)) == verdict, path.name
    assert judged >= 35


@pytest.mark.shared
@pytest.mark.parametrize("family", [Family.RESERVE_BID, Family.MERIT_ORDER_LIST, Family.ACTIVATION])
def test_the_comparison_would_notice_a_wrong_table(family: Family) -> None:
    """Held against the published schema of the version before, some document is judged differently."""
    plain = [v for v in versions(family) if "-" not in v and profile(family, v).verified]
    for older, newer in pairwise(plain):
        before, after = profile(family, older), profile(family, newer)
        schemas = published_once(ESMP, "v94")[before.namespace, before.root]
        verdicts = [
            (
                accepted(schemas, data.replace(after.namespace.encode(), before.namespace.encode())),
                validate(data, codes="v94").valid,
            )
            for _, data in mutants(after, code_set("v94"), 60, seed=2)
        ]
        assert any(theirs != ours for theirs, ours in verdicts), f"{older} → {newer}"


def test_mutants_are_the_same_every_time_and_of_every_kind() -> None:
    of = profile(Family.RESERVE_BID, "7.4")
    first = list(mutants(of, code_set("v94"), 60, seed=3))
    assert first == list(mutants(of, code_set("v94"), 60, seed=3))
    assert first != list(mutants(of, code_set("v94"), 60, seed=4))
    assert {name for name, _ in first} == {"untouched", *CHANGES}
    assert all(validate(data, codes="v94").valid for name, data in first if name in {"untouched", "prefixed"})
    assert etree.fromstring(first[0][1]) is not None
