"""Where the local stack keeps its things: everything below the git-ignored `.local/`."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
BUILT = ROOT / ".aws-sam" / "build"

EMULATOR_PYTHON = LOCAL / "emulator" / "bin" / "python"
SAM = LOCAL / "sam" / "bin" / "sam"
RUNTIME = LOCAL / "runtime"

DEFAULT_NAME = "main"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_RESERVED = frozenset(
    {
        "emulator",
        "sam",
        "runtime",
        "tools",
        "python",
        "logs",
        "stamps",
        "issuer",
        "samples",
        "browser",
        "bench",
        "nginx",
    }
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of one named stack. Several stacks may run at once, each in a folder of its own.

    Attributes:
        name: Lower-case letters, digits and hyphens; `main` is the one that `make up` starts.

    Raises:
        ValueError: The name has other characters, or is a folder that the tools use.
    """

    name: str = DEFAULT_NAME

    def __post_init__(self) -> None:
        """Refuse a name that could not be a folder of its own."""
        if not _NAME.fullmatch(self.name) or self.name in _RESERVED:
            expected = f"lower-case letters, digits and hyphens, none of {', '.join(sorted(_RESERVED))}"
            raise ValueError(f"stack name: expected {expected}; found {self.name!r}")

    @property
    def folder(self) -> Path:
        """What this stack generates: deployed code, merged layers, scratch space."""
        return LOCAL / self.name

    @property
    def state_file(self) -> Path:
        """The description that tests, the demo and people read."""
        return (LOCAL if self.name == DEFAULT_NAME else self.folder) / "stack.json"

    @property
    def demo(self) -> Path:
        """What the demo writes: pictures, and GDAL's environment."""
        return (LOCAL if self.name == DEFAULT_NAME else self.folder) / "demo"

    @property
    def processes_file(self) -> Path:
        """What was started, so that exactly that can be stopped."""
        return self.folder / "processes.json"

    @property
    def artifacts(self) -> Path:
        """The code folders and the template that are deployed here."""
        return self.folder / "deploy"

    @property
    def layers(self) -> Path:
        """Merged layers, one folder per content digest."""
        return self.folder / "layers"

    @property
    def scratch(self) -> Path:
        """Temporary files of the emulator and of functions that run without isolation."""
        return self.folder / "tmp"

    @property
    def lock_file(self) -> Path:
        """Held while the stack is brought up or down."""
        return LOCAL / f"{self.name}.lock"

    def log(self, what: str) -> Path:
        """The log file of one step or process."""
        return LOCAL / "logs" / self.name / f"{what}.log"

    @property
    def stack_name(self) -> str:
        """Its CloudFormation name."""
        return f"rasterloom-{self.name}"


def started() -> list[Layout]:
    """The stacks of this folder that were started and not stopped."""
    return [Layout(file.parent.name) for file in sorted(LOCAL.glob("*/processes.json"))]
