"""Template sets on disk: the shipped ones, and a project's own changes to them.

`templates/NAME/` in a project wins file by file over the set of that name that is
shipped with the product, so that a newsroom can change one block and keep the rest.
`templates/shared/` holds what several sets use, and `templates/theme.yaml` the fonts,
colours and sizes of all of them; a project's wins there, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from digest.errors import FileProblems, InputError
from digest.model import Problem
from digest.rendering import TemplateFile, TemplateSet
from digest.shipped import shipped
from digest.yamltext import read_yaml

#: No template is longer; a bigger file is something else in the wrong folder.
LARGEST_BYTES = 512 * 1024
MOST_FILES = 100

#: The folder of what several sets use, and the file of fonts and colours.
SHARED, THEME = "shared", "theme.yaml"

#: The file that names the sets of a project's newsletters.
SETTINGS = "digest.yaml"

#: The folder of the public pages, which are nobody's mail.
PAGES = "pages"

#: What makes a folder a set.
_PAGES = ("digest.html.j2", "digest.txt.j2", "subject.txt.j2")
_NAME = re.compile(r"[\w][\w.-]*")
_LOCALE = "locale"  #: the folder of catalogues among those of sets


def load_templates(name: str, project: Path | None) -> TemplateSet:
    """Read the set called `name`, the project's files before the shipped ones.

    `project` is the folder that holds `digest.yaml`; None: only what is shipped.
    Raises `InputError` when there is no such set or a file cannot be a template.
    """
    if not _NAME.fullmatch(name) or ".." in name:
        raise InputError(
            f"template: {name!r} is not a name: write the name of a folder inside "
            "`templates`, such as `newsroom`"
        )
    if name not in known_sets(project):
        raise _unknown(name, project)
    files: dict[str, TemplateFile] = {}
    themes: list[TemplateFile] = []
    for folder in _folders(project):
        for file, template in _read(folder / SHARED).items():
            files[f"{SHARED}/{file}"] = template
        own = _read(folder / name)
        themes += [*_theme(folder), *filter(None, [own.pop(THEME, None)])]
        files |= own
    return TemplateSet(
        name=name,
        files=files,
        themes=tuple(themes),
        catalogues=load_catalogues(project),
        shipped=name in known_sets(None),
    )


def load_pages(project: Path | None) -> TemplateSet:
    """Read the templates of the public pages, the project's files before the shipped.

    They lie in `templates/pages/`. Raises `InputError` when one cannot be a template.
    """
    files: dict[str, TemplateFile] = {}
    themes: list[TemplateFile] = []
    for folder in _folders(project):
        own = _read(folder / PAGES)
        themes += [*_theme(folder), *filter(None, [own.pop(THEME, None)])]
        files |= own
    return TemplateSet(
        name=PAGES,
        files=files,
        themes=tuple(themes),
        catalogues=load_catalogues(project),
        shipped=True,
    )


def load_catalogues(project: Path | None) -> dict[str, TemplateFile]:
    """Read the stock's words by language, a project's catalogues before the shipped.

    They lie where gettext has them: `templates/locale/pt_BR/LC_MESSAGES/digest.po`.
    """
    return {
        path.parts[-3].replace("_", "-"): TemplateFile(path=str(path), text=_text(path))
        for folder in _folders(project)
        for path in sorted((folder / _LOCALE).glob("*/LC_MESSAGES/digest.po"))
    }


def known_sets(project: Path | None) -> list[str]:
    """Return the names of the sets there are, the project's and the shipped ones."""
    return sorted(
        {
            path.name
            for folder in _folders(project)
            if folder.is_dir()
            for path in folder.iterdir()
            if _NAME.fullmatch(path.name) and any((path / f).is_file() for f in _PAGES)
        }
    )


def _folders(project: Path | None) -> list[Path]:
    """Return where sets are kept, the strongest last."""
    own = [project / "templates"] if project else []
    return [shipped("templates"), *own]


def _read(folder: Path) -> dict[str, TemplateFile]:
    """Read every file of one folder; hidden ones and folders are nobody's template."""
    if not folder.is_dir():
        return {}
    paths = [p for p in sorted(folder.iterdir()) if p.is_file() and p.name[0] != "."]
    if len(paths) > MOST_FILES:
        raise InputError(
            f"{folder}: {len(paths)} files are too many for a template set: "
            f"keep at most {MOST_FILES}"
        )
    return {p.name: TemplateFile(path=str(p), text=_text(p)) for p in paths}


def _theme(folder: Path) -> list[TemplateFile]:
    path = folder / THEME
    return [TemplateFile(path=str(path), text=_text(path))] if path.is_file() else []


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise InputError(
                f"{path}: {size:,} bytes are too many for a template: at most "
                f"{LARGEST_BYTES:,}; link pictures instead of keeping them here"
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: is not UTF-8 text (byte {error.start}): save it as UTF-8, or "
            "move it out of the templates"
        ) from error
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}): check its permissions"
        ) from error


def _unknown(name: str, project: Path | None) -> InputError:
    sets = known_sets(project)
    near = get_close_matches(name, sets, n=1)
    hint = f"did you mean `{near[0]}`? " if near else ""
    what = f"no set is called `{name}`: {hint}there are {', '.join(sets)}"
    places = list(_naming(name, project / SETTINGS)) if project else []
    if not places:
        return InputError(f"template: {what}")
    return FileProblems([Problem(where=each, what=what) for each in places])


def _naming(name: str, settings: Path) -> Iterator[str]:
    """Yield the places in `digest.yaml` where a newsletter asks for this set."""
    try:
        document = read_yaml(_text(settings), file=str(settings))
    except InputError:  # it has changed since it was read
        return
    for location, mark in document.marks.items():
        match location:
            case ("newsletters", str(), "template"):
                _, newsletter, key = location
                assert isinstance(document.value, dict)
                if document.value["newsletters"][newsletter][key] == name:
                    yield f"{settings}:{mark.line}:{mark.column}"
