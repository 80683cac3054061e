"""What became of documents: seen whole by their sender, without values by the operator of the gateway."""

from tests.patience import eventually
from tests.specimens import RESERVE_BID_7_2, UNFIT
from tests.web.local_gateway import LocalGateway

PATH = "/v1/documents"
BAD = next(one for one in UNFIT if one.name == "unknown-currency")
BAD_VERSION = "7.2"


def mrid_of(document: bytes) -> str:
    return document.split(b"<mRID>")[1].split(b"</mRID>")[0].decode()


def handed_in(local: LocalGateway, data: bytes) -> str:
    answer = local.as_("east").post(PATH, content=data, headers={"Content-Type": "application/xml"})
    assert answer.status_code == 202, answer.text
    address = str(answer.headers["location"])
    eventually(lambda: local.as_("east").get(address).json()["state"] != "received", "the verdict")
    return address


def test_the_operator_sees_reasons_and_places_and_no_value(local: LocalGateway) -> None:
    address = handed_in(local, BAD.data)
    own, seen = (local.as_(name).get(address).json() for name in ("east", "operator"))
    assert own["state"] == seen["state"] == "refused"
    assert "QQQ" in own["findings"][0]["message"]
    assert "QQQ" not in seen["findings"][0]["message"]
    assert seen["tenant"] == "east"
    (listed,) = local.as_("operator").get(PATH).json()["documents"]
    for shown in (own, seen, listed):
        name = [shown[field] for field in ("kind", "version", "mrid", "revision")]
        assert name == ["ReserveBid", BAD_VERSION, mrid_of(BAD.data), 1]
    for field in ("stage", "code", "line", "path"):
        assert seen["findings"][0][field] == own["findings"][0][field] is not None
    assert local.as_("west").get(address).status_code == 404
    assert local.as_("operator").get(f"{address}/acknowledgement").status_code == 403


def test_documents_are_listed_latest_first_and_by_state(local: LocalGateway) -> None:
    refused = handed_in(local, BAD.data)
    local.world.clock.moment = local.world.clock.moment.replace(microsecond=1)
    other = handed_in(local, RESERVE_BID_7_2.data + b"\n")
    for name in ("east", "operator"):
        listed = local.as_(name).get(PATH).json()["documents"]
        assert [f"{PATH}/{one['document_id']}" for one in listed] == [other, refused]
        assert [one["tenant"] for one in listed] == ["east", "east"]
    assert local.as_("west").get(PATH).json()["documents"] == []
    only = local.as_("operator").get(PATH, params={"limit": 1}).json()["documents"]
    assert len(only) == 1
    assert local.as_("operator").get(PATH, params={"state": "accepted"}).json()["documents"] == []
    assert local.as_("operator").get(PATH, params={"state": "lost"}).status_code == 422


def test_documents_are_found_by_their_mrid_refused_or_not(local: LocalGateway) -> None:
    renamed = RESERVE_BID_7_2.data.replace(mrid_of(BAD.data).encode(), b"TEST-OTHER")
    refused = handed_in(local, BAD.data)
    local.world.clock.moment = local.world.clock.moment.replace(microsecond=1)
    taken, other = handed_in(local, RESERVE_BID_7_2.data), handed_in(local, renamed)
    for mrid, addresses in ((mrid_of(BAD.data), [taken, refused]), ("TEST-OTHER", [other])):
        found = local.as_("operator").get(PATH, params={"mrid": mrid}).json()["documents"]
        assert [f"{PATH}/{one['document_id']}" for one in found] == addresses
    assert local.as_("west").get(PATH, params={"mrid": mrid_of(BAD.data)}).json()["documents"] == []
    assert local.as_("east").get(PATH, params={"mrid": "none"}).json()["documents"] == []


def test_what_is_no_document_has_no_name(local: LocalGateway) -> None:
    seen = local.as_("east").get(handed_in(local, b"<nothing/>")).json()
    assert [seen[field] for field in ("kind", "version", "mrid", "revision")] == [None] * 4


def test_a_repetition_is_called_what_the_first_is_called(local: LocalGateway) -> None:
    first = handed_in(local, RESERVE_BID_7_2.data)
    headers = {"Content-Type": "application/xml", "Idempotency-Key": "again"}
    again = local.as_("east").post(PATH, content=RESERVE_BID_7_2.data, headers=headers).headers["location"]
    eventually(lambda: local.as_("east").get(again).json()["state"] != "received", "the verdict")
    one, other = (local.as_("east").get(address).json() for address in (first, again))
    assert one["mrid"] == other["mrid"] == mrid_of(RESERVE_BID_7_2.data)
    assert one["kind"] == other["kind"] == "ReserveBid"
