"""The invented country: same seed, same bytes; published layouts; the numbers of annuaire.md; its truth is true."""

import json
import re
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from directory import extract, invent
from directory.fold import fold
from directory.invent import family, files, given, headers
from directory.invent.draws import luhn_closed, rpps, source, spread
from tests.depth import deep

MAILBOXES, ACTIVITIES, SKILLS, DIPLOMAS = headers.MAILBOXES, headers.ACTIVITIES, headers.SKILLS, headers.DIPLOMAS
STAMP = "202611260213"
PEOPLE = 20_000


def written(folder: Path, people: int, **more) -> dict[str, Path]:
    plan = invent.Plan(people=people, seed=more.pop("seed", 1), stamp=STAMP, **more)
    return {path.name.rsplit("_", 1)[0]: path for path in invent.write(plan, folder)}


def rows(path: Path, *, whole: int) -> list[list[str]]:
    """The lines that are not cut, without the header."""
    lines = path.read_text(encoding="utf-8").split("\n")[1:-1]
    return [cells for line in lines if len(cells := line.split("|")) == whole]


@pytest.fixture(scope="module")
def country(tmp_path_factory) -> dict[str, Path]:
    return written(tmp_path_factory.mktemp("day1"), PEOPLE, truth=500)


@pytest.fixture(scope="module")
def next_day(tmp_path_factory) -> dict[str, Path]:
    return written(tmp_path_factory.mktemp("day2"), PEOPLE, day=2, truth=500)


def test_one_seed_gives_the_same_bytes_and_another_gives_others(tmp_path):
    made = [written(tmp_path / str(turn), 400, seed=seed, truth=20, is_zip=True) for turn, seed in enumerate((5, 5, 6))]
    assert len(made[0]) == 6
    for name, path in made[0].items():
        assert path.read_bytes() == made[1][name].read_bytes(), name
        assert path.read_bytes() != made[2][name].read_bytes(), name


def test_the_first_lines_are_the_published_ones(country):
    annuaire = {MAILBOXES: 31, ACTIVITIES: 56, SKILLS: 13, DIPLOMAS: 13}
    for name, count in annuaire.items():
        with country[name].open(encoding="utf-8") as lines:
            header = next(lines)
        assert header == f"{headers.HEADERS[name]}\n"
        assert len(header.rstrip("|\n").split("|")) == count
    assert headers.HEADERS[ACTIVITIES].endswith("genre activité|")
    assert headers.MAILBOX_HEADER.split("|")[24] == "NL4TYPEVOIE structure BAL"
    assert country[ACTIVITIES].name == f"PS_LibreAcces_Personne_activite_{STAMP}.txt"


def test_the_archives_hold_the_texts_under_their_published_names(tmp_path):
    made = written(tmp_path, 50, is_zip=True)
    with zipfile.ZipFile(made["PS_LibreAcces"]) as archive:
        assert archive.namelist() == [f"{name}_{STAMP}.txt" for name in (ACTIVITIES, DIPLOMAS, SKILLS)]
        assert archive.read(f"{ACTIVITIES}_{STAMP}.txt") == made[ACTIVITIES].read_bytes()
    with zipfile.ZipFile(tmp_path / f"{MAILBOXES}_{STAMP}.zip") as archive:
        assert archive.namelist() == [f"{MAILBOXES}_{STAMP}.txt"]
    only = written(tmp_path / "only", 50, is_zip=True, is_plain=False)
    assert sorted(path.suffix for path in only.values()) == [".zip", ".zip"]


def test_every_line_that_is_not_cut_is_accepted(country):
    for name, width in ((MAILBOXES, 31), (ACTIVITIES, 57)):
        lines = country[name].read_text(encoding="utf-8").split("\n")[:-1]
        read = extract.reader(extract.read_header(lines[0]))
        refused = Counter[str]()
        for line in lines[1:]:
            try:
                read(line)
            except extract.Rejected:
                refused[f"{line.count('|') + 1 == width} {' @ ' in line}"] += 1
        assert sum(refused.values()) < 10
        assert set(refused) <= {"False False", "True True"}, refused  # cut, or an address with a blank inside


