"""Invitations of real programs, read: what, when and where, who; said in words; answered. Whatever comes, never raises."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbox.management.demo.meeting import invitation
from mailbox.mime.address import normalise
from mailbox.mime.calendar import answer
from mailbox.mime.calendar.lines import Line, read
from mailbox.mime.calendar.meeting import parse
from mailbox.mime.calendar.recurrence import in_words
from mailbox.mime.calendar.zones import Zones
from mailbox.mime.values import Address

NOW = datetime(2026, 11, 27, 16, tzinfo=UTC)
US = Address('Pharmacie "Dupont"', "pharmacie-dupont-paris@officine.mssante.example")
ZONE = """BEGIN:VTIMEZONE
TZID:Heure de chez nous
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE
"""


def calendar(*lines: str, method: str = "REQUEST", zone: str = "") -> str:
    body = "\n".join(lines)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:{method}\n{zone}BEGIN:VEVENT\n{body}\nEND:VEVENT\nEND:VCALENDAR\n"
    return text.replace("\n", "\r\n")


def request(*more: str, **how: str) -> str:
    return calendar(
        "UID:040000008200E00074C5B7101A82E008", "SEQUENCE:2", "SUMMARY:Réunion\\, conciliation\\nmédicamenteuse",
        "DTSTART;TZID=Romance Standard Time:20261203T140000", "DTEND;TZID=Romance Standard Time:20261203T153000",
        "LOCATION;LANGUAGE=fr:Salle 3\\; bâtiment B",
        'ORGANIZER;CN="Dr LEMAIRE, Florence":MAILTO:F.Lemaire@hopital.mssante.example',
        "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN=Pharma",
        " cie Dupont:mailto:pharmacie-dupont-paris@officine.mssante.example",
        "ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:dr.petit@cabinet.mssante.example",
        "ATTENDEE;CUTYPE=ROOM;CN=Salle 3:mailto:salle3@hopital.mssante.example", *more, **how,
    )  # fmt: skip


def test_an_invitation_says_what_when_where_and_who():
    told = parse(request())
    assert (told.what, told.where, told.sequence) == ("Réunion, conciliation médicamenteuse", "Salle 3; bâtiment B", 2)
    assert told.start.at.astimezone(UTC) == datetime(2026, 12, 3, 13, tzinfo=UTC)
    assert told.end.at - told.start.at == timedelta(minutes=90)
    assert (told.organizer.name, told.organizer.address) == (
        "Dr LEMAIRE, Florence",
        "f.lemaire@hopital.mssante.example",
    )
    assert [(one.name, one.answer, one.is_optional, one.is_place) for one in told.guests] == [
        ("Pharmacie Dupont", "NEEDS-ACTION", False, False), ("", "ACCEPTED", True, False), ("Salle 3", "", False, True),
    ]  # fmt: skip
    assert told.guest(US.addr_spec.upper()) is told.guests[0]
    assert told.may_be_answered


@pytest.mark.parametrize(
    ("start", "moment"),
    [
        ("DTSTART:20260701T120000Z", "2026-07-01T12:00:00+00:00"),
        ("DTSTART;TZID=Europe/Paris:20260701T120000", "2026-07-01T12:00:00+02:00"),
        ("DTSTART;TZID=/citadel.org/20210210_1/Europe/Paris:20260101T120000", "2026-01-01T12:00:00+01:00"),
        ('DTSTART;TZID="W. Europe Standard Time":20260101T120000', "2026-01-01T12:00:00+01:00"),
        ("DTSTART;TZID=Heure de chez nous:20260701T120000", "2026-07-01T12:00:00+02:00"),
        ("DTSTART;TZID=Heure de chez nous:20261025T025900", "2026-10-25T02:59:00+02:00"),
        ("DTSTART;TZID=Heure de chez nous:20261025T030000", "2026-10-25T03:00:00+01:00"),
        ("DTSTART;TZID=Heure de chez nous:20260329T015900", "2026-03-29T01:59:00+01:00"),
        ("DTSTART;TZID=Heure de chez nous:20260329T020000", "2026-03-29T02:00:00+02:00"),
        ("DTSTART;TZID=../../etc/passwd:20260701T120000", "2026-07-01T12:00:00"),
        ("DTSTART:20260701T120000", "2026-07-01T12:00:00"),
    ],
)
def test_a_moment_is_in_the_zone_that_it_names(start, moment):
    assert parse(calendar("UID:x", start, zone=ZONE)).start.at.isoformat() == moment


def test_whole_days_end_with_the_last_of_them_and_a_duration_makes_an_end():
    days = parse(calendar("DTSTART;VALUE=DATE:20261203", "DTEND;VALUE=DATE:20261206"))
    assert days.start.is_day and (days.end.at.day, days.end.is_day) == (5, True)
    assert parse(calendar("DTSTART;VALUE=DATE:20261203", "DTEND;VALUE=DATE:20261204")).end is None
    long = parse(calendar("DTSTART:20261203T100000Z", "DURATION:PT1H30M"))
    assert long.end.at == datetime(2026, 12, 3, 11, 30, tzinfo=UTC)
    for wrong in (
        "DTEND:20261203T090000Z",
        "DTEND:20261203T110000",
        "DURATION:-PT1H",
        "DURATION:P",
        "DURATION:PT9999999S9",
    ):
        assert parse(calendar("DTSTART:20261203T100000Z", wrong)).end is None


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "Chaque jour"), ("FREQ=DAILY;COUNT=10", "Chaque jour, 10 fois"), ("FREQ=WEEKLY", "Chaque semaine"),
        ("FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20270301T000000Z", "Chaque lundi et jeudi, jusqu’au 1er mars 2027"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Du lundi au vendredi"),
        ("freq=weekly;interval=2;byday=tu", "Toutes les 2 semaines le mardi"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "Chaque mois le 15"), ("FREQ=MONTHLY;BYDAY=2TU", "Chaque mois le deuxième mardi"),
        ("FREQ=MONTHLY;BYDAY=-1FR;INTERVAL=3", "Tous les 3 mois le dernier vendredi"), ("FREQ=YEARLY", "Chaque année"),
        ("FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=1", "Chaque année le 1er juin"),
        *((rule, "Se répète selon une règle particulière : voyez l’organisateur") for rule in (
            "FREQ=HOURLY", "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1", "FREQ=DAILY;COUNT=x", "FREQ=WEEKLY;BYDAY=1MO", "", "FREQ",
            "FREQ=YEARLY;BYMONTH=13;BYMONTHDAY=1", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;UNTIL=demain")),
    ],
)  # fmt: skip
def test_a_recurrence_is_said_in_words_or_said_to_be_particular(rule, words):
    assert in_words(rule, Zones(read(""))) == words


def test_a_cancellation_an_exception_and_a_calendar_that_asks_nothing_are_not_answered():
    assert parse(request(method="CANCEL")).is_cancelled
    assert parse(request("STATUS:CANCELLED")).is_cancelled and not parse(request("STATUS:CANCELLED")).may_be_answered
    for method in ("CANCEL", "PUBLISH", "REPLY", "INCONNU"):
        assert not parse(request(method=method)).may_be_answered
    assert parse(calendar("UID:x", "DTSTART:20261203T100000Z")).organizer is None
    assert parse("BEGIN:VCALENDAR\nBEGIN:VTODO\nEND:VTODO\nEND:VCALENDAR") is None
    series = request("RRULE:FREQ=WEEKLY", "EXDATE:20261210T130000Z,20261217T130000Z").replace(
        "END:VCALENDAR", "BEGIN:VEVENT\r\nUID:x\r\nRECURRENCE-ID:20261224T130000Z\r\nEND:VEVENT\r\nEND:VCALENDAR"
    )
    assert (parse(series).recurs, parse(series).exceptions) == ("Chaque semaine", 3)


def test_an_answer_names_the_meeting_and_nobody_else_and_reads_back():
    hostile = request("RECURRENCE-ID;TZID=Europe/Paris:20261203T140000").replace(
        "UID:0400", "UID:\\nATTENDEE:x\\;,0400"
    )
    told = parse(hostile)
    text = answer.reply(told, US, answer.ACCEPTED, now=NOW)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    back = parse(text)
    assert (back.method, back.uid, back.sequence, back.organizer.address) == (
        "REPLY",
        told.uid,
        2,
        told.organizer.address,
    )
    assert back.start.at == told.start.at and back.of_series.at == told.of_series.at
    assert [(one.name, one.address, one.answer) for one in back.guests] == [
        ("Pharmacie 'Dupont'", normalise(US.addr_spec), "ACCEPTED")
    ]
    for wrong in ("NEEDS-ACTION", "", "x"):
        with pytest.raises(ValueError, match="nothing to answer"):
            answer.reply(told, US, wrong, now=NOW)
    with pytest.raises(ValueError, match="nothing to answer"):
        answer.reply(parse(request(method="CANCEL")), US, answer.ACCEPTED, now=NOW)


def test_many_guests_are_counted_and_controls_are_blanks():
    crowd = parse(calendar("SUMMARY:a\x00b\u202ec", *(f"ATTENDEE:mailto:a{n}@b.fr" for n in range(300))))
    assert (len(crowd.guests), crowd.more_guests, crowd.what) == (200, 100, "a b c")


_LINES = """BEGIN:VEVENT END:VEVENT BEGIN:VCALENDAR DTSTART:20260101T000000 DTSTART;TZID=x:99999999T999999 RRULE:FREQ=DAILY
DTEND;VALUE=DATE:00010101 DURATION:P9999W BEGIN:VTIMEZONE TZID:x BEGIN:STANDARD DTSTART:00010101T000000 TZOFFSETTO:+9999
TZOFFSETTO:-0100 RRULE:FREQ=YEARLY;BYMONTH=2;BYDAY=-5SU RRULE:FREQ=YEARLY;BYMONTH=99;BYDAY=1MO END:STANDARD END:VTIMEZONE
ATTENDEE:mailto:@ ORGANIZER;CN="x:y METHOD:REQUEST SEQUENCE:² UID:x :: ;= DTSTART:99991231T235959Z DURATION:PT9999999S""".split()


