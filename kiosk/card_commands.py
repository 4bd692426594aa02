"""The command line of the cards: `gatepost card` for the office, `gatepost first-boot` for the kiosk that finds one.

`gatepost card-screen` shows what is wrong with it where no kiosk can start yet.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import typer

ETC = Path("/etc/gatepost")
FAT = Path("/boot/firmware")
CACHE = Path("/var/cache/gatepost")
CONNECTIONS = Path("/etc/NetworkManager/system-connections")


def card(
    template: Annotated[Path, typer.Argument(help="A gatepost.toml with what all gates have in common.", metavar="TEMPLATE")],
    sheet: Annotated[Path, typer.Argument(help="CSV: a row for each gate, a column for each section.key.", metavar="SHEET")],
    to: Annotated[Path, typer.Option(help="Where each gate gets a folder of its own.", metavar="FOLDER")],
    etc: Annotated[Path, typer.Option(help="Where files that a gate's rules name are kept here.", metavar="FOLDER")] = ETC,
) -> int:
    """Write the cards of many gates from a spreadsheet: copy each gatepost.toml onto its card."""
    from kiosk.card_sheet import write_cards

    written = write_cards(template, sheet, to, etc)
    typer.echo(f"{len(written)} cards in {to}")
    return 0


def first_boot(
    folder: Annotated[Path, typer.Option("--card", help="The card's FAT partition.", metavar="FOLDER")] = Path(
        "/boot/firmware"
    ),
    etc: Annotated[Path, typer.Option(help="Where the kiosk's configuration is.", metavar="FOLDER")] = ETC,
    connections: Annotated[Path, typer.Option(help="NetworkManager's.", metavar="FOLDER")] = CONNECTIONS,
    restart: Annotated[bool, typer.Option("--restart", help="Let systemd start the kiosk anew if there was one.")] = False,
) -> int:
    """Take over the gatepost.toml that is on the card, if it is new; what is wrong with it is written beside it."""
    from kiosk.card import take_over

    if not take_over(folder, etc, connections):
        typer.echo("nothing new on the card")
        return 0
    typer.echo("the card was taken over")
    if restart:
        # A gate that runs has not waited for this.
        if shutil.which("nmcli") is not None:
            subprocess.run(["nmcli", "connection", "reload"], check=False)
        subprocess.run(["systemctl", "--no-block", "restart", "gatepost.target"], check=True)
    return 0


def card_screen(
    folder: Annotated[Path, typer.Option("--card", help="The card's FAT partition.", metavar="FOLDER")] = FAT,
    cache: Annotated[Path, typer.Option(help="A folder that it may write to.", metavar="FOLDER")] = CACHE,
) -> int:
    """Show what first-boot has found wrong with the card, on the whole display, until this is ended."""
    from kiosk.card import read_answer
    from ui.card_screen import show_mistake

    show_mistake(read_answer(folder), cache)
    return 0
