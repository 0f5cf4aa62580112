"""What was taken from others is what the manifest says, and every icon that is asked for is in the sprite."""

import hashlib
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"
OURS = {"MANIFEST.json", "README.md"}
MANIFEST = json.loads((VENDOR / "MANIFEST.json").read_text())
SPRITE = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / "img" / "icons.svg").read_text()))


def test_every_vendored_file_is_the_one_in_the_manifest():
    listed = {file["path"]: file["sha256"] for package in MANIFEST for file in package["files"]}
    here = {
        path.relative_to(ROOT / "static").as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in [*VENDOR.iterdir(), ROOT / "static" / "img" / "icons.svg"]
        if path.name not in OURS
    }
    assert here == listed


def test_every_package_names_its_version_licence_and_source():
    for package in MANIFEST:
        assert package["name"]
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
        assert package["licence"]
        assert package["source"].endswith(f"@{package['version']}")


def test_the_notice_of_every_licence_that_asks_for_one_is_kept():
    assert "Permission is hereby granted" in (VENDOR / "tabler-icons.LICENSE").read_text()
    assert "Licensed under MIT" in (VENDOR / "bootstrap.min.css").read_text()[:400]
    assert "Licensed under MIT" in (VENDOR / "bootstrap.bundle.min.js").read_text()[:400]


def test_every_icon_that_a_template_or_the_code_names_is_in_the_sprite():
    named: set[str] = set()
    for template in (ROOT / "templates").rglob("*.html"):
        text = template.read_text()
        named |= set(re.findall(r'{% icon "([a-z0-9-]+)"', text))
        named |= set(re.findall(r'icon(?:_name)?="([a-z0-9-]+)"', text))
        named |= set(re.findall(r'icon_name\|default:"([a-z0-9-]+)"', text))
    for code in [
        path for app in ("cadres", "enterprises", "visits", "appeals", "reports") for path in (ROOT / app).rglob("*.py")
    ]:
        named |= set(re.findall(r'icon="([a-z0-9-]+)"', code.read_text()))
    from cadres.menu import ENTRIES

    named |= {entry.icon for entry in ENTRIES}
    assert named - SPRITE == set()
