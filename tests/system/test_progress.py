"""Progress of ``predict``, which shows only if it takes long."""

import pytest

from scratchnet_cli.system import progress
from scratchnet_cli.system.progress import Progress


@pytest.mark.parametrize(
    ("mode", "is_slow", "lines"), [("plain", True, 3), ("plain", False, 0), ("none", True, 0)]
)
def test_pictures_are_counted_if_it_takes_long(
    mode: str,
    is_slow: bool,
    lines: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A log has a plain line now and then, with the number of pictures and the rate."""
    monkeypatch.setattr(progress, "PICTURES_DELAY_S", -1.0 if is_slow else 1e9)
    with Progress(mode).pictures(None) as advance:
        for _ in range(3):
            advance()
    shown = capsys.readouterr().err.splitlines()
    assert [line.split("  ")[0] for line in shown] == ["1 picture", "2 pictures", "3 pictures"][
        :lines
    ]
    assert all(line.endswith(" pictures/s") for line in shown)
