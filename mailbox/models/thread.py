"""Messages that belong together (RFC 8621 §3), and the one row by which a folder lists them."""

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7


class Thread(models.Model):
    """Status, assignment and labels are shared by the members of the mailbox; what was read is personal (`Seen`)."""

    class Status(models.TextChoices):
        OPEN = "open", "à traiter"
        WAITING = "waiting", "en attente"
        DONE = "done", "fait"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="threads")
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    subject_token = models.BigIntegerField(null=True)  # blinded base subject: joins replies without References
    modseq = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()
    message_count = models.PositiveIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)  # filed_at of the last letter that we sent in it
    done_at = models.DateTimeField(null=True)  # when it was last held for done: what came before waits no more
    waits_since = models.DateTimeField(null=True)  # filed_at of the oldest received letter that nobody answered
    with_patient = models.BooleanField(default=False)  # a correspondent is a patient (patient.mssante.fr)
    acted_modseq = models.PositiveBigIntegerField(default=0)  # of the mailbox, when its status or person last changed
    labels = models.ManyToManyField("mailbox.Label", through="mailbox.ThreadLabel", related_name="threads")
    patients = models.ManyToManyField("mailbox.Patient", through="mailbox.ThreadPatient", related_name="threads")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_thread_in_mailbox")]
        indexes = [
            models.Index(
                fields=["mailbox", "subject_token", "-last_at"],
                name="mailbox_thread_subject",
                condition=models.Q(subject_token__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ThreadLabel(models.Model):
    """A label that the team put on a thread."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="+")
    label = models.ForeignKey("mailbox.Label", models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_threadlabel_in_mailbox"),
            models.UniqueConstraint(fields=["mailbox", "thread", "label"], name="mailbox_threadlabel_once"),
        ]

    def __str__(self) -> str:
        return f"{self.thread_id}/{self.label_id}"


class ThreadPatient(models.Model):
    """A patient whom a thread is about."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="+")
    patient = models.ForeignKey("mailbox.Patient", models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_threadpatient_in_mailbox"),
            models.UniqueConstraint(fields=["mailbox", "thread", "patient"], name="mailbox_threadpatient_once"),
        ]

    def __str__(self) -> str:
        return f"{self.thread_id}/{self.patient_id}"


class ThreadToken(models.Model):
    """A blinded Message-ID (of a message or named by its References) and the thread it leads to."""

    id = models.BigAutoField(primary_key=True)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="tokens")
    token = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "token"], name="mailbox_threadtoken_once")]

    def __str__(self) -> str:
        return f"{self.thread_id}"


class FolderThread(models.Model):
    """The list row: a folder shows a thread, newest first. Derived from messages in the same transaction (store.py)."""

    id = models.BigAutoField(primary_key=True)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    folder = models.ForeignKey("mailbox.Folder", models.CASCADE, related_name="rows")
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="rows")
    newest = models.ForeignKey("mailbox.Message", models.CASCADE, related_name="+")  # of this thread in this folder
    last_at = models.DateTimeField()
    message_count = models.PositiveIntegerField(default=1)
    has_attachments = models.BooleanField(default=False)
    # What follows is of the thread, here for lists and counters: standing.py keeps it, in the transaction of each change
    rank = models.PositiveSmallIntegerField(default=0)  # of its status: 0 to do, 1 waiting, 2 done
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False, db_constraint=False
    )
    size = models.PositiveBigIntegerField(default=0)  # bytes of its messages in this folder
    waits_since = models.DateTimeField(null=True)
    has_patient = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "folder", "thread"], name="mailbox_folderthread_once"),
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_folderthread_in_mailbox"),
        ]
        indexes = [
            models.Index(fields=["folder", "-last_at", "-thread"], name="mailbox_list"),
            models.Index(fields=["mailbox", "-last_at", "-thread"], name="mailbox_list_wide"),  # lists of no one folder
            models.Index(
                fields=["mailbox", "waits_since", "thread"],
                name="mailbox_list_wide_waits",
                condition=models.Q(waits_since__isnull=False),
            ),
            models.Index(
                fields=["folder", "-last_at", "-thread"],
                name="mailbox_list_attachments",
                condition=models.Q(has_attachments=True),
            ),
            models.Index(
                fields=["folder", "rank", "-last_at", "-thread"], include=["assigned_to"], name="mailbox_list_rank"
            ),
            models.Index(fields=["folder", "-size", "-thread"], name="mailbox_list_size"),
            models.Index(
                fields=["folder", "assigned_to", "-last_at", "-thread"],
                name="mailbox_list_assigned",
                condition=models.Q(assigned_to__isnull=False),
            ),
            models.Index(
                fields=["folder", "-last_at", "-thread"],
                name="mailbox_list_patients",
                condition=models.Q(has_patient=True),
            ),
            models.Index(
                fields=["folder", "waits_since", "thread"],
                name="mailbox_list_waits",
                condition=models.Q(waits_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.folder_id}/{self.thread_id}"
