"""A WordPress post's body as Markdown, by way of the HTML that WordPress would show."""

import html
import re
from typing import NamedTuple
from urllib.parse import urljoin

from forum import text

# Tags with their attributes. The limit and the excluded "<" keep the search linear.
_TAG = re.compile(r"(<[/!a-zA-Z][^<>]{0,4000}>)")
_URL = re.compile(r"https?://[^\s<>\"'\[\]]{1,1000}[^\s<>\"'\[\].,;:!?)]")
_ATTRIBUTE = r"""\b%s\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))"""
_SRC, _ALT, _TITLE = (re.compile(_ATTRIBUTE % name, re.I) for name in ("src", "alt", "title"))
_SHORTCODE = re.compile(r"(?<!\[)\[(/?)([a-zA-Z][\w-]{1,40})((?:\s[^\[\]]{0,2000})?)/?\](?!\])")
_SHORTCODE_URL = re.compile(r"""https?://[^\s"'\]&]+""")
# Shortcodes that need no attributes: WordPress's own and those of widespread plugins.
_SHORTCODES = re.compile(
    r"caption|wp_caption|gallery|playlist|audio|video|embed|youtube|vimeo|code|sourcecode|quote|pullquote|dropcap|button"
    r"|more|toc|contact-form(-7)?|(vc|et_pb|su|fusion|av)_\w+",
    re.I,
)
# A picture and its caption, as the editor before blocks wrote them: in text, and before version 3.4 in an attribute.
_PICTURE = r"((?:<a\b[^<>]{0,4000}>\s*)?<img\b[^<>]{0,4000}>(?:\s*</a>)?)"
_CAPTION = re.compile(
    rf"\[(?:wp_)?caption\b[^\[\]]{{0,2000}}\]\s*{_PICTURE}((?:(?!\[/?(?:wp_)?caption\b).){{1,4000}}?)\[/(?:wp_)?caption\]",
    re.I | re.S,
)
_CAPTION_ATTRIBUTE = re.compile(
    rf"""\[(?:wp_)?caption\b[^\[\]]{{0,1000}}?\bcaption="([^"\[\]<>]{{1,1000}})"[^\[\]]{{0,1000}}\]\s*{_PICTURE}\s*\[/(?:wp_)?caption\]""",
    re.I,
)
_FIGURE_CAPTION = re.compile(r"<figcaption\b[^<>]{0,1000}>(.{0,4000}?)</figcaption>", re.I | re.S)
_ROOTED_LINK = re.compile(r"""(<a\b[^<>]{0,2000}?\bhref\s*=\s*["'])(/(?!/)[^"'<>]{0,1000})""", re.I)
_BLOCKS = (
    "p|div|h[1-6]|ul|ol|li|dl|dt|dd|table|thead|tbody|tfoot|tr|td|th|blockquote|pre|hr|figure|figcaption|section|article"
    "|header|footer|aside|nav|form|fieldset|address|details|summary|iframe|object|script|style"
)
_BLOCK_STARTS = re.compile(rf"\s*</?(?:{_BLOCKS})\b", re.I)
_BLOCK_TAG = re.compile(rf"(</?(?:{_BLOCKS})\b[^<>]{{0,4000}}>)", re.I)
_CODE_PLACEHOLDER = re.compile(r"<(?:pre|code) #(\d{1,6})>")
_ANY_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


class Body(NamedTuple):
    """A text as Markdown, and whether it was cut to the maximum length."""

    markdown: str
    was_cut: bool


def convert_body(source: str, base: str = "") -> Body:
    """Convert WordPress's HTML to Markdown. Links without a host lead to the blog at `base`."""
    html_source = _prepare(text.clean(source), base)
    markdown = text.markdown_from_html(html_source)
    return Body(
        markdown[: text.MAX_SOURCE_LENGTH],
        len(markdown) >= text.MAX_SOURCE_LENGTH or len(html_source) > _max_html_length(),
    )


def plain(source: str) -> str:
    """Return a title or name without tags and entities. Line breaks stay."""
    return html.unescape(_ANY_TAG.sub("", source)).strip()


def _max_html_length() -> int:
    return text.MAX_SOURCE_LENGTH * 4


