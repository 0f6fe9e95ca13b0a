"""Second factors, limits, sign-in elsewhere, renewed sessions, keys, throttles, and an audit log that is a chain."""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

from cxloop.store.chain import GUARDS, digest_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the new tables and changes the old ones; nobody is signed out and no entry is lost."""
    _extend_accounts()
    _create_recovery_codes()
    _create_throttles()
    _create_keys()
    _renew_sessions()
    _chain_audit()


def _extend_accounts() -> None:
    with op.batch_alter_table("accounts") as accounts:
        accounts.create_check_constraint(
            op.f("ck_accounts_role"), sa.text("role in ('owner', 'analyst', 'agent', 'viewer')")
        )
        accounts.add_column(sa.Column("limits", sa.JSON(), server_default="{}", nullable=False))
        accounts.add_column(sa.Column("totp_secret", sa.String(), nullable=True))
        accounts.add_column(sa.Column("totp_confirmed_at", sa.DateTime(), nullable=True))
        accounts.add_column(sa.Column("totp_step", sa.Integer(), nullable=True))
        accounts.add_column(sa.Column("oidc_issuer", sa.String(), nullable=True))
        accounts.add_column(sa.Column("oidc_subject", sa.String(), nullable=True))
        accounts.create_unique_constraint(op.f("uq_accounts_oidc_issuer_oidc_subject"), ["oidc_issuer", "oidc_subject"])


def _create_recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_recovery_codes_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_account_id"), "recovery_codes", ["account_id"], unique=False)


def _create_throttles() -> None:
    op.create_table(
        "throttles",
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_throttles")),
    )
    op.create_index(op.f("ix_throttles_failed_at"), "throttles", ["failed_at"], unique=False)


def _create_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.Column("origins", sa.JSON(), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.Column("used_on", sa.Date(), nullable=True),
        sa.CheckConstraint("kind in ('write', 'read', 'admin')", name=op.f("ck_api_keys_kind")),
        sa.CheckConstraint("(kind = 'write') = (source is not null)", name=op.f("ck_api_keys_source")),
        sa.CheckConstraint("(kind = 'write') = (role is null)", name=op.f("ck_api_keys_role")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_api_keys_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )
    op.create_index(op.f("ix_api_keys_account_id"), "api_keys", ["account_id"], unique=False)
    op.create_table(
        "key_secrets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("fk_key_secrets_key_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_secrets")),
        sa.UniqueConstraint("digest", name=op.f("uq_key_secrets_digest")),
    )
    op.create_index(op.f("ix_key_secrets_key_id"), "key_secrets", ["key_id"], unique=False)


def _renew_sessions() -> None:
    # an index keeps its name when its table is renamed, so the old ones go first
    op.drop_index(op.f("ix_sessions_account_id"), "sessions")
    op.rename_table("sessions", "sessions_0001")
    op.create_table(
        "sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("next_digest", sa.String(), nullable=True),
        sa.Column("former_digest", sa.String(), nullable=True),
        sa.Column("former_until", sa.DateTime(), nullable=True),
        sa.Column("form_key", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("renewed_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_sessions_digest")),
        sa.UniqueConstraint("next_digest", name=op.f("uq_sessions_next_digest")),
        sa.UniqueConstraint("former_digest", name=op.f("uq_sessions_former_digest")),
    )
    op.create_index(op.f("ix_sessions_account_id"), "sessions", ["account_id"], unique=False)
    op.execute(
        "insert into sessions (id, account_id, digest, form_key, address, agent, created_at, renewed_at, seen_at, "
        "expires_at, revoked_at) select id, account_id, digest, lower(hex(randomblob(16))), '', '', created_at, "
        "created_at, created_at, expires_at, revoked_at from sessions_0001"
    )
    op.drop_table("sessions_0001")


def _chain_audit() -> None:
    for column in ("account_id", "happened_at"):
        op.drop_index(op.f(f"ix_audit_entries_{column}"), "audit_entries")
    op.rename_table("audit_entries", "audit_entries_0001")
    made = op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("key_id", sa.Integer(), nullable=True),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("happened_at", sa.DateTime(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    for column in ("account_id", "happened_at"):
        op.create_index(op.f(f"ix_audit_entries_{column}"), "audit_entries", [column], unique=False)
    _copy_entries(made)
    op.drop_table("audit_entries_0001")
    for guard in GUARDS:
        op.execute(guard)


def _copy_entries(made: sa.Table) -> None:
    previous = ""
    found = op.get_bind().execute(sa.text("select * from audit_entries_0001 order by id")).mappings()
    for number, old in enumerate(found.all(), start=1):
        entry = {
            **old,
            "id": number,
            "arguments": json.loads(old["arguments"]),
            "happened_at": datetime.fromisoformat(old["happened_at"]),
            "key_id": None,
            "target": "",
            "address": "",
            "previous": previous,
        }
        previous = digest_of(entry)
        op.get_bind().execute(made.insert().values(**entry, digest=previous))
