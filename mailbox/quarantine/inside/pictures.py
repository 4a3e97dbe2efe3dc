"""Pictures drawn again: turned as EXIF says, without metadata, of bounded pixels (Pillow). WebP out."""

import base64
import contextlib
import io
import warnings
from typing import TYPE_CHECKING

from mailbox.quarantine.inside.refused import Refused
from mailbox.quarantine.values import Found

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP")
MAX_PIXELS = 60_000_000  # of the source: a camera of 50 Mpixels passes, 180 MB of memory at most
MAX_FRAMES = 200
THUMB = 80  # pixels of width, half of them on the screen
SHOWN = 1600  # pixels of width of an image in a body
_EXACT = 400_000  # pixels
_KEPT = ("JPEG", "PNG", "WEBP")  # what a cleaned picture may stay


def prepare(*, heic: bool = False) -> None:
    """Load what would be loaded later, when no file can be opened any more. `heic`: the decoder of telephones too."""
    from PIL import (  # noqa: F401
        BmpImagePlugin,
        GifImagePlugin,
        Image,
        JpegImagePlugin,
        MpoImagePlugin,
        PngImagePlugin,
        TiffImagePlugin,
        WebPImagePlugin,
    )

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    Image._initialized = 2  # no other plugin is looked for
    if heic:
        with contextlib.suppress(ImportError):  # an installation may do without: the file is then «unsupported»
            import pillow_heif

            pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)


def look(data: bytes, *, thumbs: bool = False) -> Found:
    """Its frames' size. A JPEG is decoded coarsely, and to its end: a truncated one is told now, not when it is shown."""
    with _opened(data) as picture:
        width, height = _turned_size(picture)
        picture.draft("RGB", (picture.width // 8, picture.height // 8))
        count = min(getattr(picture, "n_frames", 1), MAX_FRAMES) if picture.format == "TIFF" else 1
        picture.seek(0)
        picture.load()
        return Found("image", pages=((width, height),), page_count=count, thumb=thumb(picture) if thumbs else "")


def thumb(picture: "Picture") -> str:
    """A stamp of it, two kilobytes, as the panel of documents shows it."""
    out = io.BytesIO()
    stamp = turned(picture, THUMB)
    stamp.crop((0, 0, stamp.width, min(stamp.height, 2 * THUMB))).save(out, "WEBP", quality=55, method=4)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()


def draw(data: bytes, page: int, width: int) -> bytes:
    """A frame as WebP, at most `width` pixels wide and four times as high."""
    with _opened(data) as picture:
        try:
            picture.seek(page)
        except EOFError:
            raise Refused("damaged") from None
        return encoded(turned(picture, width))


def show(data: bytes) -> bytes:
    """The first frame as WebP at its own size, up to SHOWN; drawings and logos, which are small, lose nothing."""
    with _opened(data) as picture:
        is_drawing = picture.format in {"PNG", "GIF"} and picture.width * picture.height <= _EXACT
        return encoded(turned(picture, SHOWN), exact=is_drawing)


def turned(picture: "Picture", width: int) -> "Picture":
    from PIL import Image, ImageOps

    wide, high = _turned_size(picture)
    scale = min(1.0, width / wide, 4 * width / high)
    picture.draft(
        "RGB", (round(picture.width * scale), round(picture.height * scale))
    )  # a JPEG, at half or less of its size
    out = ImageOps.exif_transpose(_plain(picture))
    out.thumbnail((width, width * 4), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return out


def _plain(picture: "Picture") -> "Picture":
    """8 bits, RGB or with transparency; CMYK, 16 bits and palettes are brought there."""
    if picture.mode.startswith("I;16") or picture.mode in {"I", "F"}:  # radiographies
        low, high = picture.getextrema()
        scale = 255.0 / (float(high) - float(low) or 1.0)  # type: ignore[arg-type]
        picture = picture.point(lambda x: x * scale - float(low) * scale).convert("L")  # type: ignore[arg-type]
    if picture.mode in {"RGB", "RGBA", "L"}:
        return picture
    return picture.convert("RGBA" if picture.mode in {"LA", "PA"} or "transparency" in picture.info else "RGB")


def encoded(picture: "Picture", *, exact: bool = False) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", lossless=exact, quality=20 if exact else 82, method=1, exif=b"", icc_profile=b"", xmp=b"")
    return out.getvalue()


def clean(data: bytes) -> bytes:
    """The same picture upright, in the same format, without EXIF, XMP, comments or a hidden thumbnail; colours kept."""
    from PIL import ImageOps

    with _opened(data) as picture:
        # telephones put a second picture behind; HEIC is already upright, and nobody reads it
        kind = {"MPO": "JPEG", "HEIF": "JPEG"}.get(picture.format or "", picture.format or "")
        if kind not in _KEPT or (kind != "JPEG" and getattr(picture, "n_frames", 1) > 1):
            raise Refused("unsupported")
        is_upright = picture.getexif().get(0x0112, 1) == 1
        given: dict[str, object] = {"icc_profile": picture.info.get("icc_profile", b""), "exif": b""}
        if kind == "JPEG":
            given |= (
                {"quality": "keep"} if is_upright and picture.format == "JPEG" else {"quality": 92, "optimize": True}
            )
            given["comment"] = b""
        elif kind == "WEBP":
            given |= {"quality": 90, "xmp": b""}
        out, upright = io.BytesIO(), picture if is_upright else ImageOps.exif_transpose(picture)
        if picture.format == "HEIF":
            upright = upright.convert("RGB")
        if kind == "PNG":
            upright.info = {k: v for k, v in upright.info.items() if k in {"transparency", "gamma", "dpi"}}
        upright.save(out, kind, **given)
        return out.getvalue()


def _turned_size(picture: "Picture") -> tuple[int, int]:
    width, height = picture.size
    return (height, width) if picture.getexif().get(0x0112, 1) in {5, 6, 7, 8} else (width, height)


def _opened(data: bytes) -> "Picture":
    from PIL import Image, UnidentifiedImageError

    warnings.simplefilter("error", Image.DecompressionBombWarning)
    formats = ("HEIF",) if data[4:8] == b"ftyp" else FORMATS
    if formats[0] not in Image.OPEN:
        raise Refused("unsupported")
    try:
        return Image.open(io.BytesIO(data), formats=formats)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Refused("bomb") from None
    except (UnidentifiedImageError, ValueError):
        raise Refused("damaged") from None
