"""Surveys, invitations, responses, and the messages to customers."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("once", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("reference", sa.Integer(), nullable=True),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("failure", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("not_after", sa.DateTime(), nullable=True),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "state in ('waiting', 'sending', 'sent', 'in_doubt', 'failed', 'bounced', 'complained', 'cancelled')",
            name=op.f("ck_messages_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("once", name=op.f("uq_messages_once")),
    )
    op.create_index(op.f("ix_messages_about"), "messages", ["about"], unique=False)
    op.create_index(op.f("ix_messages_external_id"), "messages", ["external_id"], unique=False)
    op.create_index("ix_messages_key_id_sent_at", "messages", ["key_id", "sent_at"], unique=False)
    op.create_index(op.f("ix_messages_reference"), "messages", ["reference"], unique=False)
    op.create_index(op.f("ix_messages_told"), "messages", ["told"], unique=False)
    op.create_index("ix_messages_state_due_at", "messages", ["state", "due_at"], unique=False)
    op.create_table(
        "consent_statements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("said_at", sa.DateTime(), nullable=False),
        sa.Column("logged_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_statements")),
    )
    op.create_index(op.f("ix_consent_statements_key_id"), "consent_statements", ["key_id"], unique=False)
    op.create_index(op.f("ix_consent_statements_logged_at"), "consent_statements", ["logged_at"], unique=False)
    op.create_table(
        "preferences",
        sa.Column("key_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("paused_until", sa.DateTime(), nullable=True),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_preferences")),
    )
    op.create_table(
        "suppressions",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "channel", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "survey_quotas",
        sa.Column("survey", sa.String(), nullable=False),
        sa.Column("quota", sa.String(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("survey", "quota", name=op.f("pk_survey_quotas")),
    )
    op.create_table(
        "short_links",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("survey", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("hidden", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["accounts.id"], name=op.f("fk_short_links_created_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_short_links")),
    )
    op.create_index(op.f("ix_short_links_created_by"), "short_links", ["created_by"], unique=False)
    op.create_index(op.f("ix_short_links_survey"), "short_links", ["survey"], unique=False)
    op.create_table(
        "survey_waves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survey", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=True),
        sa.Column("position", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind in ('segment', 'file', 'event', 'schedule', 'people')", name=op.f("ck_survey_waves_kind")
        ),
        sa.CheckConstraint("state in ('planned', 'running', 'done', 'stopped')", name=op.f("ck_survey_waves_state")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["accounts.id"], name=op.f("fk_survey_waves_created_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_waves")),
    )
    op.create_index(op.f("ix_survey_waves_created_by"), "survey_waves", ["created_by"], unique=False)
    op.create_index(op.f("ix_survey_waves_next_at"), "survey_waves", ["next_at"], unique=False)
    op.create_index(op.f("ix_survey_waves_survey"), "survey_waves", ["survey"], unique=False)
    op.create_table(
        "surveys",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("opens_at", sa.DateTime(), nullable=True),
        sa.Column("closes_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("state in ('draft', 'live', 'paused', 'closed')", name=op.f("ck_surveys_state")),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["accounts.id"], name=op.f("fk_surveys_changed_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["accounts.id"], name=op.f("fk_surveys_created_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_surveys")),
    )
    op.create_index(op.f("ix_surveys_changed_by"), "surveys", ["changed_by"], unique=False)
    op.create_index(op.f("ix_surveys_created_by"), "surveys", ["created_by"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survey", sa.String(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("hidden", sa.JSON(), nullable=False),
        sa.Column("single_use", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=True),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("opened_at", sa.DateTime(), nullable=True),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("remind_at", sa.DateTime(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("logged", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state in ('held', 'planned', 'queued', 'sent', 'in_doubt', 'failed', 'bounced', 'expired')",
            name=op.f("ck_invitations_state"),
        ),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["survey_waves.id"], name=op.f("fk_invitations_wave_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("survey", "trigger", name=op.f("uq_invitations_survey_trigger")),
    )
    op.create_index(op.f("ix_invitations_key_id"), "invitations", ["key_id"], unique=False)
    op.create_index(op.f("ix_invitations_remind_at"), "invitations", ["remind_at"], unique=False)
    op.create_index(op.f("ix_invitations_sent_at"), "invitations", ["sent_at"], unique=False)
    op.create_index("ix_invitations_state_due_at", "invitations", ["state", "due_at"], unique=False)
    op.create_index(
        "ix_invitations_untold",
        "invitations",
        ["id"],
        unique=False,
        sqlite_where=sa.text("revision > logged"),
        postgresql_where=sa.text("revision > logged"),
    )
    op.create_index("ix_invitations_wave_id_state", "invitations", ["wave_id", "state"], unique=False)
    op.create_index(op.f("ix_invitations_survey"), "invitations", ["survey"], unique=False)
    op.create_table(
        "survey_responses",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("survey", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=True),
        sa.Column("link", sa.String(), nullable=True),
        sa.Column("client_id", sa.String(), nullable=True),
        sa.Column("key_id", sa.BigInteger(), nullable=True),
        sa.Column("key_namespace", sa.String(), nullable=True),
        sa.Column("key_type", sa.String(), nullable=True),
        sa.Column("key_value", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("hidden", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.JSON(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("quotas", sa.JSON(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("logged", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state in ('open', 'finished', 'partial', 'screened')", name=op.f("ck_survey_responses_state")
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name=op.f("fk_survey_responses_invitation_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["link"], ["short_links.code"], name=op.f("fk_survey_responses_link"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_responses")),
        sa.UniqueConstraint("survey", "client_id", name=op.f("uq_survey_responses_survey_client_id")),
    )
    op.create_index(op.f("ix_survey_responses_changed_at"), "survey_responses", ["changed_at"], unique=False)
    op.create_index(op.f("ix_survey_responses_fingerprint"), "survey_responses", ["fingerprint"], unique=False)
    op.create_index(op.f("ix_survey_responses_invitation_id"), "survey_responses", ["invitation_id"], unique=False)
    op.create_index(op.f("ix_survey_responses_key_id"), "survey_responses", ["key_id"], unique=False)
    op.create_index(op.f("ix_survey_responses_link"), "survey_responses", ["link"], unique=False)
    op.create_index("ix_survey_responses_survey_state", "survey_responses", ["survey", "state"], unique=False)
    op.create_index(
        "ix_survey_responses_untold",
        "survey_responses",
        ["changed_at"],
        unique=False,
        sqlite_where=sa.text("revision > logged"),
        postgresql_where=sa.text("revision > logged"),
    )
    op.create_table(
        "survey_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["response_id"], ["survey_responses.id"], name=op.f("fk_survey_files_response_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_files")),
    )
    op.create_index(op.f("ix_survey_files_response_id"), "survey_files", ["response_id"], unique=False)
