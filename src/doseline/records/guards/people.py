"""Guards of people: who may act, sign, check, review and release; each ensures what it says."""

from __future__ import annotations

from doseline.records.guards.refusing import refuse
from doseline.records.profile import profile_named
from doseline.records.state import Record
from doseline.records.things import Batch, Master, Person, Step, Test

__all__ = [
    "acts_in_a_role",
    "both_components_were_given",
    "checker_is_not_performer",
    "master_is_signed_by_two",
    "releaser_had_no_hand_in_it",
    "reviewer_is_not_tester",
    "secret_is_good",
    "somebody_else",
    "training_is_in_date",
]


def acts_in_a_role(person: Person, roles: tuple[str, ...]) -> str:
    """The first of a person's roles that may do this. [21 CFR 11.10(d), (g)]"""
    for role in roles:
        if role in person.roles:
            return role
    return refuse(
        f"{person.name} ({person.id}) may not do this: it takes the role "
        f"{' or '.join(roles)}, and theirs is {', '.join(person.roles) or 'none'}.",
        "21 CFR 11.10(g)",
    )


def training_is_in_date(person: Person, role: str, at: str) -> None:
    """Whoever acts in a role is trained for it on that day. [21 CFR 11.10(i), 211.25]"""
    until = person.trained_until.get(role, "")
    if until < at:
        ended = f"ended on {until[:10]}" if until else "is not on record"
        refuse(f"The training of {person.id} as {role} {ended}.", "21 CFR 11.10(i)")


def both_components_were_given(proven: bool, person: Person) -> None:
    """A signature takes the user id and the secret, every time. [21 CFR 11.200(a)(1)]"""
    if not proven:
        refuse(
            f"This is signed: {person.id} gives user id and secret together.",
            "21 CFR 11.200(a)(1)",
        )


def secret_is_good(record: Record, person: Person) -> None:
    """A secret set anew or refused too often signs nothing. [21 CFR 11.200(a)(3), 11.300]"""
    if not person.confirmed:
        refuse(
            f"The secret of {person.id} was set and nobody else has confirmed who holds it.",
            "21 CFR 11.200(a)(3)",
        )
    if person.refused >= profile_named(record.profile).refused_secrets:
        refuse(
            f"Signing by {person.id} is locked after {person.refused} wrong secrets; "
            "somebody else confirms who holds it.",
            "21 CFR 11.300(d)",
        )


def somebody_else(by: str, person: str) -> None:
    """Whoever confirms an identity is another person. [21 CFR 11.200(a)(3)]"""
    if by == person:
        refuse(f"{by} cannot confirm their own identity.", "21 CFR 11.200(a)(3)")


def checker_is_not_performer(step: Step, by: str) -> None:
    """A step is checked by a second person. [21 CFR 211.101(d), 211.188(b)(11)]"""
    if step.performer == by:
        refuse(f"{by} did the step {step.step} and cannot check it.", "21 CFR 211.101(d)")


def reviewer_is_not_tester(test: Test, by: str) -> None:
    """A result is reviewed by a second person. [21 CFR 211.194(a)(8)]"""
    if test.tester == by:
        refuse(f"{by} entered {test.id} and cannot review it.", "21 CFR 211.194(a)(8)")


def releaser_had_no_hand_in_it(batch: Batch, by: str) -> None:
    """Nobody releases a batch that they helped to make, check or test. [21 CFR 211.22]"""
    if by in batch.performers:
        refuse(
            f"{by} had a hand in batch {batch.id} and cannot decide on its release.",
            "21 CFR 211.22(a)",
        )


def master_is_signed_by_two(record: Record, master: Master) -> None:
    """A master record is written by one person and approved by another. [21 CFR 211.186(a)]"""
    wrote = {s.person for s in record.valid_signatures(f"master/{master.id}", "written")}
    approved = {s.person for s in record.valid_signatures(f"master/{master.id}", "approved")}
    if not any(one != other for one in wrote for other in approved):
        refuse(
            f"Master record {master.id} is not signed by two people, as written and as approved.",
            "21 CFR 211.186(a)",
        )
