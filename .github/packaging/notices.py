"""Collects the licences of what is linked into labform: each crate, with the texts that stand in its package.

    notices.py FILE [TARGET]   writes them, for x86_64-unknown-linux-gnu if nothing else is said

They go into the archive, the wheel and the image. Cargo has to have fetched the crates, as after a build.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAME = re.compile(r"(LICEN[CS]E|COPYING|NOTICE|COPYRIGHT|UNLICENSE)", re.IGNORECASE)
LINE = "=" * 80


def linked(metadata):
    """The packages that the command is linked with: no tools of the build or of tests."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    found, ahead = set(), [metadata["resolve"]["root"]]
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            kinds = ((dep["pkg"], {kind["kind"] for kind in dep["dep_kinds"]}) for dep in nodes[one]["deps"])
            ahead += [package for package, of in kinds if None in of]
    packages = [package for package in metadata["packages"] if package["id"] in found and package["source"]]
    # A macro's code runs in the compiler, and what it writes is the caller's.
    packages = [package for package in packages if not any("proc-macro" in made["kind"] for made in package["targets"])]
    return sorted(packages, key=lambda package: (package["name"], package["version"]))


def texts(package):
    """The texts of a package's licences and notices."""
    folder = Path(package["manifest_path"]).parent
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and NAME.match(path.name)]
    if package["license_file"]:
        files.append(folder / package["license_file"])
    found = [path.read_text(encoding="utf-8", errors="replace").strip() for path in files]
    if not found and "MIT" in (package["license"] or ""):
        # The text is the same for all but for the name.
        _, text = (HERE.parent / "LICENSE-MIT").read_text().split("Permission is hereby", 1)
        found = [f"MIT License\n\nCopyright (c) {', '.join(package['authors']) or 'its authors'}\n\nPermission is hereby{text}".strip()]
    return dict.fromkeys("\n".join(line.rstrip() for line in text.splitlines()) for text in found)


def notices(target="x86_64-unknown-linux-gnu"):
    words = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target]
    words += ["--manifest-path", str(HERE / "../../Cargo.toml")]
    packages = linked(json.loads(subprocess.run(words, check=True, capture_output=True, encoding="utf-8").stdout))
    users = {}
    for package in packages:
        name = f"{package['name']} {package['version']}"
        found = texts(package)
        if not found:
            sys.exit(f"{name}: its package has no licence's text")
        for text in found:
            users.setdefault(text, []).append(name)
    if not packages:
        sys.exit("cargo tells of no crate")
    lines = ["labform is linked with these crates, under these licences. Their texts stand below.", ""]
    lines += [f"{one['name']} {one['version']}: {one['license'] or 'see its text'}" for one in packages]
    for text, names in users.items():
        lines += ["", LINE, *names, LINE, "", text]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__.strip())
    Path(sys.argv[1]).write_text(notices(*sys.argv[2:]), encoding="utf-8")
