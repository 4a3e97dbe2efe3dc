"""Hostile HTML stays inert; honest HTML stays readable."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbox.mime.sanitize import clean, data_images, plain_to_html, style


def cid(name: str) -> str | None:
    return {"logo@lab": "/b/1/piece/2/"}.get(name)


def test_honest_letter_keeps_its_shape():
    given_html = (
        '<table border="1"><tr><td style="color: red; text-align:center">INR</td><td>2,5 &eacute;</td></tr></table>'
        "<p>un<p>deux<ul><li>a<li>b</ul>1 &lt; 2"
    )
    assert clean(given_html, cid).html == (
        '<table border="1"><tbody><tr><td style="color:red;text-align:center">INR</td><td>2,5 é</td></tr></tbody>'
        "</table>"
        "<p>un</p><p>deux</p><ul><li>a</li><li>b</li></ul>1 &lt; 2"
    )


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='java\tscript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>1</script>'>x</a>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<iframe src=//x></iframe><object data=x></object><embed src=x>",
        "<form action=//x><input name=y><button>z</button></form>",
        "<style>@import url(//x)</style><link rel=stylesheet href=//x>",
        "<base href=//x><meta http-equiv=refresh content='0;url=//x'>",
        "<p style='position:fixed;background:url(//x);behavior:url(x)'>x</p>",
        "<p style='color:red;background-color:\\75rl(//x)'>x</p>",
        "<p style=\"font-family:'a;b';color:expression(alert(1))\">x</p>",
        "<video src=//x autoplay></video><audio src=//x></audio>",
        "<p id=cookie name=body class=admin>x</p>",
        "<img srcset='//x 2x' src='cid:logo@lab'>",
        "<body background=//x><td background=//x>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        '<a href="//x">x</a>',
    ],
)
def test_hostile_html_is_inert(hostile):
    html = clean(hostile, cid).html.lower()
    assert not re.search(r"<(script|iframe|object|embed|form|input|style|link|base|meta|svg|math|video|audio)", html)
    assert not re.search(r"javascript:|onerror|url\(|//x|position|expression|@import| id=| name=| class=|srcset", html)


def test_remote_images_are_taken_out_and_counted_and_own_ones_stay():
    cleaned = clean(
        '<img src="http://t.example/1.gif"><img src="//t.example/2.gif" alt="Plan"><img src="cid:logo@lab">'
        '<img src="cid:absent"><img src="data:image/png;base64,AAAA"><img src="data:image/svg+xml;base64,AAAA">',
        cid, data=lambda url: f"/b/1/incluse/{len(url)}/",
    )  # fmt: skip
    assert cleaned.blocked == 3
    assert cleaned.html == '<img alt="Plan"><img src="/b/1/piece/2/"><img src="/b/1/incluse/26/">'
    assert (
        data_images('<img src="data:image/gif;base64,AA=="><img src=cid:x>' * 3, most=2)
        == ["data:image/gif;base64,AA=="] * 2
    )


def test_links_open_elsewhere_and_keep_their_address():
    cleaned = clean('<a href="https://x.fr/?a=1&copy=2&amp;sect=3" target=_top rel=opener>x</a>', cid)
    assert cleaned.html == (
        '<a href="https://x.fr/?a=1&amp;copy=2&amp;sect=3" target="_blank" rel="noopener noreferrer">x</a>'
    )


def test_style_keeps_what_colours_and_sizes():
    assert style("color:RED;FONT-SIZE:12px;width:50%;color:rgba(1, 2, 3, .5)") == (
        "color:RED;font-size:12px;width:50%;color:rgba(1, 2, 3, .5)"
    )
    assert style("color:var(--x);position:fixed;width:calc(1px);background-color:image(x);z-index:9") == ""


def test_document_cut_short_says_so():
    assert clean("<p>a<!-- ", cid).is_cut and clean("<p>" * 100_000, cid).is_cut
    assert not clean("<p>a</p>", cid).is_cut


_TOKENS = (
    """< > </ a p td table b = " ' & &lt; <!-- --> script svg style href src javascript: onload / x <p> </p>""".split()
)


@given(st.lists(st.sampled_from([*_TOKENS, " ", "<img "]), max_size=40))
def test_any_markup_is_inert_and_stable(tokens):
    once = clean("".join(tokens), cid).html
    assert not re.search(r"<(?!/?(?:p|td|table|b|a|img|tbody|tr)[ >])", once)
    assert not re.search(r"<[^>]*(onload|javascript)", once)


def test_plain_text_is_escaped_quoted_and_linked():
    html = plain_to_html("Voir <https://x.fr/?a=1&b=2>.\n> cité\n>> deux fois\nfin & <b>")
    assert html == (
        'Voir &lt;<a href="https://x.fr/?a=1&amp;b=2" rel="noopener noreferrer" target="_blank">'
        "https://x.fr/?a=1&amp;b=2</a>&gt;.\n"
        "<blockquote>cité\n<blockquote>deux fois\n</blockquote></blockquote>fin &amp; &lt;b&gt;"
    )
    assert html.__html__() is html


@given(st.text())
def test_any_plain_text_opens_no_tag_of_its_own(text):
    html = re.sub(
        r"</?blockquote>|<a href=\"https?://[^\"<>]*\" rel=\"noopener noreferrer\" target=\"_blank\">|</a>",
        "",
        plain_to_html(text),
    )
    assert "<" not in html
