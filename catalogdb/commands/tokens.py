"""The command token: who may keep tables of their own on the service."""

from __future__ import annotations

import enum
import time
from typing import Annotated

import typer

from catalogdb.commands.frame import Session, usage
from catalogdb.commands.lists import ListFormat, ListFormatOption, print_list


class TokenAction(enum.StrEnum):
    """What to do with tokens."""

    create = "create"
    list = "list"
    revoke = "revoke"


def token(
    session: Session,
    action: Annotated[TokenAction, typer.Argument(help="What to do.")],
    user: Annotated[str | None, typer.Argument(metavar="[USER]", help="Whose.")] = None,
    format_: ListFormatOption = ListFormat.table,
) -> None:
    """Give out, list or take back the tokens by which users keep tables of their own on the service.

    `create USER` prints a token, which is kept nowhere; the user sends it as `Authorization: Bearer TOKEN`
    and has the schema user_USER. `revoke USER` takes all of the user's tokens back; the tables stay.
    The service heeds them with the setting serve_user_tables (docs/users.md).
    """
    from catalogdb.tokens import create_token, revoke_tokens, tokens

    with session.open(to_read=False) as store:
        root = store.path
    if action is TokenAction.list:
        rows = [
            (each.user, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(each.created)))
            for each in tokens(root)
        ]
        print_list(("user", "created"), rows, format_)
        return
    if user is None:
        raise usage(f"{action} needs the name of a user", "USER")
    if action is TokenAction.create:
        typer.echo(create_token(root, user))
        return
    count = revoke_tokens(root, user)
    typer.echo(f"{count} token{'' if count == 1 else 's'} of {user} taken back", err=True)
