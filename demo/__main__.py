"""`make demo`: tell the story, print the table, leave nothing behind. Exit status 0 only if all held."""

from __future__ import annotations

import shutil
import sys

from rich.console import Console

from demo.containers import Lab
from demo.report import Report
from demo.server import Failed
from demo.story import Story


def main() -> int:
    """Run the demo."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    report = Report(console)
    if shutil.which("bwrap") is None:
        console.print("demo: bubblewrap is missing; install it by: apt-get install bubblewrap")
        return 1
    with Lab() as lab:
        story = Story(lab, report)
        try:
            story.tell()
        except Failed as failure:
            report.add("the demo", "runs to its end", held=False, seen=str(failure))
            console.print(story.server.log(), markup=False)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
