"""What WordPress stores as a text's body, made into HTML that stands by itself and then into our Markdown."""

import html
import re
from typing import NamedTuple

from forum import text

# Tags with their attributes; what is longer is no tag anybody wrote. No "<" inside, so that this never scans twice.
_TAG = re.compile(r"(<[/!a-zA-Z][^<>]{0,4000}>)")
_URL = re.compile(r"https?://[^\s<>\"'\[\]]{1,1000}[^\s<>\"'\[\].,;:!?)]")
_ATTRIBUTE = r"""\b%s\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))"""
_SRC, _ALT, _TITLE = (re.compile(_ATTRIBUTE % name, re.I) for name in ("src", "alt", "title"))
_SHORTCODE = re.compile(r"(?<!\[)\[(/?)([a-zA-Z][\w-]{1,40})((?:\s[^\[\]]{0,2000})?)/?\](?!\])")
_SHORTCODE_URL = re.compile(r"""https?://[^\s"'\]&]+""")
# Names that are shortcodes even without attributes: WordPress's own, and what widespread plugins leave behind.
_SHORTCODES = re.compile(
    r"caption|wp_caption|gallery|playlist|audio|video|embed|youtube|vimeo|code|sourcecode|quote|pullquote|dropcap|button"
    r"|more|toc|contact-form(-7)?|(vc|et_pb|su|fusion|av)_\w+",
    re.I,
)
_BLOCKS = (
    "p|div|h[1-6]|ul|ol|li|dl|dt|dd|table|thead|tbody|tfoot|tr|td|th|blockquote|pre|hr|figure|figcaption|section|article"
    "|header|footer|aside|nav|form|fieldset|address|details|summary|iframe|object|script|style"
)
_BLOCK_STARTS = re.compile(rf"\s*</?(?:{_BLOCKS})\b", re.I)
_BLOCK_TAG = re.compile(rf"(</?(?:{_BLOCKS})\b[^<>]{{0,4000}}>)", re.I)
_CODE_MARK = re.compile(r"<(?:pre|code) #(\d{1,6})>")
_MARKDOWN_ESCAPE = re.compile(r"\\(?=[!-/:-@\[-`{-~])")
_ANY_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


class Body(NamedTuple):
    """A text as Markdown, and whether it was longer than we keep."""

    markdown: str
    cut: bool


def body_of(source: str) -> Body:
    """WordPress's HTML (or what it takes for it) as Markdown."""
    prepared = _prepared(text.clean(source))
    try:
        made = text.markdown_from_html(prepared)
    except RecursionError:  # tags nested hundreds deep
        made = plain(prepared)
    return Body(made[: text.MAX_SOURCE_LENGTH], len(made) >= text.MAX_SOURCE_LENGTH or len(prepared) > _longest_read())


def plain(source: str) -> str:
    """A title or name without the tags and entities that WordPress keeps in it. Lines stay lines."""
    return html.unescape(_ANY_TAG.sub("", source)).strip()


def _longest_read() -> int:
    return text.MAX_SOURCE_LENGTH * 4


def _prepared(source: str) -> str:
    """Paragraphs as WordPress would show them, shortcodes unwrapped, pictures and bare addresses as links."""
    has_blocks = "<!-- wp:" in source
    prose, code = _code_apart(_without_comments(source))
    prose = _SHORTCODE.sub(_unwrapped, prose)
    prose = _linked(prose if has_blocks else _paragraphs(prose))
    return _CODE_MARK.sub(lambda mark: code[int(mark.group(1))] if int(mark.group(1)) < len(code) else "", prose)


def _without_comments(source: str) -> str:
    """HTML comments (among them Gutenberg's block marks and <!--more-->) taken out, in one pass."""
    kept, at = [], 0
    while (start := source.find("<!--", at)) >= 0:
        end = source.find("-->", start)
        if end < 0:
            break
        kept.append(source[at:start])
        at = end + 3
    return "".join([*kept, source[at:]])


def _code_apart(source: str) -> tuple[str, list[str]]:
    """The source with a mark for each <pre> or <code>, and these: what is in them stays as it is."""
    kept: list[str] = []
    code: list[str] = []
    at, lower = 0, source.lower()
    if len(lower) != len(source):  # a letter that grows in lower case; then only what is written small is found
        lower = source
    for start in re.finditer(r"<(pre|code)\b", lower):
        if start.start() < at:
            continue
        name = start.group(1)
        end = lower.find(f"</{name}>", start.start())
        if end < 0:
            break
        end += len(name) + 3
        kept += [source[at : start.start()], f"<{name} #{len(code)}>"]
        code.append(source[start.start() : end])
        at = end
    return "".join([*kept, source[at:]]), code


def _unwrapped(shortcode: re.Match[str]) -> str:
    """Nothing for a shortcode, or the address it shows; words in brackets that are none stay."""
    closing, name, given = shortcode.groups()
    if not (_SHORTCODES.fullmatch(name) or re.search(r"""\w\s*=\s*["']""", given)):
        return shortcode.group()
    url = _SHORTCODE_URL.search(given)
    return f"\n\n{url.group()}\n\n" if url and not closing and "<" not in given else ""


def _paragraphs(source: str) -> str:
    """An empty line ends a paragraph and a line break is one, where no block tag says otherwise."""
    apart = _BLOCK_TAG.sub(r"\n\n\1\n\n", source)
    chunks = [chunk.strip() for chunk in re.split(r"\n\s*\n", apart)]
    return "\n\n".join(
        chunk if not chunk or _BLOCK_STARTS.match(chunk) else "<p>" + re.sub(r" *\n *", "<br>\n", chunk) + "</p>"
        for chunk in chunks
    )


def _linked(source: str) -> str:
    """Pictures become links to them, bare addresses become links; inside a link a picture becomes its words."""
    out, in_link = [], False
    for number, piece in enumerate(_TAG.split(source)):
        if number % 2 == 0:
            words = _MARKDOWN_ESCAPE.sub(r"\\\\", piece)
            out.append(words if in_link else _URL.sub(_as_link, words))
            continue
        name = re.match(r"</?([a-zA-Z0-9]*)", piece)
        tag = name.group(1).lower() if name else ""
        if tag == "a":
            in_link = not piece.startswith("</")
        out.append(_picture(piece, in_link) if tag == "img" else piece)
    return "".join(out)


def _as_link(url: re.Match[str]) -> str:
    return f'<a href="{url.group()}">{url.group()}</a>'


def _picture(tag: str, in_link: bool) -> str:
    address = _value(_SRC, tag)
    words = _value(_ALT, tag) or _value(_TITLE, tag) or (html.unescape(address).rsplit("/", 1)[-1][:80] or "picture")
    if in_link or not address.lower().startswith(("http://", "https://")):
        return words
    return f'<a href="{address}">{words}</a>'


def _value(attribute: re.Pattern[str], tag: str) -> str:
    """An attribute's value, still escaped as it stands in the tag."""
    found = attribute.search(tag)
    return next((group for group in found.groups() if group), "").strip() if found else ""
