"""What is deployed locally, made from the build: code with a bootstrap, merged layers, the localised template."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from local import bootstrap, isolation, template, trees
from local.paths import BUILT, RUNTIME, Layout


@dataclass(frozen=True, slots=True)
class Artifacts:
    """The result of `prepare`.

    Attributes:
        template: The template file for `sam deploy`.
        isolated: Whether the functions will run in bubblewrap.
        layers: The merged layer folders in use.
    """

    template: Path
    isolated: bool
    layers: frozenset[Path]


def _merge(layout: Layout, sources: list[Path]) -> Path:
    """Lay the layers over one another in a folder named after their content."""
    contents = [trees.digest([source], source) for source in sources]
    merged = layout.layers / ("-".join(content[:12] for content in contents) or "none")
    if not merged.exists():
        draft = layout.layers / "draft"
        trees.overlay(sources, draft)
        draft.rename(merged)
    return merged


def prepare(layout: Layout, values: dict[str, str]) -> Artifacts:
    """Make what is deployed from `.aws-sam/build`.

    Everything is a copy or a hard link: the next build empties its folder while functions may still run from here.

    Args:
        layout: The stack's files.
        values: The template parameters with which it will be deployed.
    """
    described = template.load(BUILT / "template.yaml")
    folders = template.layer_folders(described, BUILT)
    functions = template.functions(described, BUILT)
    merged = {
        function.logical_id: _merge(layout, [folders[name] for name in function.layers]) for function in functions
    }
    isolated = isolation.works(next(iter(merged.values())), RUNTIME)

    shutil.rmtree(layout.artifacts, ignore_errors=True)
    code = {}
    for function in functions:
        target = layout.artifacts / function.logical_id
        trees.overlay([function.code], target)
        script = target / "bootstrap"
        script.write_text(bootstrap.render(function.variables, merged[function.logical_id], RUNTIME, isolated=isolated))
        script.chmod(0o755)
        code[function.logical_id] = target

    markers = {}
    for name, folder in folders.items():
        markers[name] = layout.artifacts / name
        markers[name].mkdir()
        (markers[name] / "CONTENT").write_text(trees.digest([folder], folder) + "\n")

    template.localise(described, code, markers, values)
    file = layout.artifacts / "template.json"
    file.write_text(json.dumps(described, indent=1, default=str))
    return Artifacts(file, isolated, frozenset(merged.values()))


def prune(layout: Layout, artifacts: Artifacts) -> None:
    """Remove merged layers that no deployed function uses any more."""
    for folder in layout.layers.iterdir():
        if folder not in artifacts.layers:
            shutil.rmtree(folder, ignore_errors=True)
