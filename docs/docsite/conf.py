# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration of Sphinx for "make docs", which first copies the pages to a separate directory."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

project = "blueking.job"
copyright = "BlueKing JOB collection contributors"
html_title = "blueking.job"

extensions = ["myst_parser", "sphinx_antsibull_ext"]
root_doc = "README"
# The navigation lists the modules.
exclude_patterns = ["modules/index.rst"]
# As in Ansible's own documentation, which the pages of the modules are written for.
pygments_style = "ansible"
default_role = "any"
nitpicky = True

# Headings get the anchors that they have where Markdown is read as it is.
myst_heading_anchors = 4
myst_links_external_new_tab = False

html_theme = "furo"
html_static_path = [str(Path(__file__).with_name("site.css"))]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
# Colors come from site.css, so that they follow the switch between light and dark.
antsibull_ext_color_scheme = "none"

ANSIBLE = "https://docs.ansible.com/ansible/latest"
# Targets of links from the pages of the modules to Ansible's own documentation. Every other unknown target is a
# warning, and every warning ends the build.
IN_ANSIBLES_DOCUMENTATION = {
    "action_plugins": "plugins/action.html",
    "ansible_collections.ansible.builtin.default_callback": "collections/ansible/builtin/default_callback.html",
    "ansible_collections.ansible.builtin.copy_module": "collections/ansible/builtin/copy_module.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "callback_plugins": "plugins/callback.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
FORGE = "https://github.com/blueking-ansible/blueking.job"
CLONE = Path(__file__).resolve().parents[2]


def lead_to_the_forge(app: Sphinx, page: str, source: list[str]) -> None:
    """Make links to files of the clone that are not pages point to the repository."""

    def target(link: re.Match[str]) -> str:
        path = (CLONE / page).parent / link[1]
        if not path.exists() or ((Path(app.srcdir) / page).parent / link[1]).exists():
            return link[0]
        kind = "tree" if path.is_dir() else "blob"
        return f"]({FORGE}/{kind}/main/{path.resolve().relative_to(CLONE).as_posix()})"

    source[0] = re.sub(r"\]\(([^()#:\s]+)\)", target, source[0])


def add_navigation(app: Sphinx, page: str, source: list[str]) -> None:
    """Make the navigation out of the lists of pages in the README: its headings are captions, its links are entries."""
    if page == root_doc:
        _before, _heading, rest = source[0].partition("\n## Documentation\n")
        for part in rest.partition("\n## ")[0].split("\n### ")[1:]:
            caption, _newline, text = part.partition("\n")
            source[0] += _contents(caption, re.findall(r"\]\((\S+)\.md\)", text))
            if caption == "Guides":
                source[0] += _contents("Modules and plugins", _modules(Path(app.srcdir, "modules")))
    elif page.startswith("modules/"):
        # The theme shows a page's contents beside the page.
        source[0] = re.sub(r"^\.\. contents::\n(?: +:.*\n)*", "", source[0], flags=re.MULTILINE)
        source[0] = _with_example_first(source[0])


def _with_example_first(page: str) -> str:
    """Repeat the first of the examples above the synopsis."""
    examples = re.search(
        r"^\.\. code-block:: yaml\+jinja\n\n((?: {4}.+\n)+)", page.partition("\n.. Examples\n")[2], re.MULTILINE
    )
    return page.replace("\nSynopsis\n", f"\n{examples[0]}\n\nSynopsis\n", 1) if examples else page


def _modules(folder: Path) -> list[str]:
    entries = [
        f"{path.stem.removesuffix('_module')} <modules/{path.stem}>" for path in sorted(folder.glob("*_module.rst"))
    ]
    for kind in ("callback", "filter"):
        names = [path.stem for path in sorted(folder.glob(f"*_{kind}.rst"))]
        entries += [f"{name.removesuffix('_' + kind)} ({kind}) <modules/{name}>" for name in names]
    return [*entries, "Environment variables <modules/environment_variables>"]


def _contents(caption: str, entries: list[str]) -> str:
    return "\n".join(["", "```{toctree}", ":hidden:", f":caption: {caption}", "", *entries, "```", ""])


def lead_to_ansible(
    _app: Sphinx, _environment: BuildEnvironment, reference: pending_xref, text: nodes.TextElement
) -> nodes.reference | None:
    """Link the pages of the modules to Ansible's own documentation, without a network."""
    target = reference["reftarget"]
    page = IN_ANSIBLES_DOCUMENTATION.get(target)
    if reference["reftype"] == "envvar" and target.startswith("ANSIBLE_"):
        page = f"reference_appendices/config.html#envvar-{target}"
    return page and nodes.reference("", text.astext(), internal=False, refuri=f"{ANSIBLE}/{page}")


def setup(app: Sphinx) -> None:
    """Register the functions above with Sphinx."""
    # The modules are in the navigation, and a new one does not change the README.
    app.connect("env-get-outdated", lambda *_: [root_doc])
    app.connect("source-read", add_navigation)
    app.connect("source-read", lead_to_the_forge)
    app.connect("missing-reference", lead_to_ansible)
