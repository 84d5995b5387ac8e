"""Pictures and PDFs to test with, as base64."""

from __future__ import annotations

import base64
import struct
from io import BytesIO

import pypdf


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def png(width: int, height: int) -> str:
    header = struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 2, 0, 0, 0)
    return encoded(b"\x89PNG\r\n\x1a\n" + header + b"....")


def gif(width: int, height: int) -> str:
    return encoded(b"GIF89a" + struct.pack("<HH", width, height) + b"...")


def webp(width: int, height: int) -> str:
    head = b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4)
    return encoded(head + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little") + bytes(8))


def pdf(pages: int, password: str = "") -> str:
    writer, written = pypdf.PdfWriter(), BytesIO()
    for _ in range(pages):
        writer.add_blank_page(100, 100)
    if password:
        writer.encrypt(password, algorithm="RC4-40")
    writer.write(written)
    return encoded(written.getvalue())


def pdf_with_aes(version: int, password: str = "") -> str:
    """Return a PDF that claims a version of encryption with AES."""
    writer, written = pypdf.PdfWriter(), BytesIO()
    writer.add_blank_page(100, 100)
    writer.encrypt(password, "owner", algorithm="RC4-128")
    writer.write(written)
    return encoded(written.getvalue().replace(b"/V 2", b"/V %d" % version))
