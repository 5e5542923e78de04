"""Find the pictures in folders; count what is left out, for notes."""

import os
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import islice

from scratchnet_cli.system.text import shorten

# For each format: a pattern of its first bytes, and the module and class that decode it. Only
# the module for the format of a file is imported.
SIGNATURES = (
    (rb"\x89PNG\r\n\x1a\n", "PIL.PngImagePlugin", "PngImageFile"),
    (rb"\xff\xd8\xff", "PIL.JpegImagePlugin", "JpegImageFile"),
    # "BM" and six printable characters are the start of a text.
    (rb"BM(?![ -~]{6})", "PIL.BmpImagePlugin", "BmpImageFile"),
    (rb"GIF8", "PIL.GifImagePlugin", "GifImageFile"),
    (rb"RIFF....WEBP", "PIL.WebPImagePlugin", "WebPImageFile"),
    (rb"II\*\x00|MM\x00\*", "PIL.TiffImagePlugin", "TiffImageFile"),
    (rb"P[1-6]\s+[\d#]", "PIL.PpmImagePlugin", "PpmImageFile"),
    (rb"....ftyp(?:avif|mif1.{4}(?:.{4}){0,3}avif)", "PIL.AvifImagePlugin", "AvifImageFile"),
    (rb"....ftyp(?:hei|hev|mif1|msf1)", "pillow_heif", "HeifImageFile"),
)
SIGNATURE_BYTES = 32
# Files with these suffixes count as pictures; of other files the first bytes are read.
PICTURE_SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff",
    ".pbm", ".pgm", ".ppm", ".pnm", ".heic", ".heif", ".avif",
)  # fmt: skip
# Systems put these into every folder and archive.
IGNORED_NAMES = ("thumbs.db", "desktop.ini", "__macosx")
MAX_KINDS_SHOWN = 5
# Counting the pictures in subfolders stops after this many entries.
MAX_COUNTED = 10_000


def pictures_in(
    top: str, recursive: bool = False, note: Callable[[str], object] | None = None
) -> list[str]:
    """Return the pictures in a folder, and if ``recursive`` is set, then those in subfolders.

    Links to folders are not followed. note: receives a sentence on what is left out.
    """
    pictures: list[str] = []
    others: list[str] = []
    folders = [top]
    while folders:
        folder = folders.pop()
        try:
            found = _contents(folder)
        except OSError:
            # Reading the folder as a picture fails, and the message says why.
            pictures.append(folder)
            continue
        pictures += found[0]
        others += found[1]
        folders += reversed(found[2])
        if not recursive:
            break
    if note and others:
        kinds = Counter(map(_kind, others)).most_common()
        shown = [f"{kind} {count}" for kind, count in kinds[:MAX_KINDS_SHOWN]]
        shown += ["…"] * (len(kinds) > MAX_KINDS_SHOWN)
        are = "is not a picture" if len(others) == 1 else "are not pictures"
        note(f"{_count(len(others), 'file')} in {shorten(top)} {are} ({', '.join(shown)})")
    if note and folders:
        note(f"{shorten(top)}: {_skipped(folders)} skipped; use --recursive")
    return pictures


def is_ignored(name: str) -> bool:
    """Return whether a name in a folder is hidden, or one of those that systems add."""
    return name[0] == "." or name.lower() in IGNORED_NAMES


def is_file(entry: os.DirEntry[str]) -> bool:
    """Return whether this is a file, a link to a file, or a broken link (reading it will fail)."""
    if not entry.is_symlink():
        return entry.is_file()
    return os.path.isfile(entry.path) or not os.path.exists(entry.path)  # noqa: PTH110, PTH113


def _contents(folder: str) -> tuple[list[str], list[str], list[str]]:
    """Return the pictures, other files and folders in a folder, each sorted."""
    pictures: list[str] = []
    others: list[str] = []
    folders: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_ignored(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            else:
                (pictures if _is_picture(entry) else others).append(entry.path)
    return sorted(pictures), sorted(others), sorted(folders)


def _is_picture(entry: os.DirEntry[str]) -> bool:
    """Return whether the suffix, or else the content, is that of a picture."""
    if entry.name.lower().endswith(PICTURE_SUFFIXES):
        return is_file(entry)
    # Opening a pipe would wait forever.
    if os.path.isfile(entry.path):  # noqa: PTH113
        with suppress(OSError), open(entry.path, "rb", buffering=0) as file:  # noqa: PTH123
            start = file.read(SIGNATURE_BYTES)
            return any(re.match(signature, start, re.DOTALL) for signature, *_ in SIGNATURES)
    return False


def _kind(path: str) -> str:
    """Return the ending of a file's name, or what it is instead of a file, for a note."""
    if os.path.isfile(path):  # noqa: PTH113
        return os.path.splitext(path)[1].lower() or "no ending"  # noqa: PTH122
    return "link to a folder" if os.path.isdir(path) else "pipe or device"  # noqa: PTH112


def _skipped(folders: list[str]) -> str:
    """Return how many pictures, judged by their suffixes, are in how many subfolders."""
    pending = folders.copy()
    pictures: Counter[str] = Counter()
    seen = 0
    while pending and seen < MAX_COUNTED:
        folder = pending.pop()
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in islice(entries, MAX_COUNTED - seen):
                seen += 1
                if is_ignored(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif entry.name.lower().endswith(PICTURE_SUFFIXES):
                    pictures[folder] += 1
    if not pictures:
        return _count(len(folders), "subfolder")
    more = "at least " if seen == MAX_COUNTED else ""
    return f"{more}{_count(pictures.total(), 'picture')} in {_count(len(pictures), 'subfolder')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
