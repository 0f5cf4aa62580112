from __future__ import annotations

from typing import Final, Self

import pgtrigger
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from cadres.models import Cadre, DoneBy
from policies.models.fulfilment import Fulfilment
from policies.workflow import STEPS, Status
from workflow import protection
from workflow.models import AbstractEvent

PAYABLE: Final = (Status.PAYING, Status.PAID, Status.RECOVERED)


class Event(AbstractEvent):
    """One step taken on a fulfilment; its history, which nobody can change."""

    fulfilment = models.ForeignKey(Fulfilment, models.PROTECT, related_name="events", db_index=False)

    class Meta(AbstractEvent.Meta):
        verbose_name = verbose_name_plural = "兑现记录"
        indexes = (models.Index(fields=("fulfilment", "txid"), name="event_of_fulfilment"),)
        triggers = protection.guards_of_event(STEPS)

    def __str__(self) -> str:
        return f"{self.label} {self.at}"

    @property
    def label(self) -> str:
        return STEPS[self.step].label


class PaymentQuerySet(models.QuerySet["Payment"]):
    def valid(self) -> Self:
        return self.filter(voided_at=None)


class Payment(models.Model):
    """One payment of an approved amount, known by its voucher. It is voided, never changed or deleted.

    Its triggers add it to the fulfilment's `amount_paid`, where a constraint keeps the sum within what was approved,
    also when two are recorded at once.
    """

    fulfilment = models.ForeignKey(Fulfilment, models.PROTECT, related_name="payments", verbose_name="兑现记录")
    voucher = models.CharField("凭证号", max_length=60)
    amount = models.DecimalField(
        "金额（元）",
        max_digits=14,
        decimal_places=2,
        validators=[MinValueValidator(0, message="金额不能为负数")],
    )
    paid_on = models.DateField("拨付日期")
    recorded_by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间")
    voided_at = models.DateTimeField("作废时间", null=True)
    voided_by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="作废人")
    void_reason = models.CharField("作废原因", max_length=200, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "拨付记录"
        ordering = ("paid_on", "pk")
        constraints = (
            models.UniqueConstraint(
                Upper("voucher"),
                condition=Q(voided_at=None),
                name="payment_voucher_once",
                violation_error_message="该凭证号已登记过。",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="payment_is_positive",
                violation_error_message="拨付金额须大于 0。",
            ),
            models.CheckConstraint(
                condition=~Q(voucher=""), name="payment_has_a_voucher", violation_error_message="请填写凭证号。"
            ),
            models.CheckConstraint(
                condition=Q(voided_at=None) | ~Q(void_reason=""), name="payment_voided_for_a_reason"
            ),
        )
        triggers = (
            pgtrigger.Protect(name="payments_stay", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="adds_to_the_sum",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=f"""
                    UPDATE policies_fulfilment
                       SET amount_paid = amount_paid + NEW.amount, paid_on = GREATEST(paid_on, NEW.paid_on)
                     WHERE id = NEW.fulfilment_id AND status IN ({", ".join(f"'{status}'" for status in PAYABLE)});
                    IF NOT FOUND THEN
                        RAISE EXCEPTION 'fulfilment % is not being paid', NEW.fulfilment_id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="is_voided_once_and_never_changed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF (OLD.fulfilment_id, OLD.voucher, OLD.amount, OLD.paid_on, OLD.recorded_at)
                        IS DISTINCT FROM (NEW.fulfilment_id, NEW.voucher, NEW.amount, NEW.paid_on, NEW.recorded_at)
                        OR OLD.voided_at IS NOT NULL THEN
                        RAISE EXCEPTION 'payment % can only be voided, and once', OLD.id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.voided_at IS NOT NULL THEN
                        UPDATE policies_fulfilment
                           SET amount_paid = amount_paid - OLD.amount,
                               paid_on = (SELECT max(paid_on) FROM policies_payment
                                           WHERE fulfilment_id = OLD.fulfilment_id AND id <> OLD.id
                                             AND voided_at IS NULL)
                         WHERE id = OLD.fulfilment_id;
                    END IF;
                    RETURN NEW;
                """,
            ),
        )

    def __str__(self) -> str:
        return f"{self.voucher} {self.amount}"
