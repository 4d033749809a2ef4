"""Signatures: two components, bound to what was signed, one transaction with what they release."""

import pytest

from doseline.errors import LifeError, NotPermitted
from doseline.records.commands import COMMANDS
from doseline.records.machines import BatchState
from tests.records.life.plant import after, before

B = "H-18-028"


def test_a_signature_says_who_when_as_what_and_why() -> None:
    plant = after("release")
    (signature,) = plant.record.valid_signatures(f"batch/{B}", "released")
    assert (signature.person, signature.name, signature.role) == ("quinn", "Quinn", "quality")
    assert signature.signed_at == "2018-07-10T22:15:00.000000Z"
    assert signature.digest == plant.record.digests[f"batch/{B}"]


def test_the_signature_and_what_it_releases_are_one_command() -> None:
    """Never the one without the other: they have one command id, and so one transaction."""
    plant = before("release")
    kinds = [entry.kind for entry in plant.do("quinn", "release", B)]
    assert kinds == ["BatchReleased", "Signed"]


@pytest.mark.parametrize("name", [name for name, c in COMMANDS.items() if c.signed])
def test_what_is_signed_takes_the_secret_every_time(name: str) -> None:
    """User id alone signs nothing; the check comes before the command says a word."""
    plant = after("release")
    plant.do(
        "adam", "person", "petra", "P", "hamilton", ("qualified-person",), "2026-01-01T00:00:00Z"
    )
    plant.do("quinn", "identify", "petra")
    person = next(
        p for p in plant.record.people.values() if set(p.roles) & set(COMMANDS[name].roles)
    )
    values = [None] * len(COMMANDS[name].request.__dataclass_fields__)  # type: ignore[attr-defined]
    with pytest.raises(NotPermitted, match="user id and secret together"):
        plant.desk.do(name, COMMANDS[name].request(*values), by=person.id, command_id="x")


def test_wrong_secrets_are_on_record_and_lock() -> None:
    plant = before("release")
    for n in range(3):
        with pytest.raises(NotPermitted, match="on record"):
            plant.do("quinn", "release", B, secret="guess", command_id=f"try{n}")
    tried = [e for e in plant.store.entries("person/quinn") if e.kind == "SecretRefused"]
    assert [e.body["wanted"] for e in tried] == ["release"] * 3
    with pytest.raises(NotPermitted, match="locked after 3"):
        plant.do("quinn", "release", B)
    plant.do("ruth", "identify", "quinn")
    plant.do("quinn", "release", B)
    assert plant.record.batch(B).state is BatchState.CONDITIONALLY_RELEASED


def test_a_secret_set_anew_signs_nothing_until_somebody_else_confirms() -> None:
    """The administrator cannot set a secret and sign with it."""
    plant = before("release")
    plant.do("adam", "secret", "quinn")
    with pytest.raises(NotPermitted, match="nobody else has confirmed"):
        plant.do("quinn", "release", B)
    with pytest.raises(NotPermitted, match="own identity"):
        plant.do("quinn", "identify", "quinn")
    with pytest.raises(NotPermitted, match="may not do this"):
        plant.do("adam", "identify", "quinn")
    plant.do("ruth", "identify", "quinn")
    plant.do("quinn", "release", B)


def test_a_user_id_is_never_given_again() -> None:
    plant = after("release")
    with pytest.raises(LifeError, match="never given again"):
        plant.do("adam", "person", "quinn", "Another Quinn", "hamilton", (), "2026-01-01T00:00:00Z")


def test_a_voided_signature_is_given_anew_over_what_stands() -> None:
    """A correction voids both signatures of the step; each is given again by who may."""
    plant = after("check", 4)
    step = f"step/{B}/formulation/1"
    plant.do("olga", "correct", B, "formulation", "ph=6.2", reason="misread")
    assert not plant.record.valid_signatures(step, "performed")
    with pytest.raises(NotPermitted, match="olga did the step"):
        plant.do("oscar", "sign", step, "performed")
    with pytest.raises(NotPermitted, match="cannot check it"):
        plant.do("olga", "sign", step, "checked")
    plant.do("olga", "sign", step, "performed")
    plant.do("oscar", "sign", step, "checked")
    assert [s.person for s in plant.record.valid_signatures(step, "checked")] == ["oscar"]


def test_a_hold_on_a_released_batch_is_lifted_by_releasing_it_anew() -> None:
    plant = after("release")
    plant.do("olga", "correct", B, "formulation", "ph=6.2", reason="misread")
    with pytest.raises(NotPermitted, match="not signed as performed"):
        plant.do("quinn", "resume", B)
    plant.do("olga", "sign", f"step/{B}/formulation/1", "performed")
    plant.do("oscar", "sign", f"step/{B}/formulation/1", "checked")
    with pytest.raises(NotPermitted, match="not reviewed as it is now"):
        plant.do("quinn", "resume", B)
    plant.do("quinn", "review-record", B)
    plant.do("quinn", "resume", B)
    assert not plant.record.batch(B).on_hold
    assert plant.record.valid_signatures(f"batch/{B}", "released")


def test_a_signature_for_a_decision_is_not_given_by_itself() -> None:
    with pytest.raises(NotPermitted, match="not signed as released by itself"):
        after("release").do("quinn", "sign", f"batch/{B}", "released")
