"""Paying an approved amount, in one payment or several, and voiding a payment that was entered wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from cadres.search import normalise
from policies import acts
from policies.models import Fulfilment, Payment
from workflow.steps import IllegalStepError

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from workflow.steps import Actor


def pay(
    fulfilment: Fulfilment,
    *,
    voucher: str,
    amount: Decimal,
    paid_on: date,
    by: Actor,
    now: datetime,
    version: int | None = None,
) -> Payment:
    """Record one payment under the row's lock; the one that pays the rest also ends the row as 已兑现.

    Raises IllegalStepError, with nothing written, for more than is left of the approved amount, a voucher that is known
    already, or where the actor may not pay.
    """
    with transaction.atomic():
        _lock(fulfilment)
        refused = acts.obstacle(fulfilment, "pay", by=by, version=version)
        if refused := refused or _wrong(fulfilment, amount, paid_on, now):
            raise IllegalStepError(refused)
        payment = _store(
            Payment(
                fulfilment=fulfilment,
                voucher=normalise(voucher),
                amount=amount,
                paid_on=paid_on,
                recorded_by=by.capacity,
                recorded_at=now,
            )
        )
        fulfilment.refresh_from_db(fields=["amount_paid", "paid_on"])
        note = f"凭证 {payment.voucher}，{payment.amount:,.2f} 元"
        acts.take_step(fulfilment, "pay", by=by, now=now, note=note, values={})
        if not fulfilment.amount_left:
            acts.take_step(fulfilment, "complete", by=by, now=now, note="", values={})
        return payment


def void(payment: Payment, *, reason: str, by: Actor, now: datetime, version: int | None = None) -> Fulfilment:
    """Void a payment: its amount is to be paid again, its voucher may be entered again. The row is 拨付中 then."""
    fulfilment = payment.fulfilment
    with transaction.atomic():
        _lock(fulfilment)
        if refused := acts.obstacle(fulfilment, "void", by=by, version=version):
            raise IllegalStepError(refused)
        payment.refresh_from_db(from_queryset=Payment.objects.select_for_update(no_key=True))
        if payment.voided_at:
            raise IllegalStepError(f"凭证 {payment.voucher} 已作废，请刷新后再办理。")
        payment.voided_at, payment.voided_by, payment.void_reason = now, by.capacity, reason
        payment.save(update_fields=["voided_at", "voided_by", "voided_by_deputy", "void_reason"])
        fulfilment.refresh_from_db(fields=["amount_paid", "paid_on"])
        note = f"凭证 {payment.voucher}，{payment.amount:,.2f} 元：{reason}"
        acts.take_step(fulfilment, "void", by=by, now=now, note=note, values={})
    return fulfilment


def _lock(fulfilment: Fulfilment) -> None:
    locked = Fulfilment.objects.select_for_update(no_key=True, of=("self",))
    fulfilment.refresh_from_db(from_queryset=locked.select_related("enterprise", "item__policy"))


def _wrong(fulfilment: Fulfilment, amount: Decimal, paid_on: date, now: datetime) -> str | None:
    if amount <= 0:
        return "拨付金额须大于 0。"
    if amount > fulfilment.amount_left:
        return f"超过核定金额：还可拨付 {fulfilment.amount_left:,.2f} 元，本次填了 {amount:,.2f} 元。"
    if paid_on > timezone.localdate(now):
        return "拨付日期不能晚于今天。"
    return None


def _store(payment: Payment) -> Payment:
    try:
        with transaction.atomic():
            payment.save()
    except IntegrityError as error:
        if "payment_voucher_once" not in str(error):
            raise
        known = Payment.objects.valid().filter(voucher__iexact=payment.voucher).first()
        told = f"（{known.paid_on}，{known.amount:,.2f} 元）" if known else ""
        raise IllegalStepError(f"凭证号“{payment.voucher}”已登记过{told}，请核对，不要重复登记。") from error
    return payment
