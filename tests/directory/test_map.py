"""The map of France by department: values, and the fragment in a real browser, where it is served by a page of this test."""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from django.http import HttpResponse
from django.template import engines
from django.urls import include, path
from playwright.sync_api import expect

from directory import map as france
from directory.geography import DEPARTMENTS, communes
from directory.map import Key, drawn, legend, outline
from tests.walking import look

PAGE = """{% extends "skeleton.html" %}{% load static %}
{% block title %}Carte{% endblock %}
{% block styles %}<link rel="stylesheet" href="{% static 'css/pages/map.css' %}">{% endblock %}
{% block body %}<body><main><h1>Annuaire</h1>
  <form id="directory-form" method="post">{% csrf_token %}
    <input name="q" value="cardiologue" aria-label="Recherche"><button class="button">Rechercher</button>
    {% for code in chosen %}<input type="hidden" name="chosen" value="{{ code }}">{% endfor %}
  </form>
  {% include "directory/_map.html" with form_id="directory-form" %}
  <p id="asked">{{ asked }}</p>
</main></body>{% endblock %}"""


def everywhere() -> dict[str, int]:
    """As of a trade that one in four thousand has; nobody in the Creuse nor in three places overseas."""
    people: Counter[str] = Counter()
    for commune in communes().values():
        if not commune.code.startswith(("751", "132", "6938")):  # counted with their city
            people[commune.department] += commune.population
    none = ("23", "975", "977", "986")
    return {
        code: (count * (7 + number % 5)) // 40_000
        for number, (code, count) in enumerate(people.items())
        if code not in none
    }


def page(request):
    """What a view gives the fragment: the chosen department toggled by its button."""
    body = parse_qs(request.body.decode()) if request.method == "POST" else {}
    chosen = set(body.get("chosen", ())) ^ set(body.get("department", ()))
    departments = drawn(everywhere(), chosen)
    asked = {name: values for name, values in body.items() if name != "csrfmiddlewaretoken"}
    context = {
        "map": departments,
        "map_legend": legend(departments),
        "outline": outline(),
        "chosen": sorted(chosen),
        "asked": asked,
    }
    return HttpResponse(engines["django"].from_string(PAGE).render(context, request))


urlpatterns = [path("connexion/carte/", page), path("", include("mssweb.urls"))]


def rendered(**given) -> str:
    source = '{% include "directory/_map.html" with form_id="f" %}'
    return engines["django"].from_string(source).render({"outline": outline(), **given})


def test_every_department_is_drawn_once():
    departments = drawn({})
    assert [department.code for department in departments] == sorted(DEPARTMENTS)
    assert len({department.path for department in departments if not department.shape.is_boxed}) == 96
    text = rendered(map=departments)
    for code, name in DEPARTMENTS.items():
        assert text.count(f'id="map-{code}"') == 1
        assert text.count(f"<title>{name} ({code})\N{NO-BREAK SPACE}: aucun résultat</title>") == 1
    assert "<button" not in text  # nothing to choose


def test_paths_stay_in_their_box_and_boxes_in_the_view():
    _, _, wide, high = map(int, outline().view_box.split())
    for code, shape in outline().shapes.items():
        box = shape.box
        assert re.fullmatch(r"(M[-0-9. ]+[la][-0-9. a]+z)+", shape.path), code
        assert box.x >= 0 and box.y >= 0 and box.x + box.width <= wide and box.y + box.height <= high
        for x, y in (map(float, start) for start in re.findall(r"M([0-9.]+) ?([0-9.]+)", shape.path)):
            assert box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height, code


def test_the_file_stays_small():
    assert Path(france.__file__).with_name("data").joinpath("departements.json").stat().st_size < 60_000


def test_titles_say_who_where_and_how_many():
    departments = {department.code: department for department in drawn({"59": 1234, "62": 1}, {"59", "01"})}
    assert departments["59"].title == "Nord (59)\xa0: 1\u202f234 résultats"
    assert departments["62"].title == "Pas-de-Calais (62)\xa0: 1 résultat"
    assert departments["01"].title == "Ain (01)\xa0: aucun résultat"
    chosen = {code: (department.is_chosen, department.is_button) for code, department in departments.items()}
    assert (chosen["59"], chosen["62"], chosen["01"], chosen["02"]) == (
        (True, True), (False, True), (True, True), (False, False),
    )  # fmt: skip


def test_each_step_has_a_fifth_of_the_departments_and_equals_are_alike():
    departments = drawn({code: number + 1 for number, code in enumerate(DEPARTMENTS)})
    assert set(Counter(department.step for department in departments).values()) <= {21, 22}
    assert legend(departments)[0].low == 1 and legend(departments)[-1].high == 107
    alike = drawn(dict.fromkeys(DEPARTMENTS, 4))
    assert {department.step for department in alike} == {5}
    assert legend(alike) == [Key(5, 4, 4)] and legend(alike)[0].text == "4"


def test_few_departments_are_told_apart_and_the_most_is_darkest():
    departments = drawn({"59": 1500, "62": 20, "80": 3, "999": 10**9, "": 7, "02": -4})
    assert {department.code: department.step for department in departments if department.step} == {
        "59": 5,
        "62": 4,
        "80": 3,
    }
    assert [key.text for key in legend(departments)] == ["3", "20", "1\u202f500"]
    assert legend(drawn({})) == []


def test_steps_of_the_legend_do_not_overlap():
    keys = legend(drawn(everywhere()))
    assert [key.step for key in keys] == [1, 2, 3, 4, 5]
    assert all(one.high < other.low for one, other in pairwise(keys))


@pytest.mark.walk
@pytest.mark.urls(__name__)
@pytest.mark.django_db(transaction=True)
def test_a_department_is_chosen_on_the_map_without_a_script(open_page):
    page = open_page(scripts=False)
    page.goto("/connexion/carte/")
    nord = page.locator("svg").get_by_role("button", name=re.compile(r"^Nord \(59\)"))
    expect(nord).to_have_attribute("aria-pressed", "false")
    nord.click()
    expect(page.locator("#asked")).to_contain_text("'q': ['cardiologue']")
    expect(page.locator("#asked")).to_contain_text("'department': ['59']")
    expect(nord).to_have_attribute("aria-pressed", "true")
    assert "59" not in page.url.partition("/connexion/")[2]
    nord.press("Enter")
    expect(nord).to_have_attribute("aria-pressed", "false")


@pytest.mark.walk
@pytest.mark.urls(__name__)
@pytest.mark.django_db(transaction=True)
@pytest.mark.soak
def test_the_map_is_accessible_and_each_pixel_of_it_is_its_department(open_page):
    page = open_page()
    page.goto("/connexion/carte/")
    look(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    at = "([x, y]) => document.elementFromPoint(x, y).closest('button')?.value ?? ''"
    svg = page.locator("svg").first.bounding_box()
    assert svg
    scale = svg["width"] / 600
    for code, x, y in (("45", 330, 170), ("974", 182, 540), ("75", 56, 50), ("23", 304, 270), ("988", 575, 545)):
        point = [svg["x"] + x * scale, svg["y"] + y * scale]
        found = page.evaluate(at, point)
        assert found == ("" if code == "23" else code), (code, found)
    page.get_by_text("Liste des départements").click()
    look(page)
    page.get_by_role("listitem").get_by_role("button", name=re.compile(r"^Paris \(75\)")).click()
    expect(page.locator("#asked")).to_contain_text("'department': ['75']")
