"""Files as evidence: known by their content, images drawn anew without what a camera or program wrote beside them."""

import io
from typing import NamedTuple

from PIL import Image, ImageOps

from forum import text

MAX_BYTES = 10_000_000
MAX_PIXELS = 40_000_000
# The kinds that are taken, and what each is sent as.
KINDS = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "txt": "text/plain; charset=utf-8"}
PDF_REFUSED = (
    "A PDF can hold names, times and earlier versions that we can't remove reliably. Send pictures of its pages, or "
    "the text as a text file."
)
KIND_REFUSED = "This is not a PNG, JPEG, WebP or plain text (UTF-8) file. Send one of these."


class UnacceptableFile(ValueError):
    """The file is not taken; the message says why and what to send instead."""


class CleanFile(NamedTuple):
    """A file without metadata: its kind, a key of KINDS, and its content."""

    kind: str
    content: bytes


def clean_file(content: bytes) -> CleanFile:
    """Return the file without metadata. Raise UnacceptableFile for one that is too large or of another kind."""
    if not content:
        raise UnacceptableFile("The file is empty. Choose another one.")
    if len(content) > MAX_BYTES:
        raise UnacceptableFile("The file is larger than 10 MB. Send a smaller picture, or a part of the text.")
    if b"%PDF-" in content[:1024]:
        raise UnacceptableFile(PDF_REFUSED)
    if content.startswith((b"\x89PNG\r\n", b"\xff\xd8\xff")) or content[8:12] == b"WEBP":
        return _clean_image(content)
    return _clean_text(content)


def _clean_image(content: bytes) -> CleanFile:
    """Draw the first picture anew, the right way up: nothing but its pixels is kept.

    A pixel takes four bytes, so there are two copies of the picture at most.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UnacceptableFile("The picture has more than 40 million pixels. Send a smaller one.")
            kind = str(image.format).lower()
            ImageOps.exif_transpose(image, in_place=True)
            has_alpha = kind != "jpeg" and image.has_transparency_data
            pixels = image.convert("RGBA" if has_alpha else "RGB")
    except UnacceptableFile:
        raise
    except Exception:  # Pillow raises many kinds of errors for damaged files
        raise UnacceptableFile("The picture is damaged and can't be read. Save it again or send another one.") from None
    del image
    pixels.info.clear()  # what was written beside the pixels, which would be saved with them
    output = io.BytesIO()
    pixels.save(output, kind.upper(), quality=90)
    return CleanFile(kind, output.getvalue())


def _clean_text(content: bytes) -> CleanFile:
    try:
        typed = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnacceptableFile(KIND_REFUSED) from None
    if "\0" in typed or len(text.clean(typed)) < len(typed) // 2:
        raise UnacceptableFile(KIND_REFUSED)
    return CleanFile("txt", text.clean(typed).encode())