def test_professions_places_and_skills_are_shared_as_in_the_country(country):
    lines = rows(country[ACTIVITIES], whole=57)
    people = {cells[1]: cells for cells in lines}
    trades = Counter(cells[9] for cells in people.values())
    for code, national in (("10", 237_200), ("60", 640_000), ("21", 74_600), ("70", 104_200), ("35", 320_000)):
        assert trades[code] / len(people) == pytest.approx(national / 1_950_000, rel=0.12), code
    places = Counter(Counter(cells[1] for cells in lines if cells[23]).values())
    told = len(people) - sum(places.values())
    assert 0.15 < told / len(people) < 0.26
    assert 0.56 < places[1] / len(people) < 0.68
    assert 0.08 < places[2] / len(people) < 0.16
    assert 0.02 < sum(places[count] for count in (3, 4, 5)) / len(people) < 0.07
    assert 1.12 < len(lines) / len(people) < 1.25  # 2.2 to 2.4 million of 1.95
    assert len(rows(country[SKILLS], whole=13)) / len(people) == pytest.approx(430_000 / 1_950_000, rel=0.08)
    north, lozere = (sum(cells[44] == code for cells in lines) for code in ("59", "48"))
    assert 15 < north / max(lozere, 1) < 120


def test_a_test_space_has_mailboxes_in_its_own_domains_only(tmp_path):
    asked = ("a.mssante.example", "b.mssante.example")
    lines = rows(written(tmp_path, 1_000, domains=asked)[MAILBOXES], whole=31)
    assert {cells[1].strip().lower().split("@")[1] for cells in lines} == set(asked)


def test_mailboxes_and_domains_are_shared_as_in_the_country(country):
    lines = rows(country[MAILBOXES], whole=31)
    kinds = Counter(cells[0] for cells in lines)
    assert set(kinds) == {"PER", "ORG"}
    assert len(lines) / PEOPLE == pytest.approx(536_000 / 1_950_000, rel=0.08)
    assert kinds["PER"] / len(lines) == pytest.approx(0.85, abs=0.02)
    domains = [count for _, count in Counter(cells[1].strip().lower().split("@")[1] for cells in lines).most_common()]
    for first, share in ((1, 0.116), (10, 0.46), (50, 0.66)):
        assert sum(domains[:first]) / len(lines) == pytest.approx(share, abs=0.035), first
    assert sum(bool(cells[6]) for cells in lines if cells[0] == "PER") / kinds["PER"] == pytest.approx(0.5, abs=0.05)
    assert all(cells[1].strip().lower().endswith(".mssante.example") for cells in lines)
    addresses = Counter(cells[1].strip().lower() for cells in lines)
    assert len(lines) - len(addresses) < len(lines) * 0.004


def test_the_dirt_of_the_published_files_is_there(country):
    lines = country[ACTIVITIES].read_text(encoding="utf-8").split("\n")[1:-1]
    assert 5 <= len(lines) - len(set(lines)) <= 60
    cells = [line.split("|") for line in lines if line.count("|") == 56]
    assert {"0000"} < {row[40] for row in cells}
    assert any(row[31] and row[32].upper().startswith(row[31].upper()) for row in cells)  # the type of street twice
    assert {"99000", ""} <= {row[38] for row in cells}
    assert any(not extract.luhn(row[1]) for row in cells)
    assert 0.9 < sum(row[7] == row[7].upper() for row in cells) / len(cells) + 0.2 < 1.15
    boxes = [row[1] for row in rows(country[MAILBOXES], whole=31)]
    assert any(box != box.lower() for box in boxes)
    assert any(box != box.strip() for box in boxes)
    first = {row[1]: at for at, row in reversed(list(enumerate(cells)))}
    assert any(at - first[row[1]] > 1_000 for at, row in enumerate(cells))  # lines of one person far apart


def test_names_have_the_head_and_the_tail_of_life():
    draws = source(3, "test")
    names = Counter(family.name(family.rank(draws(number)[0])) for number in range(100_000))
    assert names.most_common(1)[0][0] == "Martin"
    assert names["Martin"] / 100_000 == pytest.approx(0.004, abs=0.001)
    assert len(names) > 35_000
    assert len({family.name(rank) for rank in range(100_000)}) > 90_000
    assert given.COUNT > 700
    assert family.bearers(0, 1_950_000) == pytest.approx(8_190)


def test_identifiers_carry_their_key_and_are_nobodys():
    numbers = [rpps(number) for number in range(5_000)]
    assert len(set(numbers)) == 5_000
    assert all(extract.luhn(number) and len(number) == 11 and number.startswith("99") for number in numbers)
    assert luhn_closed("9990000001") == "99900000011"
    assert spread([("a", 1), ("b", 3)], 2) == ["a", "b", "b", "b"]


def test_finess_numbers_begin_with_their_department_and_carry_their_key(country):
    for cells in rows(country[ACTIVITIES], whole=57):
        if finess := cells[21]:
            assert len(finess) == 9
            assert finess[:2] == cells[44][:2]
            assert finess.isdigit() is False or extract.luhn(finess)
        assert not cells[19] or (len(cells[19]) == 14 and extract.luhn(cells[19]))


