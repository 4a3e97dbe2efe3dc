"""What the team of the pharmacy did with its letters: labels, folders, views, who has what, and the notes they left there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from auth_otp.models import User
from mailbox import cabinet, notes, store, triage
from mailbox.cabinet import Saved
from mailbox.models import Mailbox, Message, Thread

CHECKED, DELIVERED = "Ordonnance à contrôler", "Livraison"
LABELS = {"À rappeler": ("warn", (5,)), CHECKED: ("info", (0, 13)), DELIVERED: ("good", (12, 14, 33))}
FOLDERS = {"EHPAD Les Lilas": (28,), "CPTS": (39,)}
VIEWS = {
    "anne": Saved("Ordonnances à contrôler", "inbox", label=CHECKED),
    "claire": Saved("Livraisons", "inbox", label=DELIVERED),
}
GIVEN = {5: "anne", 12: "claire"}
DONE = {16: "anne", 21: "anne", 25: "claire"}


@dataclass(frozen=True)
class Said:
    """A note, hours before now, in the thread of that letter (letters.NOTES)."""

    hours: float
    by: str
    letter: int
    text: str


SAID = (
    Said(
        1.9, "claire", 5,
        "M. Nguyen est joint : aucun saignement, il ne prend rien avant notre rappel. @Anne, tu vois le Dr Lemaire ?",
    ),
    Said(0.9, "anne", 0, "Pilulier repris avec l’apixaban 5 mg. Expliquer l’arrêt de l’amiodarone quand Mme Vial passe ce soir."),
    Said(22, "claire", 12, "Douze piluliers sur quatorze sont prêts. Il manque deux ordonnances, demandées à l’infirmerie."),
)  # fmt: skip


def work(mailbox: Mailbox, people: Mapping[str, User], filed: Mapping[int, Message], *, now: datetime) -> None:
    """Through the verbs of the product; `filed` are the letters by their number."""
    members = {name: mailbox.memberships.select_related("mailbox").get(user=user) for name, user in people.items()}

    def threads(letters: tuple[int, ...]) -> list[UUID]:
        return [filed[number].thread_id for number in letters]

    labels = {}
    for name, (colour, letters) in LABELS.items():
        labels[name] = label = cabinet.make_label(mailbox, name, colour)
        triage.label(mailbox, threads(letters), label, by=people["claire"].pk, now=now - timedelta(hours=1))
    for letter, name in GIVEN.items():
        at = filed[letter].filed_at + timedelta(minutes=20)
        triage.assign(mailbox, threads((letter,)), people[name].pk, by=people[name].pk, now=at)
    for letter, name in DONE.items():
        triage.set_status(
            mailbox, threads((letter,)), Thread.Status.DONE, by=people[name].pk, now=now - timedelta(hours=20)
        )
    inbox = mailbox.folders.get(role="inbox")
    for name, letters in FOLDERS.items():
        folder, at = cabinet.make_folder(mailbox, name), now - timedelta(hours=20)
        store.move_threads(mailbox=mailbox, thread_ids=threads(letters), from_folders=[inbox.pk], to_folder=folder)
        triage.moved(mailbox, threads(letters), folder, by=people["anne"].pk, now=at)
    for one in SAID:
        thread = Thread.objects.get(mailbox=mailbox, pk=filed[one.letter].thread_id)
        notes.write(members[one.by], thread, one.text, now=now - timedelta(hours=one.hours))
    for name, view in VIEWS.items():
        cabinet.save_view(members[name], Saved(view.name, view.folder, label=str(labels[view.label].pk)))
