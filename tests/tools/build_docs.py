# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the documentation as a site: pages of the modules by antsibull-docs, the guides as they are, HTML by Sphinx.

The pages below .cache/docs/pages are arranged as in the clone, so that their relative links work. Every warning
ends the build, and so does a broken link within the site.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "docs" / "docsite"
BUILD = ROOT / ".cache" / "docs"
PAGES, MODULES, SITE = BUILD / "pages", BUILD / "pages" / "modules", BUILD / "html"
PROGRAMS = Path(sys.executable).parent


def gather() -> None:
    """Copy the guides and their pictures; unchanged files keep their time, so they are not parsed again."""
    wanted = {path.relative_to(ROOT) for pattern in ("*.md", "docs/*.md", "docs/*.svg") for path in ROOT.glob(pattern)}
    for path in PAGES.rglob("*"):
        if path.is_file() and MODULES not in path.parents and path.relative_to(PAGES) not in wanted:
            path.unlink()
    for name in wanted:
        (PAGES / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, PAGES / name)


def describe_modules() -> None:
    """Write the pages of the modules."""
    # antsibull-docs requires a directory that other users cannot write to.
    MODULES.mkdir(mode=0o755, parents=True, exist_ok=True)
    settings = ("--config-file", str(CONFIGURATION / "antsibull-docs.cfg"))
    options = ("--use-current", "--squash-hierarchy", "--fail-on-error", "--cleanup", "everything")
    call("antsibull-docs", *settings, "collection", *options, "--dest-dir", str(MODULES), "blueking.job")


def make_site() -> None:
    """Build HTML of all pages."""
    shutil.rmtree(SITE, ignore_errors=True)
    options = ("-b", "html", "-d", str(BUILD / "read"), "-W", "--keep-going", "--quiet", "-c", str(CONFIGURATION))
    # Write all pages, because each contains the navigation.
    call("sphinx-build", "--write-all", *options, str(PAGES), str(SITE))
    # The README is the first page.
    shutil.copy2(SITE / "README.html", SITE / "index.html")


def call(program: str, *words: str) -> None:
    """Run a program of the virtual environment, and end with it if it fails."""
    # The antsibull tools write a log file into the home directory, and search ansible-doc in PATH.
    home = ROOT / ".cache" / "home"
    home.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "HOME": str(home), "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    code = subprocess.run([str(PROGRAMS / program), *words], cwd=ROOT, env=environment, check=False).returncode
    if code:
        sys.exit(code)


class Page(HTMLParser):
    """The links of a page of the site, and its anchors."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record links and anchors of a tag."""
        for name, value in attrs:
            if name in ("href", "src") and value and not value.startswith(("http://", "https://", "mailto:", "data:")):
                self.links.append(unquote(value))
            elif name in ("id", "name") and value:
                self.anchors.add(value)


def dead_links() -> list[str]:
    """Return the broken links within the site."""
    pages = {path.resolve(): Page(path) for path in SITE.rglob("*.html")}
    dead = []
    for path, page in pages.items():
        for link in page.links:
            name, _hash, anchor = link.partition("#")
            target = (path.parent / name.partition("?")[0]).resolve() if name else path
            if not target.exists() or (target in pages and anchor not in pages[target].anchors):
                dead.append(f"{path.relative_to(SITE)}: {link}")
    return dead


if __name__ == "__main__":
    gather()
    describe_modules()
    make_site()
    sys.exit("\n".join(["links that lead nowhere:", *dead]) if (dead := dead_links()) else None)
