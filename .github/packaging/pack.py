"""Packs a built labform for a release. Of Cargo.toml's version; the same input gives the same bytes.

    pack.py archive BINARY TARGET DIR   DIR/labform-VERSION-TARGET.tar.gz: the command and the licences
    pack.py image BINARY DIR            DIR/labform-VERSION-image-amd64.tar, or arm64: a container image of the command,
                                        for `docker load`, skopeo, or labform's own `images: { archive: … }`
    pack.py npm BINARY TARGET DIR       DIR/labform-PLATFORM-VERSION.tgz: the npm package of one platform
    pack.py launcher DIR                DIR/labform-VERSION.tgz: the npm package whose command starts that of the platform
    pack.py installer DIR [FROM]        DIR/install.sh, for the files of the release in FROM: a folder or an address
    pack.py formula DIR FROM            DIR/labform.rb, Homebrew's formula of the archives in DIR, fetched from the address
    pack.py sums DIR                    DIR/SHA256SUMS, of all files there
    pack.py version [TAG]               prints the version; fails if TAG isn't that, with a `v` before it

What holds the command holds THIRD-PARTY.txt, too, which notices.py has written beside this file for the same target: the
licences of what is linked. A command that holds paths below the builder's home folder isn't packed.

The image holds the command, the system's libraries that it is linked with, and Mozilla's certificates, all as Debian or
Ubuntu package them (libc6, libgcc-s1, ca-certificates): it is made on such a machine, and needs no Docker.
"""

import gzip
import hashlib
import io
import json
import os
import platform
import re
import subprocess
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def cargo(key):
    """What Cargo.toml says of the package first."""
    return re.search(rf'^{key} = "(.+)"$', (HERE / "../../Cargo.toml").read_text(), re.MULTILINE)[1]


VERSION = cargo("version")
# What a release is built for: Rust's word, the system and the processor in Node.js's words, and the same in Homebrew's.
PLATFORMS = {
    "x86_64-unknown-linux-gnu": ("linux", "x64", "on_linux", "on_intel"),
    "aarch64-unknown-linux-gnu": ("linux", "arm64", "on_linux", "on_arm"),
    "aarch64-apple-darwin": ("darwin", "arm64", "on_macos", "on_arm"),
    "x86_64-pc-windows-msvc": ("win32", "x64", None, None),
}
LICENCES = [HERE.parent / name for name in ("LICENSE-MIT", "LICENSE-APACHE")]
NOTICES = HERE / "THIRD-PARTY.txt"
CERTIFICATES = Path("/usr/share/ca-certificates/mozilla")
MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
# Whoever runs a container without another user: nobody on the machine outside.
USER = 65532


def tar(entries):
    """A tar of (path, bytes or None for a folder, mode, owner)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, content, mode, owner in entries:
            entry = tarfile.TarInfo(path)
            entry.mode, entry.uid, entry.gid = mode, owner, owner
            if content is None:
                entry.type = tarfile.DIRTYPE
                archive.addfile(entry)
            else:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def packed(content):
    return gzip.compress(content, compresslevel=6, mtime=0)


def digest(content):
    return hashlib.sha256(content).hexdigest()


def command(target):
    """The name of the command on a platform."""
    return "labform.exe" if "windows" in target else "labform"


def built(binary):
    """The bytes of the command. Where it was built is nobody's business, and would tell one build from another."""
    content = Path(binary).read_bytes()
    home = Path.home()
    if f"{home}{os.sep}".encode() in content:
        sys.exit(f"{binary} holds paths below {home}: build it with RUSTFLAGS=--remap-path-prefix={home}=/build")
    return content


def licences():
    """The texts that go along with the command, by name."""
    if not NOTICES.exists():
        sys.exit(f"{NOTICES} isn't there: `python3 {HERE / 'notices.py'} {NOTICES} TARGET` writes it")
    return {text.name: (text.read_bytes(), 0o644) for text in (*LICENCES, NOTICES)}


def tarball(inner, files, file):
    """A compressed tar of files by name below one folder."""
    entries = [(f"{inner}/{path}", content, mode, 0) for path, (content, mode) in files.items()]
    file.write_bytes(packed(tar(entries)))


def archive(binary, target, folder):
    name = f"labform-{VERSION}-{target}"
    files = {command(target): (built(binary), 0o755), **licences()}
    tarball(name, files, Path(folder, f"{name}.tar.gz"))


def npm_package(name, files, folder, **more):
    """A package of npm's. It is private: npm publishes none that says so, so that no slip of a hand takes the name."""
    described = {"name": name, "version": VERSION, "description": cargo("description"), "license": cargo("license")}
    described |= {"private": True, **more}
    files["package.json"] = (json.dumps(described, indent=2).encode(), 0o644)
    tarball("package", files, Path(folder, f"{name.lstrip('@').replace('/', '-')}-{VERSION}.tgz"))


def npm(binary, target, folder):
    system, processor, *_ = PLATFORMS[target]
    only = {"os": [system], "cpu": [processor]} | ({"libc": ["glibc"]} if system == "linux" else {})
    files = {command(target): (built(binary), 0o755), **licences()}
    npm_package(f"@labform/{system}-{processor}", files, folder, **only)


def launcher(folder):
    platforms = {f"@labform/{system}-{processor}": VERSION for system, processor, *_ in PLATFORMS.values()}
    files = {"launcher.js": ((HERE / "launcher.js").read_bytes(), 0o755)}
    files |= {licence.name: (licence.read_bytes(), 0o644) for licence in LICENCES}
    more = {"bin": {"labform": "launcher.js"}, "engines": {"node": ">=14"}, "optionalDependencies": platforms}
    npm_package("labform", files, folder, **more)


