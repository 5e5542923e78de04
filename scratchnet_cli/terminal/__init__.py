"""The streams of a terminal and the files of its user: messages, progress, whole files."""

from typing import TYPE_CHECKING

from scratchnet_cli.lazy import lazy_exports

if TYPE_CHECKING:
    from scratchnet_cli.terminal.bars import text_bar
    from scratchnet_cli.terminal.files import (
        PART_SUFFIX,
        ReportFile,
        part_of,
        refuse_existing,
        report_file,
        write_file,
    )
    from scratchnet_cli.terminal.github import annotate, append_to_summary
    from scratchnet_cli.terminal.messages import below, exact, note, on_github, printable, shortened
    from scratchnet_cli.terminal.progress import Progress
    from scratchnet_cli.terminal.progress_bars import progress_bar
    from scratchnet_cli.terminal.streams import STDIN, has_colour, set_up_streams
else:
    __getattr__, __all__ = lazy_exports(__name__)