@given(st.lists(st.sampled_from(_LINES), max_size=25))
def test_any_lines_are_read(lines):
    told = parse("\n".join(["BEGIN:VCALENDAR", *lines]))
    if told and told.may_be_answered:
        answer.reply(told, US, answer.DECLINED, now=NOW)


@given(st.text(max_size=300))
def test_any_text_is_read(text):
    parse(f"BEGIN:VCALENDAR\nBEGIN:VEVENT\n{text}")
    in_words(text, Zones(read(text)))
    Zones(read(text)).moment(Line("DTSTART", {"TZID": text}, "20260101T000000"))


@pytest.mark.parametrize(
    "piece", ["BEGIN:VEVENT\n", "A\n B", "ATTENDEE;CN=x,", 'A;B="', "A;B=", "\n ", "RRULE:" + "A=B;", "\\n"]
)
def test_any_calendar_is_read_in_linear_time(piece):
    begun = time.process_time()
    parse("BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + piece * (1_000_000 // len(piece)))
    assert time.process_time() - begun < 1


def test_the_demonstration_invites_to_a_meeting_that_may_be_answered():
    told = parse(invitation("Invitation : point", Address("Dr_A_B", "a@b.example"), US, NOW).decode())
    assert (told.what, told.where, told.organizer.name) == ("point", "Salle Laënnec, rez-de-chaussée", "Dr A B")
    assert told.may_be_answered and told.end.at - told.start.at == timedelta(hours=1)
