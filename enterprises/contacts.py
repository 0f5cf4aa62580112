"""An enterprise's contacts: keeping them, naming the main one, and showing personal data in full to those who may.

Every act locks the enterprise first. Rows are ended, never deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction
from django.db.models import F

from cadres import audit, copying
from cadres.inserting import Mould
from cadres.masking import masked_name
from enterprises.models import Contact, Enterprise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from cadres.http import CadreRequest


class Person(NamedTuple):
    """Whom an import names as an enterprise's contact; both empty for nobody."""

    name: str
    phone: str


def lock(enterprise: Enterprise) -> None:
    """Until the transaction ends nobody else changes this enterprise's contacts."""
    Enterprise.objects.select_for_update(no_key=True).only("pk").get(pk=enterprise.pk)


@transaction.atomic
def keep(contact: Contact) -> None:
    """Save a new or an edited contact. A new main one takes the place of the former, who stays a contact."""
    lock(contact.enterprise)
    others = contact.enterprise.contacts.main().exclude(pk=contact.pk)
    if contact.is_main and contact.ended_on is None:
        others.update(is_main=False, version=F("version") + 1)
    contact.save()


@transaction.atomic
def end(contact: Contact, on: date) -> bool:
    """End a contact (离职, 换人); False if somebody else did it before."""
    lock(contact.enterprise)
    ended = Contact.objects.current().filter(pk=contact.pk).update(ended_on=on, version=F("version") + 1)
    return bool(ended)


@transaction.atomic
def name_main(wanted: Mapping[int, Person], today: date) -> None:
    """Make these people the main contacts of their enterprises, by key; nobody's row is lost.

    The same name keeps its row, a known contact is promoted, another name begins a row, and the former main contact is
    ended. The caller has locked the enterprises. Four statements for every thousand.
    """
    current: dict[int, list[Contact]] = {}
    for contact in Contact.objects.current().filter(enterprise__in=wanted).order_by("pk"):
        current.setdefault(contact.enterprise_id, []).append(contact)
    ended, kept, begun = [], [], []
    mould = Mould(Contact, is_main=True)
    for key, person in wanted.items():
        known = current.get(key, [])
        meant = _known(person, known)
        for former in known:
            if former.is_main and former is not meant:
                former.ended_on = today
                ended.append(former)
        if meant is None:
            begun += [mould.row(enterprise_id=key, **person._asdict())] if any(person) else []
        elif not meant.is_main or (meant.name, meant.phone) != person:
            meant.is_main, meant.name, meant.phone = True, person.name, person.phone
            kept.append(meant)
    _write(ended, kept, begun)


def _write(ended: list[Contact], kept: list[Contact], begun: list[Contact]) -> None:
    """Who goes before who comes, since there is one main contact at a time."""
    for contact in (*ended, *kept):
        contact.version += 1
    Contact.objects.bulk_update(ended, ["ended_on", "version"], batch_size=1_000)
    Contact.objects.bulk_update(kept, ["is_main", "name", "phone", "version"], batch_size=1_000)
    copying.create(begun)


def reveal(request: CadreRequest, enterprise: Enterprise, contact: Contact | None) -> list[tuple[str, str]]:
    """What is shown in full, as (label, words): of one contact, or the legal representative's name.

    The audit row tells who looked at whose data, not the data; it is written before anything is shown.
    """
    if contact is None:
        shown = [("法定代表人", enterprise.legal_representative)]
        whose = f"法定代表人 {masked_name(enterprise.legal_representative)}"
    else:
        shown = [("姓名", contact.name), ("联系电话", contact.phone)]
        whose = f"联系人 {contact.masked}"
    detail = {"企业": enterprise.pk, "信用代码": enterprise.credit_code or "", "查看": whose}
    audit.record(audit.Action.UNMASK, cadre=request.user, subject=enterprise.name, detail=detail, request=request)
    return [(label, words) for label, words in shown if words]


def _known(person: Person, contacts: Iterable[Contact]) -> Contact | None:
    """Whom of these the person is: by name, or by number where one of them has no name."""
    for one in contacts:
        if person.name == one.name if person.name and one.name else person.phone and person.phone == one.phone:
            return one
    return None