def test_the_truth_is_what_the_files_say(country):
    told = [json.loads(line) for line in country["truth"].read_text(encoding="utf-8").splitlines()]
    assert len(told) == 500
    lines = {cells[1]: cells for cells in rows(country[ACTIVITIES], whole=57)}
    boxes: dict[str, set[str]] = {}
    for cells in rows(country[MAILBOXES], whole=31):
        boxes.setdefault(cells[3], set()).add(cells[1].strip().lower())
    for one in told:
        cells = lines[one["rpps"]]
        assert (fold(cells[7]), fold(cells[8]), cells[9]) == (
            fold(one["last_name"]), fold(one["first_name"]), one["profession_code"],
        )  # fmt: skip
        assert set(one["addresses"]) == {box for box in boxes.get(one["rpps"], set()) if " @ " not in box}
        assert bool(one["town"]) == bool(cells[23])
    names = Counter((fold(cells[7]), fold(cells[8])) for cells in lines.values())
    for one in told:
        assert one["homonyms"] == pytest.approx(names[fold(one["last_name"]), fold(one["first_name"])], abs=1)


def test_the_next_day_differs_as_its_truth_says_and_nowhere_else(country, next_day):
    changes = [json.loads(line) for line in next_day["changes"].read_text(encoding="utf-8").splitlines()]
    what = Counter(one["change"] for one in changes)
    assert set(what) == {"gone", "new", "renamed", "moved", "role", "address_gone", "address_new"} & set(what)
    assert what["moved"] + what["role"] > 50
    before, after = (
        {cells[1].strip().lower() for cells in rows(day[MAILBOXES], whole=31) if " @ " not in cells[1]}
        for day in (country, next_day)
    )
    assert {one["before"] for one in changes if one["change"] == "address_gone"} == before - after
    assert {one["after"] for one in changes if one["change"] == "address_new"} == after - before
    touched = {one["idnps"][1:] for one in changes}
    for name, width in ((ACTIVITIES, 57), (SKILLS, 13), (DIPLOMAS, 13)):
        was, now = (Counter(map("|".join, rows(day[name], whole=width))) for day in (country, next_day))
        changed = {line.split("|")[1] for line in (was - now) + (now - was)}
        assert changed <= touched, name
    people = [{cells[1] for cells in rows(day[DIPLOMAS], whole=13)} for day in (country, next_day)]
    assert {one["idnps"][1:] for one in changes if one["change"] == "gone"} == people[0] - people[1]
    assert {one["idnps"][1:] for one in changes if one["change"] == "new"} == people[1] - people[0]


@pytest.mark.skipif(sys.platform != "linux", reason="the peak since the program began is told by Linux only")
@pytest.mark.soak
def test_a_larger_country_takes_no_more_memory(tmp_path):
    program = (
        "import sys; from pathlib import Path; from directory import invent;"
        "plan = invent.Plan(people=int(sys.argv[2]), seed=1, stamp='202611260213', truth=100);"
        "invent.write(plan, Path(sys.argv[1]));"
        "print(Path('/proc/self/status').read_text())"
    )

    def peak(people: int) -> int:
        command = [sys.executable, "-c", program, tmp_path, str(people)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        return int(re.search(r"VmHWM:\s+(\d+) kB", ran.stdout)[1])

    further = deep(8_000, 100_000)
    small, large = peak(2_000), peak(2_000 + further)
    assert large < 110_000  # kB: the country's own run stays under 150,000
    assert large - small < 0.5 * further, (small, large)  # kept whole, each further person would take 1.5 kB


def test_every_further_place_is_told_once_whatever_the_size():
    for people in (1, 2, 999_983, 1_000_003, 4_099):
        numbers = range(0, people, max(people // 4_000, 1))
        assert len({files.late_number(number, people) for number in numbers}) == len(numbers)


def test_the_command_writes_archives_shows_a_bar_on_a_terminal_and_refuses_an_odd_stamp(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("django.core.management.base.OutputWrapper.isatty", lambda self: True)
    call_command("generate_annuaire", people=1_500, out=tmp_path, stamp=STAMP, truth=3, day=2, no_color=True)
    shown = capsys.readouterr()
    assert [line.rsplit("/", 1)[1] for line in shown.out.split()] == [
        f"{MAILBOXES}_{STAMP}.zip", f"PS_LibreAcces_{STAMP}.zip", f"changes_{STAMP}.jsonl", f"truth_{STAMP}.jsonl",
    ]  # fmt: skip
    assert shown.err.count("\r[") == 2
    assert shown.err.endswith(f"[{'█' * 40}] 1,501 / 1,501\n")
    with pytest.raises(CommandError, match="AAAAMMJJhhmm"):
        call_command("generate_annuaire", "--out", str(tmp_path), "--stamp", "20261326")
