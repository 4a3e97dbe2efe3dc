"""One noun a file. Rows and what concerns one row; what moves several things is a verb elsewhere."""

from mailbox.models.blob import Arrival, Blob
from mailbox.models.choice import AddressChoice
from mailbox.models.colleague import ColleagueInvitation
from mailbox.models.contact import Contact, ContactGroup
from mailbox.models.draft import Draft, DraftFile
from mailbox.models.examination import Examination
from mailbox.models.folder import Folder, Label
from mailbox.models.following import Following
from mailbox.models.handover import Handover
from mailbox.models.imports import Import, ImportPiece
from mailbox.models.invitation import Invitation
from mailbox.models.keeping import Hold, Keeping, Purge
from mailbox.models.lease import Lease
from mailbox.models.life import ClosureNotice, Life, LifeStep, MailboxRequest, NoticeChannel, UsedAddress
from mailbox.models.mailbox import Credential, Mailbox, MailboxKey, MailboxKeys, Membership, open_mailbox
from mailbox.models.message import Message, SearchEntry, Seen
from mailbox.models.note import Mention, Note
from mailbox.models.ordinary import OrdinaryAddress, OrdinaryMail
from mailbox.models.patient import Patient
from mailbox.models.peer import Peer, PeerLimit
from mailbox.models.phrase import Phrase, WritingChoice
from mailbox.models.preference import Preference, preference_of
from mailbox.models.publication import Halt, Listing
from mailbox.models.reading import BlockedSender, ImageTrust, MeetingAnswer
from mailbox.models.rule import Absence, AutoAnswer, Rule, Sorting
from mailbox.models.staff import Staff
from mailbox.models.submission import Recipient, Submission
from mailbox.models.tenant import Domain, Tenant
from mailbox.models.thread import FolderThread, Thread, ThreadLabel, ThreadPatient, ThreadToken
from mailbox.models.thread_event import ThreadEvent
from mailbox.models.transaction import Flow, Indicator, IndicatorMonth, Transaction
from mailbox.models.triage import SavedView, Snooze, UndoNote
from mailbox.models.trust import Edition, RevocationList
from mailbox.models.vocabulary import Beginning
from mailbox.models.watching import Incident, Probe, Tally, Watched, WhiteListSource

__all__ = [
    "Absence", "AddressChoice", "Arrival", "AutoAnswer", "Beginning", "Blob", "BlockedSender", "ClosureNotice",
    "ColleagueInvitation", "Contact", "ContactGroup",
    "Credential", "Domain", "Draft", "DraftFile", "Edition", "Examination", "Flow", "Folder", "FolderThread",
    "Following", "Halt", "Handover", "Hold", "ImageTrust", "Import", "ImportPiece", "Incident", "Indicator",
    "IndicatorMonth", "Invitation", "Keeping", "Label", "Lease", "Life", "LifeStep", "Listing", "Mailbox", "MailboxKey",
    "MailboxKeys", "MailboxRequest", "MeetingAnswer", "Membership", "Mention", "Message", "Note", "NoticeChannel",
    "OrdinaryAddress", "OrdinaryMail", "Patient", "Peer", "PeerLimit", "Phrase", "Preference", "Probe", "Purge", "Recipient",
    "RevocationList", "Rule", "SavedView", "SearchEntry", "Seen", "Snooze", "Sorting", "Staff", "Submission", "Tally", "Tenant",
    "Thread", "ThreadEvent", "ThreadLabel", "ThreadPatient", "ThreadToken", "Transaction", "UndoNote", "UsedAddress", "Watched",
    "WhiteListSource", "WritingChoice", "open_mailbox", "preference_of",
]  # fmt: skip
