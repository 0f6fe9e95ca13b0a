"""The commands that are not verbs: they look after the workspace itself."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from cxloop.cli.failure import FAILED, told
from cxloop.cli.options import CsvOption, JsonOption, WorkspaceOption
from cxloop.cli.root import Root
from cxloop.core.errors import InputError

__all__ = ["app"]

READY_MAPPING = "mapping.toml"
"""Lies in a template for data that are known; a workspace made from it can import at once."""

app = typer.Typer(
    name="cxloop",
    help="Customer experience as a loop: collect, unify, measure, understand, anticipate, act, improve.",
    no_args_is_help=True,
    rich_markup_mode=None,
    cls=Root,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
CustomersOption = Annotated[
    int | None, typer.Option("--customers", metavar="NUMBER", help="How many customers. By default 50000.")
]
MonthsOption = Annotated[
    int | None, typer.Option("--months", metavar="NUMBER", help="How many months of their lives. By default 24.")
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", metavar="NUMBER", help="Same seed, same company. By default 1.")
]
PortOption = Annotated[
    int | None,
    typer.Option("--port", "-p", metavar="NUMBER", min=1, max=65535, help="Port; by default the one in cxloop.toml."),
]
CollectPortOption = Annotated[
    int | None,
    typer.Option(
        "--collect-port",
        metavar="NUMBER",
        min=0,
        max=65535,
        help="Port of the collectors; by default the one in cxloop.toml. 0: none beside the app.",
    ),
]
HostOption = Annotated[
    str | None, typer.Option("--host", metavar="ADDRESS", help="Address; by default the one in cxloop.toml.")
]


def _version(wanted: bool) -> None:
    if wanted:
        from cxloop._version import __version__

        typer.echo(f"cxloop {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version and stop.")
    ] = False,
) -> None:
    """Customer experience as a loop: collect, unify, measure, understand, anticipate, act, improve."""


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="A new or empty folder.")] = Path(),
    template: Annotated[
        str,
        typer.Option(
            "--template", "-t", metavar="NAME", help="Which ready experience to start from: empty, shop or olist."
        ),
    ] = "empty",
) -> None:
    """Make a workspace: a folder with the two files to edit, and nothing in it yet."""
    with told():
        from cxloop.runtime.folder import create

        made = create(directory, template)
    typer.echo(f"Made a workspace in {made.path}.")
    files = f"FOLDER --mapping {template}" if (made.path / READY_MAPPING).is_file() else "YOUR.csv --suggest"
    typer.echo(f"Next: cxloop collect file {files}, then cxloop serve.")


@app.command()
def serve(
    workspace: WorkspaceOption = None,
    host: HostOption = None,
    port: PortOption = None,
    collect_port: CollectPortOption = None,
    app: Annotated[
        bool, typer.Option("--app/--no-app", help="Run the app, or only collectors that share its PostgreSQL.")
    ] = True,
) -> None:
    """Serve the app of a workspace and its collectors, until Ctrl-C."""
    with told():
        from cxloop.entry.serve import supervise, supervise_collectors
        from cxloop.runtime.folder import find

        folder = find(workspace)
        if app:
            code = supervise(folder, host=host, port=port, collect_port=collect_port)
        else:
            code = supervise_collectors(folder, collect_port=collect_port)
    raise typer.Exit(code)


@app.command()
def demo(
    directory: Annotated[Path, typer.Argument(help="Folder; made where there is none.")] = Path("demo"),
    customers: CustomersOption = None,
    months: MonthsOption = None,
    seed: SeedOption = None,
    host: HostOption = None,
    port: PortOption = None,
    collect_port: CollectPortOption = None,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the app afterwards.")] = True,
) -> None:
    """Make a simulated company, put it into a workspace, and serve it."""
    with told():
        from cxloop.entry.demo import prepare
        from cxloop.entry.serve import supervise

        folder = prepare(directory, {"customers": customers, "months": months, "seed": seed})
        if not serve:
            typer.echo(f"Next: cxloop serve --workspace {shlex.quote(str(directory))}")
        code = supervise(folder, host=host, port=port, collect_port=collect_port) if serve else 0
    raise typer.Exit(code)


@app.command()
def link(workspace: WorkspaceOption = None) -> None:
    """Print a new link that signs the owner in, once, for a day."""
    with told():
        from cxloop.entry.addresses import sign_in_link, url
        from cxloop.runtime.folder import find
        from cxloop.runtime.remote import server_of
        from cxloop.store.base import open_store

        folder = find(workspace)
        settings, _ = folder.definitions()
        running = server_of(folder)
        store = open_store(folder.store, settings)
        server = settings.server
        typer.echo(sign_in_link(store, running["address"] if running else url(server.host, server.port)))
        store.close()
    if not running:
        typer.echo("No server runs on this workspace yet: cxloop serve", err=True)


@app.command()
def seal(
    workspace: WorkspaceOption = None,
    text: Annotated[
        str, typer.Option("--text", prompt="Secret", hide_input=True, help="The secret; asked for unless given.")
    ] = "",
) -> None:
    """Seal a secret with the workspace's key, to be put into cxloop.toml."""
    with told():
        from cxloop.runtime.folder import find
        from cxloop.store.secrets import Vault

        sealed = Vault.of(find(workspace).path).seal(text)
    typer.echo(f"sealed:{sealed}")


@app.command()
def doctor(
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Look a workspace over: versions, disk, locks, server, tables, rejects; and say what to do."""
    with told(as_json=as_json):
        from cxloop.cli import output
        from cxloop.runtime.doctor import FAILING, examine

        form = output.chosen(as_json=as_json, as_csv=as_csv)
        findings = examine(workspace)
    output.write(findings, form)
    if any(row["state"] == FAILING for row in findings.records()):
        raise typer.Exit(FAILED)


@app.command()
def move(
    engine: Annotated[
        str, typer.Option("--engine", metavar="ADDRESS", help="duckdb, spark://host:7077, sc://host:15002 or local[4].")
    ] = "",
    warehouse: Annotated[
        str | None,
        typer.Option("--warehouse", metavar="FOLDER", help="Folder of the tables under Spark; as in cxloop.toml."),
    ] = None,
    database: Annotated[
        str, typer.Option("--database", metavar="ADDRESS", help="postgresql://user@host:5432/name, or files.")
    ] = "",
    password: Annotated[
        str, typer.Option("--password", metavar="env:NAME", help="Variable with the password of the database.")
    ] = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Take the tables of a workspace to another engine, or its records to PostgreSQL; both sides are compared."""
    with told(as_json=as_json):
        from cxloop.cli import output, progress
        from cxloop.runtime.folder import find
        from cxloop.runtime.moving import aimed, move
        from cxloop.runtime.moving_records import aimed_records, move_records

        form = output.chosen(as_json=as_json, as_csv=as_csv)
        if bool(engine) == bool(database):
            raise InputError(
                "Say what to take: --engine ADDRESS for the tables, or --database ADDRESS for the records."
            )
        folder = find(workspace)
        with progress.shown("Taking the records" if database else "Taking the tables") as moves:
            if database:
                moved = move_records(folder, aimed_records(database, password), moves)
            else:
                moved = move(folder, aimed(folder, engine, warehouse), moves)
    output.write(moved, form)
