#!/usr/bin/env python3
"""Write what goes with an image: a CycloneDX bill of materials, a manifest, and checksums.

Usage: papers.py VERSION FOLDER FILE... where FOLDER holds packages.tsv, wheels.tsv and kernel as make-root.sh leaves them.
Specification: CycloneDX 1.5, JSON; package URLs by the purl specification's types deb and pypi.
"""

import hashlib
import json
import sys
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

BOARDS = ["Raspberry Pi 3", "Raspberry Pi 4", "Raspberry Pi 5"]


def components(folder: Path) -> list[dict[str, Any]]:
    """Every package of the distribution and every wheel that is on the card, once."""
    found = []
    for line in (folder / "packages.tsv").read_text(encoding="utf-8").splitlines():
        name, version, architecture, source = line.split("\t")
        url = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={architecture}"
        origin = [{"name": "source", "value": source}]
        found.append({"type": "library", "name": name, "version": version, "purl": url, "properties": origin})
    for line in (folder / "wheels.tsv").read_text(encoding="utf-8").splitlines():
        name, version = line.split("\t")
        url = f"pkg:pypi/{quote(name.lower().replace('_', '-'))}@{quote(version)}"
        found.append({"type": "library", "name": name, "version": version, "purl": url})
    for component in found:
        component["bom-ref"] = component["purl"]
    return found


def bill(version: str, folder: Path) -> dict[str, Any]:
    """The bill of materials; the same image gives the same one."""
    parts = components(folder)
    name = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).digest()
    subject = {"type": "firmware", "name": "gatepost", "version": version, "bom-ref": f"gatepost@{version}"}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.UUID(bytes=name[:16], version=4)}",
        "version": 1,
        "metadata": {"component": subject},
        "components": parts,
    }


def sha256(path: Path) -> str:
    """The file's digest in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main(version: str, folder: Path, files: list[Path]) -> None:
    """Write the papers of these files beside the first of them."""
    to = files[0].parent
    paper = to / f"gatepost-{version}-arm64.cdx.json"
    paper.write_text(json.dumps(bill(version, folder), indent=1) + "\n", encoding="utf-8")
    listed = [{"file": one.name, "bytes": one.stat().st_size, "sha256": sha256(one)} for one in [*files, paper]]
    manifest = to / f"gatepost-{version}-arm64.manifest.json"
    kernel = (folder / "kernel").read_text(encoding="ascii").strip()
    said = {
        "name": "gatepost",
        "version": version,
        "architecture": "arm64",
        "boards": BOARDS,
        "kernel": kernel,
        "files": listed,
    }
    manifest.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    lines = [f"{sha256(one)}  {one.name}\n" for one in [*files, paper, manifest]]
    (to / f"gatepost-{version}-arm64.sha256").write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), [Path(word) for word in sys.argv[3:]])