def libraries(binary):
    """The paths at which the command looks for its libraries, and the loader's."""
    told = subprocess.run(["ldd", binary], check=True, capture_output=True, text=True).stdout
    return sorted(set(re.findall(r"(/\S+) \(0x", told)))


def image(binary, folder):
    files = {"labform": (built(binary), 0o755)}
    files |= {path.lstrip("/"): (Path(path).read_bytes(), 0o755) for path in libraries(binary)}
    roots = sorted(CERTIFICATES.glob("*.crt"))
    if not roots:
        sys.exit(f"{CERTIFICATES} has no certificates: `apt-get install ca-certificates` brings them")
    bundle = "".join(root.read_text() for root in roots).encode()
    files["etc/ssl/certs/ca-certificates.crt"] = (bundle, 0o644)
    files["etc/nsswitch.conf"] = (b"hosts: files dns\n", 0o644)
    for package in ("libc6", "libgcc-s1", "ca-certificates"):
        said = f"usr/share/doc/{package}/copyright"
        files[said] = (Path("/", said).read_bytes(), 0o644)
    files |= {f"usr/share/doc/labform/{name}": text for name, text in licences().items()}
    above = {str(parent) for path in files for parent in Path(path).parents} - {"."}
    entries = [(path, None, 0o755, 0) for path in sorted(above)]
    entries += [("lab", None, 0o755, USER), ("tmp", None, 0o1777, 0)]
    entries += [(path, *files[path], 0) for path in sorted(files)]
    write_image(tar(entries), Path(folder, f"labform-{VERSION}-image-{MACHINE}.tar"))


def write_image(layer, file):
    """An OCI layout, with what older versions of Docker read beside it."""
    blobs = {}

    def blob(content, kind, **more):
        blobs[digest(content)] = content
        kind = f"application/vnd.oci.image.{kind}"
        return {"mediaType": kind, "digest": f"sha256:{digest(content)}", "size": len(content), **more}

    def document(value):
        return json.dumps(value, sort_keys=True).encode()

    place = {"architecture": MACHINE, "os": "linux"}
    labels = {"title": "labform", "version": VERSION, "licenses": "MIT OR Apache-2.0"}
    config = {
        "Entrypoint": ["/labform"],
        "Env": ["PATH=/", "HOME=/tmp"],
        "User": f"{USER}:{USER}",
        "WorkingDir": "/lab",
        "Labels": {f"org.opencontainers.image.{key}": value for key, value in labels.items()},
    }
    diff = {"type": "layers", "diff_ids": [f"sha256:{digest(layer)}"]}
    layers = [blob(packed(layer), "layer.v1.tar+gzip")]
    config = blob(document({**place, "config": config, "rootfs": diff}), "config.v1+json")
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = document({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": layers})
    names = {"org.opencontainers.image.ref.name": VERSION, "io.containerd.image.name": f"labform:{VERSION}"}
    index = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [blob(manifest, "manifest.v1+json", platform=place, annotations=names)],
    }

    def at(described):
        return f"blobs/{described['digest'].replace(':', '/')}"

    docker = [{"Config": at(config), "RepoTags": [f"labform:{VERSION}"], "Layers": [at(one) for one in layers]}]
    entries = [
        ("oci-layout", document({"imageLayoutVersion": "1.0.0"}), 0o644, 0),
        ("index.json", document(index), 0o644, 0),
        ("manifest.json", document(docker), 0o644, 0),
        ("blobs", None, 0o755, 0),
        ("blobs/sha256", None, 0o755, 0),
    ]
    entries += [(f"blobs/sha256/{name}", content, 0o644, 0) for name, content in sorted(blobs.items())]
    file.write_bytes(tar(entries))


def installer(folder, start=""):
    text = (HERE / "install.sh").read_text()
    for line in (f"version={VERSION}", f"from='{start}'"):
        name, _ = line.split("=", 1)
        text = re.sub(f"^{name}=.*$", line, text, count=1, flags=re.MULTILINE)
    Path(folder, "install.sh").write_text(text)


def formula(folder, start):
    blocks = {}
    for target, (*_, system, processor) in PLATFORMS.items():
        name = f"labform-{VERSION}-{target}.tar.gz"
        if system:
            text = f'    {processor} do\n      url "{start}/{name}"\n'
            text += f'      sha256 "{digest(Path(folder, name).read_bytes())}"\n    end\n'
            blocks[system] = blocks.get(system, "") + text
    for system, text in blocks.items():
        if "on_intel" not in text:
            blocks[system] = "    depends_on arch: :arm64\n" + text
    text = (HERE / "formula.rb").read_text()
    for word, value in {
        "DESCRIPTION": cargo("description"),
        "HOMEPAGE": start.split("/releases/")[0],
        "VERSION": VERSION,
        "  # ARCHIVES\n": "\n".join(f"  {system} do\n{text}  end\n" for system, text in blocks.items()),
    }.items():
        text = text.replace(word, value, 1)
    Path(folder, "labform.rb").write_text(text)


def sums(folder):
    files = sorted(path for path in Path(folder).iterdir() if path.is_file() and path.name != "SHA256SUMS")
    lines = [f"{digest(path.read_bytes())}  {path.name}\n" for path in files]
    Path(folder, "SHA256SUMS").write_text("".join(lines))


def version(tag=None):
    if tag not in (None, f"v{VERSION}"):
        sys.exit(f"Cargo.toml's version is {VERSION}, and the tag is {tag}")
    print(VERSION)


if __name__ == "__main__":
    words = {act.__name__: act for act in (archive, image, npm, launcher, installer, formula, sums, version)}
    try:
        word, *rest = sys.argv[1:]
        act = words[word]
    except (KeyError, ValueError):
        sys.exit(__doc__.strip())
    act(*rest)
