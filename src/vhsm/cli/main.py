"""The `vhsm` command: its nouns, and how their failures are told.

Exit status: 0 done; 1 refused; 2 used wrongly; 3 configuration; 4 no server.
"""

import sys
from typing import Final

import typer

from vhsm import __version__
from vhsm.cli import container, dev, doctor, key, server, status, token, user
from vhsm.cli.options import UsageError
from vhsm.config import ConfigError
from vhsm.errors import DeviceError, Refusal

EXIT_REFUSED: Final = 1
EXIT_USAGE: Final = 2
EXIT_CONFIG: Final = 3
EXIT_UNREACHABLE: Final = 4

app = typer.Typer(
    name="vhsm",
    help="A virtual HSM: keys are stored and used in one isolated environment, and reached through PKCS#11.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(server.init)
app.command()(server.serve)
app.command()(status.status)
app.command()(doctor.doctor)
app.add_typer(container.app, name="container")
app.add_typer(user.app, name="user")
app.add_typer(token.app, name="token")
app.add_typer(key.app, name="key")
app.add_typer(dev.app, name="dev")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run a command; a failure is one line on standard error that says what to do."""
    try:
        app()
    except UsageError as error:
        _fail(str(error), EXIT_USAGE)
    except ConfigError as error:
        _fail(str(error), EXIT_CONFIG)
    except DeviceError as error:
        _fail(str(error), EXIT_UNREACHABLE)
    except Refusal as refusal:
        _fail(str(refusal), EXIT_REFUSED)
    except KeyboardInterrupt:
        _fail("interrupted", EXIT_REFUSED)


def _fail(text: str, status_code: int) -> None:
    typer.echo(f"vhsm: {text}", err=True)
    sys.exit(status_code)


if __name__ == "__main__":
    main()
