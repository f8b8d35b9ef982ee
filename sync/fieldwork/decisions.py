"""What tablets heard of their records against what the office decided on them (sync.md 4, 5)."""

from collections.abc import Iterator

from surveys.submissions.models import ReviewStep, Submission
from sync.fieldwork.collector import CollectorWorker

Step = ReviewStep.Step
HEARD = {
    Step.APPROVED: "approved",
    Step.REJECTED: "rejected",
    Step.SENT_BACK: "sent_back",
    Step.RETURNED: "edited",
}


def verdict_differences(worker: CollectorWorker) -> Iterator[str]:
    """Every record of the tablet has a verdict, and it is the last thing the office decided."""
    sent = [parcel.instance_id for parcel in worker.parcels]
    decided = {
        step.submission.instance_id: HEARD[Step(step.step)]
        for step in ReviewStep.objects.filter(
            submission__instance_id__in=sent, step__in=list(HEARD)
        )
        .select_related("submission")
        .order_by("pk")
    }
    there = Submission.objects.filter(instance_id__in=sent).values_list("instance_id", flat=True)
    for each in there:
        heard = worker.verdicts.get(each, "nothing")
        if heard != decided.get(each, heard) or heard in {"nothing", "received"}:
            yield (
                f"tablet {worker.plan.number}: of {each} it heard {heard},"
                f" the office decided {decided.get(each, 'nothing')}"
            )
