"""Icons: one line of SVG that screen readers pass over, and every one that a template names is in the set."""

import re
from pathlib import Path

from django.conf import settings

from mssweb.templatetags.icons import drawing, symbols


def test_an_icon_is_one_line_that_nobody_is_read():
    svg = drawing("archive")
    assert svg.startswith('<svg aria-hidden="true" width="24"') and svg.endswith("</svg>")
    assert "\n" not in svg and "xmlns" not in svg and svg.count("<path ") == 2


def test_a_sprite_holds_what_lies_inside_each_drawing():
    assert symbols("flag reply").count("<svg") == 1
    assert [*re.findall(r'<symbol id="i-(\w+)" viewBox="0 0 24 24"><', symbols("flag reply"))] == ["flag", "reply"]


def test_every_icon_that_a_template_names_is_in_the_set():
    written = "".join(path.read_text() for path in Path(settings.BASE_DIR, "templates").rglob("*.*"))
    named = re.findall(r'{% (?:icon|use) "([^"]+)" %}|{{ (?:icon|use)\("([^"]+)"\) }}', written)
    named = ["".join(pair) for pair in named]
    named += " ".join(re.findall(r'{% sprite "([^"]+)" %}', written)).split()
    assert len(named) > 50
    for name in set(named):
        assert drawing(name)