def _prepare(source: str, base: str) -> str:
    """Return HTML with WordPress's paragraphs, without shortcodes, with images and bare URLs as links."""
    has_blocks = "<!-- wp:" in source
    prose, code = _split_code(_without_comments(source))
    prose = _SHORTCODE.sub(_unwrap_shortcode, _separate_captions(prose))
    if base:
        prose = _ROOTED_LINK.sub(lambda link: link[1] + urljoin(base, link[2]), prose)
    prose = _link_urls(prose if has_blocks else _paragraphs(prose))
    return _CODE_PLACEHOLDER.sub(
        lambda placeholder: code[int(placeholder.group(1))] if int(placeholder.group(1)) < len(code) else "", prose
    )


def _without_comments(source: str) -> str:
    """Remove HTML comments, among them Gutenberg's block markers and <!--more-->, in one pass."""
    parts, position = [], 0
    while (start := source.find("<!--", position)) >= 0:
        end = source.find("-->", start)
        if end < 0:
            break
        parts.append(source[position:start])
        position = end + 3
    return "".join([*parts, source[position:]])


def _split_code(source: str) -> tuple[str, list[str]]:
    """Return the source with a placeholder for each <pre> or <code>, and these elements unchanged."""
    parts: list[str] = []
    code: list[str] = []
    position, lower = 0, source.lower()
    if len(lower) != len(source):  # a letter that becomes two in lower case: then only lower-case tags match
        lower = source
    for start in re.finditer(r"<(pre|code)\b", lower):
        if start.start() < position:
            continue
        name = start.group(1)
        end = lower.find(f"</{name}>", start.start())
        if end < 0:
            break
        end += len(name) + 3
        parts += [source[position : start.start()], f"<{name} #{len(code)}>"]
        code.append(source[start.start() : end])
        position = end
    return "".join([*parts, source[position:]]), code


def _separate_captions(source: str) -> str:
    """Put the caption of a picture into a paragraph of its own."""
    source = _CAPTION.sub(lambda caption: f"\n\n{caption[1]}\n\n{caption[2].strip()}\n\n", source)
    source = _CAPTION_ATTRIBUTE.sub(lambda caption: f"\n\n{caption[2]}\n\n{caption[1].strip()}\n\n", source)
    return _FIGURE_CAPTION.sub(lambda caption: f"<p>{caption[1]}</p>", source)


def _unwrap_shortcode(shortcode: re.Match[str]) -> str:
    """Return nothing for a shortcode, or the URL it embeds. Other words in brackets stay."""
    closing, name, attributes = shortcode.groups()
    if not (_SHORTCODES.fullmatch(name) or re.search(r"""\w\s*=\s*["']""", attributes)):
        return shortcode.group()
    url = _SHORTCODE_URL.search(attributes)
    return f"\n\n{url.group()}\n\n" if url and not closing and "<" not in attributes else ""


def _paragraphs(source: str) -> str:
    """Make paragraphs of blocks separated by empty lines, and <br> of line breaks, outside block tags."""
    separated = _BLOCK_TAG.sub(r"\n\n\1\n\n", source)
    chunks = [chunk.strip() for chunk in re.split(r"\n\s*\n", separated)]
    return "\n\n".join(
        chunk if not chunk or _BLOCK_STARTS.match(chunk) else "<p>" + re.sub(r" *\n *", "<br>\n", chunk) + "</p>"
        for chunk in chunks
    )


def _link_urls(source: str) -> str:
    """Make links of images and bare URLs. Inside a link, an image becomes its description."""
    pieces, in_link = [], False
    for number, piece in enumerate(_TAG.split(source)):
        if number % 2 == 0:
            pieces.append(piece if in_link else _URL.sub(_link, piece))
            continue
        name = re.match(r"</?([a-zA-Z0-9]*)", piece)
        tag = name.group(1).lower() if name else ""
        if tag == "a":
            in_link = not piece.startswith("</")
        pieces.append(_image_as_link(piece, in_link) if tag == "img" else piece)
    return "".join(pieces)


def _link(url: re.Match[str]) -> str:
    return f'<a href="{url.group()}">{url.group()}</a>'


def _image_as_link(tag: str, in_link: bool) -> str:
    address = _attribute_value(_SRC, tag)
    words = (
        _attribute_value(_ALT, tag)
        or _attribute_value(_TITLE, tag)
        or (html.unescape(address).rsplit("/", 1)[-1][:80] or "picture")
    )
    if in_link or not address.lower().startswith(("http://", "https://")):
        return words
    return f'<a href="{address}">{words}</a>'


def _attribute_value(attribute: re.Pattern[str], tag: str) -> str:
    """Return an attribute's value as escaped in the tag."""
    match = attribute.search(tag)
    return next((group for group in match.groups() if group), "").strip() if match else ""
